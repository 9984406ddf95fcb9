"""New plans made from a plan: the rest of it again, or all of it with one change."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from jobs.models import Job
from recommendations.planning.models import Plan
from recommendations.planning.scope import LAST_ZONE, Scope
from recommendations.planning.services import request_plan
from recommendations.planning.states import ItemState, Kind, Lock
from recommendations.planning.what_if import WhatIf
from smartscheduler.accounts.models import User
from smartscheduler.errors import InvalidTransition


def replan(*, plan_id: UUID, change: WhatIf | None, actor: User | None) -> Plan:
    """Request a plan for the jobs of a plan that are still open, with `change` if there is one.

    What was accepted stays as it is, whatever else may change. Raises InvalidTransition if no job is left, and the
    errors of `request_plan`.
    """
    plan = Plan.objects.get(pk=plan_id)
    scope = _rest(plan)
    if change:
        scope = change.applied(scope)
    kind = Kind.WHAT_IF if change else Kind.REST
    return request_plan(scope=scope, actor=actor, parent=plan, kind=kind)


def _rest(plan: Plan) -> Scope:
    """The scope of a plan without the jobs that are not open any more, from today on; as many days if all are past.

    A job whose own last day is past also has as many days from today on as it had.
    """
    scope = Scope.of_json(plan.scope)
    open_jobs = set(Job.objects.filter(pk__in=scope.jobs, status=Job.Status.OPEN).values_list("pk", flat=True))
    if not open_jobs:
        message = gettext("No job of {plan} is open any more, so nothing is left to plan.").format(plan=plan.number)
        raise InvalidTransition(message, extra={"from": plan.state, "to": Plan.State.QUEUED.value})
    accepted = plan.items.filter(state=ItemState.ACCEPTED, assignment__isnull=False)
    kept = dict.fromkeys(accepted.values_list("assignment_id", flat=True), Lock.CONTRACTOR_AND_TIME.value)
    first_day = max(scope.first_day, timezone.now().astimezone(LAST_ZONE).date())
    later = first_day - scope.first_day
    return replace(
        scope,
        jobs=[job for job in scope.jobs if job in open_jobs],
        first_day=first_day,
        last_day=_not_past(scope.last_day, first_day, later),
        locks={**scope.locks, **kept},
        last_days={job: _not_past(day, first_day, later) for job, day in scope.last_days.items() if job in open_jobs},
        start_hours={job: hours for job, hours in scope.start_hours.items() if job in open_jobs},
        seed=plan.seed,
    )


def _not_past(last_day: date, today: date, later: timedelta) -> date:
    return last_day if last_day >= today else last_day + later

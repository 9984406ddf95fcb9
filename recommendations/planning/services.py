"""Services of plans: request, stop, cancel, discard, expire. Acceptance is in recommendations.planning.acceptance.

A plan is locked first, then contractors, jobs and assignments.
"""

from dataclasses import replace
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from recommendations.planning.events import PlanCancelled, PlanDiscarded, PlanEvent, PlanExpired, PlanRequested
from recommendations.planning.models import Plan, new_seed
from recommendations.planning.scope import Scope, check_scope
from recommendations.planning.states import State, StopRequest
from smartscheduler.accounts.models import User
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.errors import InvalidTransition
from smartscheduler.events.publishing import publish


@domain_transaction
def request_plan(
    *,
    scope: Scope,
    actor: User | None,
    kind: str = Plan.Kind.JOBS,
    parent: Plan | None = None,
    plan_id: UUID | None = None,
) -> Plan:
    """Queue a plan. A worker takes it within seconds. With `plan_id`, the plan gets this id.

    Raises InvalidInput by field, JobNotOpen with the jobs that are not open, and PlanTooLarge with the limit.
    """
    scope = check_scope(scope, now=timezone.now())
    seed = new_seed() if scope.seed is None else scope.seed
    scope = replace(scope, seed=seed)
    plan = Plan(
        **({"pk": plan_id} if plan_id else {}),
        kind=kind,
        parent=parent,
        scope=scope.as_json(),
        first_day=scope.first_day,
        last_day=scope.last_day,
        may_change=scope.may_change,
        effort=scope.effort,
        seed=seed,
        requested_by=actor,
    )
    plan.save(force_insert=True)
    publish(
        PlanRequested(
            plan_id=plan.pk,
            plan_number=plan.number,
            jobs=len(scope.jobs),
            first_day=scope.first_day,
            last_day=scope.last_day,
        ),
        actor=actor,
    )
    return plan


@domain_transaction
def stop_plan(*, plan_id: UUID, actor: User | None) -> Plan:
    """Ask the run to end with the best plan so far; it does within two seconds. Raises InvalidTransition."""
    plan = Plan.objects.locked().get(pk=plan_id)
    if plan.state != State.RUNNING:
        message = gettext("Only a plan that is running can be stopped; this one is {status}.")
        status = plan.get_state_display().lower()
        raise InvalidTransition(message.format(status=status), extra={"from": plan.state, "to": State.STOPPED.value})
    plan.stop_request = StopRequest.STOP
    plan.save(update_fields=["stop_request"])
    return plan


@domain_transaction
def cancel_plan(*, plan_id: UUID, actor: User | None) -> Plan:
    """Cancel a queued or running plan. Nothing of it is kept. Raises InvalidTransition."""
    plan = Plan.objects.locked().get(pk=plan_id)
    plan.move_to(State.CANCELLED)
    plan.stop_request, plan.leased_until, plan.finished_at = StopRequest.CANCEL, None, timezone.now()
    plan.save(update_fields=["state", "stop_request", "leased_until", "finished_at"])
    publish(_about(plan, PlanCancelled), actor=actor)
    return plan


@domain_transaction
def discard_plan(*, plan_id: UUID, actor: User | None) -> Plan:
    """Close a proposal without accepting the rest of it. Raises InvalidTransition."""
    plan = Plan.objects.locked().get(pk=plan_id)
    plan.move_to(State.DISCARDED)
    plan.save(update_fields=["state"])
    publish(_about(plan, PlanDiscarded), actor=actor)
    return plan


def expire_plans() -> int:
    """Expire the proposals whose time is over, each in its own transaction. Returns their number."""
    due = Plan.objects.overdue(timezone.now()).values_list("pk", flat=True)
    return sum(_expire(plan_id=pk) for pk in list(due))


@domain_transaction
def _expire(*, plan_id: UUID) -> bool:
    plan = Plan.objects.overdue(timezone.now()).locked().filter(pk=plan_id).first()
    if plan is None:  # accepted or discarded in the meantime
        return False
    plan.move_to(State.EXPIRED)
    plan.save(update_fields=["state"])
    publish(_about(plan, PlanExpired), actor=None)
    return True


def place_in_queue(plan: Plan) -> int:
    """The number of plans that are taken before this one, plus 1; 0 for a plan that does not wait."""
    if plan.state != State.QUEUED:
        return 0
    return Plan.objects.waiting().filter(created_at__lt=plan.created_at).count() + 1


def _about(plan: Plan, kind: type[PlanEvent]) -> PlanEvent:
    return kind(plan_id=plan.pk, plan_number=plan.number)

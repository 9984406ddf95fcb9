"""Details for refusals caused by another user: the latest event of the job, with user and time.

The event log is read only after a service has refused.
"""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.core.db.inserts import savepoint
from smartscheduler.core.db.transactions import is_shared
from smartscheduler.core.formatting import local_slot, relative
from smartscheduler.errors import BookingChanged, DomainError, InvalidTransition, JobNotOpen
from smartscheduler.events.models import OutboxEvent
from smartscheduler.timeslots import TimeSlot

P = ParamSpec("P")
R = TypeVar("R")

# Sentences by event type. `user` is a name, "You" or "The system"; `ago` is a text such as "2 min ago".
DONE = {
    "JobAssigned": _("{user} assigned {job_number} to {contractor_name}, {when}, {ago}."),
    "AssignmentConfirmed": _("{user} confirmed the booking of {contractor_name}, {when}, {ago}."),
    "AssignmentStarted": _("{user} started the work, {ago}."),
    "AssignmentCompleted": _("{user} completed the work, {ago}."),
    "AssignmentRescheduled": _("{user} moved the booking of {contractor_name} to {when}, {ago}."),
    "AssignmentCancelled": _("{user} canceled the booking of {contractor_name} ({reason}), {ago}."),
    "JobCancelled": _("{user} canceled {job_number} ({reason}), {ago}."),
}


def explain_conflict(service: Callable[P, R]) -> Callable[P, R]:
    """Decorator of services: add the latest event of the job to the text and to the `extra` of a refusal."""

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            # After a refusal, queries need a transaction that can go on.
            with savepoint() if is_shared() else nullcontext():
                return service(*args, **kwargs)
        except (JobNotOpen, InvalidTransition, BookingChanged) as refusal:
            # Decorated services call each other; the innermost one has already added it.
            if "latest_event" not in refusal.extra and (job := _job_of({**kwargs, **refusal.extra})):
                _add_latest(refusal, job, kwargs.get("actor"))
            raise

    return run


def _job_of(arguments: dict[str, Any]) -> Job | None:
    """The job of the arguments of a service, or of its refusal."""
    if "job_id" in arguments:
        return Job.objects.filter(pk=arguments["job_id"]).first()
    return Job.objects.filter(assignments=arguments["assignment_id"]).first()


def _add_latest(refusal: DomainError, job: Job, actor: Any) -> None:
    if event := _latest_event(job):
        refusal.detail = f"{refusal.detail} {_sentence(event, job, actor)}"
        refusal.args = (refusal.detail,)
        refusal.extra["latest_event"] = event.envelope()


def latest_sentence(job: Job, actor: User | None) -> str:
    """Who did what last to the booking of a job, and when; empty if the log does not say."""
    event = _latest_event(job)
    return _sentence(event, job, actor) if event else ""


def _latest_event(job: Job) -> OutboxEvent | None:
    # A job has few events. With ORDER BY, PostgreSQL might scan the log backwards instead of using the index on `data`.
    events = OutboxEvent.objects.filter(data__contains={"job_id": str(job.pk)}, type__in=DONE)
    return max(events, key=lambda each: each.position, default=None)


def _sentence(event: OutboxEvent, job: Job, actor: User | None) -> str:
    """`Casey Coordinator assigned JOB-… to Nathan Marsh, Tue, Nov 24, 9:00–11:00 AM CST, 2 min ago.`"""
    slot = event.data.get("time_slot")
    when = local_slot(TimeSlot(*map(datetime.fromisoformat, (slot["start"], slot["end"]))), job.zone) if slot else ""
    facts = {"reason": "", **event.data, "when": when, "ago": relative(event.occurred_at, timezone.now())}
    return DONE[event.type].format(**{**facts, "user": _user(event.actor, actor)})


def _user(by: dict[str, Any] | None, actor: User | None) -> str:
    if by is None:
        return gettext("The system")
    return gettext("You") if actor and by["id"] == str(actor.pk) else by["name"]

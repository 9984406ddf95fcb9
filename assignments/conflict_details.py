"""Who was faster: a refusal because of what somebody has just done says who, what and when.

It is read from the event log, and only once a refusal is certain.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.utils import timezone

from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.core.formatting import ago, local_slot
from smartscheduler.errors import InvalidTransition, JobNotOpen
from smartscheduler.events.models import OutboxEvent
from smartscheduler.timeslots import TimeSlot

P = ParamSpec("P")
R = TypeVar("R")

# What was done, as the rest of a sentence that begins with who.
DONE = {
    "JobAssigned": "assigned {job_number} to {contractor_name}, {when}",
    "AssignmentConfirmed": "confirmed the booking of {contractor_name}, {when}",
    "AssignmentStarted": "started the work",
    "AssignmentCompleted": "completed the work",
    "AssignmentRescheduled": "moved the booking of {contractor_name} to {when}",
    "AssignmentCancelled": "cancelled the booking of {contractor_name} ({reason})",
    "JobCancelled": "cancelled {job_number} ({reason})",
}


def explain_conflict(service: Callable[P, R]) -> Callable[P, R]:
    """Let a service's refusal name the last thing done to the job; `latest_event` joins the problem document."""

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return service(*args, **kwargs)
        except (JobNotOpen, InvalidTransition) as refusal:
            # Several of these services call one another: the innermost has said it.
            if "latest_event" not in refusal.extra and (job := _job_of(kwargs)):
                _add_latest(refusal, job, kwargs.get("actor"))
            raise

    return run


def _job_of(given: dict[str, Any]) -> Job | None:
    if "job_id" in given:
        return Job.objects.filter(pk=given["job_id"]).first()
    return Job.objects.filter(assignments=given["assignment_id"]).first()


def _add_latest(refusal: JobNotOpen | InvalidTransition, job: Job, actor: Any) -> None:
    # Few events of one job, found by the index on their data; ordered by the database it might read the log backwards.
    events = OutboxEvent.objects.filter(data__contains={"job_id": str(job.pk)}, type__in=DONE)
    event = max(events, key=lambda one: one.position, default=None)
    if event:
        refusal.detail = f"{refusal.detail} {_sentence(event, job, actor)}"
        refusal.args = (refusal.detail,)
        refusal.extra["latest_event"] = event.envelope()


def _sentence(event: OutboxEvent, job: Job, actor: User | None) -> str:
    """`Casey Coordinator assigned JOB-… to Nathan Marsh, Tue 24 Nov, 09:00–11:00 CST, a minute ago.`"""
    slot = event.data.get("time_slot")
    when = local_slot(TimeSlot(*map(datetime.fromisoformat, (slot["start"], slot["end"]))), job.zone) if slot else ""
    done = DONE[event.type].format(**{"reason": "", **event.data, "when": when})
    return f"{_who(event.actor, actor)} {done}, {ago(event.occurred_at, timezone.now())}."


def _who(by: dict[str, Any] | None, actor: User | None) -> str:
    if by is None:
        return "The system"
    return "You" if actor and by["id"] == str(actor.pk) else by["name"]

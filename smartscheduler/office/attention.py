"""What needs somebody's attention now: each a count, the first few of it, and the list that has them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from assignments.models import Assignment
from jobs.models import Job
from jobs.requests import JobRequest
from recommendations.ranking import rank_all
from smartscheduler.backoffice.display import local_slot, local_time
from smartscheduler.rules.current import going_by, in_force

SHOWN = 5
# A job that is wanted so soon should have somebody who can do it.
SOON = timedelta(days=3)
# A booking that begins so soon should have been confirmed.
UNCONFIRMED = timedelta(hours=48)
MOST_RANKED = 40


@dataclass(frozen=True)
class Line:
    text: str
    detail: str
    url: str


@dataclass(frozen=True)
class Matter:
    """One thing to look after; `count` None means that it is not known, `at_least` that there may be more."""

    title: str
    icon: str
    count: int
    lines: Sequence[Line]
    url: str
    good: str
    at_least: bool = False


@going_by()
def matters(now: datetime) -> list[Matter]:
    """All four, the most pressing first."""
    return [_urgent(), _without_candidate(now), _unconfirmed(now), _clashing(now)]


def _urgent() -> Matter:
    jobs = Job.objects.open().filter(priority=Job.Priority.URGENT)
    return Matter(
        title="Urgent jobs without anybody",
        icon="priority_high",
        count=jobs.count(),
        lines=[_job(job, f"wanted {local_time(job.desired_date, job.zone)}") for job in jobs.by_urgency()[:SHOWN]],
        url=_list("jobs_job", status__exact="open", priority__exact="urgent"),
        good="Every urgent job has somebody.",
    )


def _without_candidate(now: datetime) -> Matter:
    """Open jobs that are wanted soon and that nobody can take, with the reason."""
    soon = list(Job.objects.open().filter(desired_date__lte=now + SOON).order_by("desired_date", "pk")[:MOST_RANKED])
    rankings = rank_all([JobRequest.of(job) for job in soon], max_results=1) if soon else []
    stuck = [
        (job, ranking.candidates_considered) for job, ranking in zip(soon, rankings, strict=True) if not ranking.entries
    ]
    return Matter(
        title="Wanted soon, and nobody can take it",
        icon="person_off",
        count=len(stuck),
        at_least=len(soon) == MOST_RANKED,
        lines=[_job(job, _why(job, considered)) for job, considered in stuck[:SHOWN]],
        url=_list("jobs_job", status__exact="open", candidates="none"),
        good="For every job wanted within three days there is somebody.",
    )


def _why(job: Job, considered: int) -> str:
    if considered:
        return f"{considered} would suit, none is free within {in_force().horizon_days} days"
    skills = f" with {', '.join(job.required_skills)}" if job.required_skills else ""
    return f"no active {job.type} or multi crew{skills} has {job.city} in reach"


def _unconfirmed(now: datetime) -> Matter:
    waiting = Assignment.objects.filter(
        status=Assignment.Status.PENDING, time_slot__startswith__lte=now + UNCONFIRMED
    ).select_related("job", "contractor")
    return Matter(
        title="Begins within two days, not confirmed",
        icon="hourglass_top",
        count=waiting.count(),
        lines=[_booking(one) for one in waiting.order_by("time_slot")[:SHOWN]],
        url=_list("assignments_assignment", status__exact="pending"),
        good="Everything that begins soon is confirmed.",
    )


def _clashing(now: datetime) -> Matter:
    clashing = Assignment.objects.in_an_absence(now)
    shown = clashing.select_related("job", "contractor").order_by("time_slot")[:SHOWN]
    return Matter(
        title="Booked during an absence",
        icon="event_busy",
        count=clashing.count(),
        lines=[_booking(one) for one in shown],
        url=_list("assignments_assignment", clash="absence"),
        good="Nobody is booked while absent.",
    )


def _job(job: Job, detail: str) -> Line:
    text = f"{job.get_type_display()} in {job.city}, {job.state}"
    return Line(text, f"{job.job_number} · {detail}", reverse("admin:jobs_job_recommend", args=[job.pk]))


def _booking(one: Assignment) -> Line:
    when = local_slot(one.slot, one.job.zone)
    return Line(
        f"{one.contractor.name}: {when}",
        f"{one.job.job_number} · {one.job.city}, {one.job.state}",
        reverse("admin:assignments_assignment_change", args=[one.pk]),
    )


def _list(model: str, **filters: Any) -> str:
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(filters)}"

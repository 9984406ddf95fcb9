"""What needs somebody's attention now: each a count, the first few of it, and the list that has just these rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from assignments.admin.list_filters import ANY_RULE
from assignments.admin.list_filters import SOON_DAYS as UNCONFIRMED_DAYS
from assignments.broken_bookings import unmet_reasons
from assignments.models import Assignment
from jobs.admin import SOON_DAYS
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.near_misses import nearby_contractors
from recommendations.unfillable_jobs import MOST_LOOKED_AT, rank_open_jobs
from smartscheduler.adminsite.date_filters import within_days
from smartscheduler.core.formatting import local_slot, local_time
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules

SHOWN = 5


@dataclass(frozen=True)
class Line:
    text: str
    detail: str
    url: str


@dataclass(frozen=True)
class Matter:
    """One thing to look after; `at_least` means that there may be more than `count`. `url` is the list of them."""

    title: str
    icon: str
    count: int
    lines: Sequence[Line]
    url: str
    good: str
    at_least: bool = False


def matters(now: datetime, reader: Any) -> list[Matter]:
    """All of them, the most pressing first, as far as `reader` may see."""
    rules = current_rules()
    return [_urgent(), _without_candidate(now, rules), _overdue(), _in_conflict(now, reader, rules), _unconfirmed()]


def _urgent() -> Matter:
    jobs = Job.objects.open().filter(priority=Job.Priority.URGENT)
    return Matter(
        title="Urgent jobs without anybody",
        icon="priority_high",
        count=jobs.count(),
        lines=[_job(job, _wanted(job)) for job in jobs.by_urgency()[:SHOWN]],
        url=list_url("jobs_job", status__exact="open", priority__exact="urgent"),
        good="Every urgent job has somebody.",
    )


def _without_candidate(now: datetime, rules: Rules) -> Matter:
    """Open jobs that are wanted soon and that nobody can take, with the reason."""
    soon = rank_open_jobs(within_days(Job.objects.open(), "desired_date", "time_zone", None, SOON_DAYS), rules)
    stuck = [(job, ranking.calendars_opened) for job, ranking in soon if not ranking.entries]
    return Matter(
        title="Wanted soon, and nobody can take it",
        icon="person_off",
        count=len(stuck),
        at_least=len(soon) == MOST_LOOKED_AT,
        lines=[_job(job, _why(job, considered, now, rules)) for job, considered in stuck[:SHOWN]],
        url=list_url("jobs_job", desired="soon", candidates="none"),
        good=f"For every job wanted within {SOON_DAYS} days there is somebody.",
    )


def _why(job: Job, considered: int, now: datetime, rules: Rules) -> str:
    """Why nobody can take the job, as half a sentence; when no crew suits, who comes closest."""
    request, horizon = JobRequest.of(job), rules.horizon_days
    if (now.astimezone(job.zone).date() - request.desired_day).days > horizon:
        return f"wanted more than {horizon} days ago: give it another day"
    around = [] if considered else nearby_contractors(request)
    suiting = considered or sum(1 for one in around if not one.reasons)
    if suiting:
        return f"{suiting} would suit, none is free within {horizon} days"
    skills = f" with {', '.join(job.required_skills)}" if job.required_skills else ""
    said = f"no active {job.type} or multi crew{skills} has {job.city} in reach"
    # A reason may name nobody; who is meant goes before it.
    closest = (
        f"{around[0].contractor.name}: {' '.join(reason.message for reason in around[0].reasons)}" if around else ""
    )
    return f"{said}. Closest is {closest}" if closest else said


def _overdue() -> Matter:
    jobs = within_days(Job.objects.open(), "desired_date", "time_zone", None, -1)
    return Matter(
        title="Open, and the day has passed",
        icon="event_repeat",
        count=jobs.count(),
        lines=[_job(job, _wanted(job)) for job in jobs.order_by("desired_date", "pk")[:SHOWN]],
        url=list_url("jobs_job", status__exact="open", desired="past"),
        good="No open job is past its day.",
    )


def _unconfirmed() -> Matter:
    pending = Assignment.objects.filter(status=Assignment.Status.PENDING)
    waiting = within_days(pending, "time_slot__startswith", "job__time_zone", None, UNCONFIRMED_DAYS)
    shown = waiting.select_related("job", "contractor").order_by("time_slot", "pk")[:SHOWN]
    return Matter(
        title=f"Begins within {UNCONFIRMED_DAYS} days, not confirmed",
        icon="hourglass_top",
        count=waiting.count(),
        lines=[_booking(one) for one in shown],
        url=list_url("assignments_assignment", status__exact="pending", starts="soon"),
        good="Everything that begins soon is confirmed.",
    )


def _in_conflict(now: datetime, reader: Any, rules: Rules) -> Matter:
    conflicts = Assignment.objects.in_conflict(now)
    shown = list(conflicts.select_related("job", "contractor").order_by("time_slot", "pk")[:SHOWN])
    reasons = unmet_reasons(shown, rules, reader=reader)
    return Matter(
        title="Bookings that no longer hold",
        icon="event_busy",
        count=conflicts.count(),
        lines=[_booking(one, " ".join(reason.message for reason in reasons[one.pk])) for one in shown],
        url=list_url("assignments_assignment", conflict=ANY_RULE),
        good="Every booking still holds.",
    )


def _wanted(job: Job) -> str:
    return f"wanted {local_time(job.desired_date, job.zone)}"


def _job(job: Job, detail: str) -> Line:
    text = f"{job.get_type_display()} in {job.city}, {job.state}"
    return Line(text, f"{job.job_number} · {detail}", reverse("admin:jobs_job_recommend", args=[job.pk]))


def _booking(one: Assignment, detail: str = "") -> Line:
    when = local_slot(one.slot, one.job.zone)
    return Line(
        f"{one.contractor.name}: {when}",
        " · ".join(filter(None, [one.job.job_number, f"{one.job.city}, {one.job.state}", detail])),
        reverse("admin:assignments_assignment_change", args=[one.pk]),
    )


def list_url(model: str, **filters: Any) -> str:
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(filters)}"

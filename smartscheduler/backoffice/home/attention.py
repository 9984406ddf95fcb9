"""Attention items of the home page: jobs and bookings that need action, each with a count, examples and a list URL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from assignments.admin.list_filters import ANY_RULE
from assignments.admin.list_filters import SOON_DAYS as UNCONFIRMED_DAYS
from assignments.broken_bookings import unmet_reasons
from assignments.endangered_promises import promises_in_danger
from assignments.lateness import late_sentence, reported_delay
from assignments.models import Assignment
from jobs.admin import SOON_DAYS
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.near_misses import nearby_contractors
from recommendations.planning.models import Plan
from recommendations.unfillable_jobs import MOST_LOOKED_AT, rank_open_jobs
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.date_filters import within_days
from smartscheduler.core.formatting import calendar_day, local_slot, local_time, relative
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules

SHOWN = 5


@dataclass(frozen=True)
class Line:
    """A job or booking, and for an open job the URL of its ranking."""

    text: str
    detail: str
    url: str
    recommend_url: str = ""


@dataclass(frozen=True)
class Matter:
    """One attention item. `at_least`: there may be more than `count`. `url`: the list with the same rows.

    `remedy` is the text and the URL of a page that resolves all of them.
    """

    title: str
    icon: str
    count: int
    lines: Sequence[Line]
    url: str
    at_least: bool = False
    remedy: tuple[str, str] | None = None


def matters(now: datetime, reader: Any) -> list[Matter]:
    """All attention items, most urgent first, limited to what `reader` may see."""
    rules = current_rules()
    return [
        _urgent(now),
        _plans(now),
        _late(now),
        _promises(now),
        _without_candidate(now, rules),
        _overdue(now),
        _in_conflict(now, reader, rules),
        _unconfirmed(now),
    ]


def _urgent(now: datetime) -> Matter:
    jobs = Job.objects.open().filter(priority=Job.Priority.URGENT)
    return Matter(
        title=gettext("Urgent jobs without a contractor"),
        icon="priority_high",
        count=jobs.count(),
        lines=[_job(job, _desired(job, now)) for job in jobs.by_urgency()[:SHOWN]],
        url=list_url("jobs_job", status__exact="open", priority__exact="urgent"),
    )


def _plans(now: datetime) -> Matter:
    """Proposals that wait for an answer."""
    plans = Plan.objects.open()
    return Matter(
        title=gettext("Plans ready to accept"),
        icon="calendar_view_week",
        count=plans.count(),
        lines=[_plan(plan, now) for plan in plans.order_by("-created_at", "pk")[:SHOWN]],
        url=list_url("planning_plan", state__in="ready,stopped,partly_accepted"),
    )


def _plan(plan: Plan, now: datetime) -> Line:
    planned = (plan.figures.get("plan") or {}).get("planned")
    parts = [
        gettext("{first} to {last}").format(
            first=calendar_day(plan.first_day, now), last=calendar_day(plan.last_day, now)
        ),
        ngettext("{count} job planned", "{count} jobs planned", planned).format(count=planned) if planned else "",
        plan.get_state_display().lower(),
        gettext("expires {when}").format(when=relative(plan.expires_at, now)) if plan.expires_at else "",
    ]
    return Line(plan.number, " · ".join(filter(None, parts)), reverse("admin:planning_plan_change", args=[plan.pk]))


def _promises(now: datetime) -> Matter:
    """Arrival windows that are close and have no confirmed booking, or whose booking will probably not keep them."""
    jobs = promises_in_danger(Job.objects.all(), now)
    bookings = Assignment.objects.live().select_related("contractor", "conflict")
    live = Prefetch("assignments", bookings, to_attr="live")
    shown = jobs.order_by("window_start", "pk").prefetch_related(live)[:SHOWN]
    return Matter(
        title=gettext("Promised arrival windows in danger"),
        icon="handshake",
        count=jobs.count(),
        lines=[_job(job, _danger(job, now)) for job in shown],
        url=list_url("jobs_job", promise="danger"),
    )


def _danger(job: Any, now: datetime) -> str:
    window, booking = local_slot(job.window, job.zone), next(iter(job.live), None)
    if booking is None:
        return gettext("promised {window}, and no contractor is booked").format(window=window)
    if not JobRequest.of(job).allows(booking.slot.start):
        text = gettext("promised {window}, but {contractor} is booked for {start}")
    elif booking.status == Assignment.Status.PENDING:
        text = gettext("promised {window}, and {contractor} has not confirmed")
    elif job.window.end < now:
        text = gettext("promised {window}, and {contractor} has not started")
    elif hasattr(booking, "conflict"):
        text = gettext("promised {window}, but the booking with {contractor} is in conflict")
    else:
        text = gettext("promised {window}, but earlier work of {contractor} is late")
    start = local_time(booking.slot.start, job.zone)
    return text.format(window=window, contractor=booking.contractor.name, start=start)


def _without_candidate(now: datetime, rules: Rules) -> Matter:
    """Open jobs with a near desired date and without an available contractor, each with the reason."""
    soon = rank_open_jobs(within_days(Job.objects.open(), "desired_date", "time_zone", None, SOON_DAYS), rules)
    stuck = [(job, ranking.calendars_opened) for job, ranking in soon if not ranking.entries]
    return Matter(
        title=gettext("Desired soon, and no contractor is available"),
        icon="person_off",
        count=len(stuck),
        at_least=len(soon) == MOST_LOOKED_AT,
        lines=[_job(job, _unfillable_reason(job, considered, now, rules)) for job, considered in stuck[:SHOWN]],
        url=list_url("jobs_job", desired="soon", candidates="none"),
    )


def _unfillable_reason(job: Job, considered: int, now: datetime, rules: Rules) -> str:
    """Why no contractor is available for the job. When none is eligible, adds the contractor who nearly qualifies."""
    request, horizon = JobRequest.of(job), rules.horizon_days
    if (now.astimezone(job.zone).date() - request.desired_day).days > horizon:
        return gettext("The desired date is more than {days} days ago. Set a new date.").format(days=horizon)
    nearby = [] if considered else nearby_contractors(request)
    eligible = considered or sum(1 for neighbor in nearby if not neighbor.reasons)
    if eligible:
        text = ngettext(
            "{count} contractor qualifies but is not free within {days} days.",
            "{count} contractors qualify but none is free within {days} days.",
            eligible,
        )
        return text.format(count=eligible, days=horizon)
    if job.required_skills:
        text = gettext("No active {type} or multi contractor with {skills} has {city} within the service radius.")
    else:
        text = gettext("No active {type} or multi contractor has {city} within the service radius.")
    problem = text.format(type=job.type, skills=", ".join(job.required_skills), city=job.city)
    if not nearby:
        return problem
    # The message of a reason does not always name the contractor.
    return gettext("{problem} Closest is {contractor}: {reasons}").format(
        problem=problem,
        contractor=nearby[0].contractor.name,
        reasons=" ".join(reason.message for reason in nearby[0].reasons),
    )


def _overdue(now: datetime) -> Matter:
    jobs = within_days(Job.objects.open(), "desired_date", "time_zone", None, -1)
    return Matter(
        title=gettext("Open jobs past their desired date"),
        icon="event_repeat",
        count=jobs.count(),
        lines=[_job(job, _desired(job, now)) for job in jobs.order_by("desired_date", "pk")[:SHOWN]],
        url=list_url("jobs_job", status__exact="open", desired="past"),
    )


def _late(now: datetime) -> Matter:
    """Bookings that are reported late, or have not started or ended in time; the latest start first."""
    bookings = Assignment.objects.late(now)
    shown = bookings.select_related("job", "contractor").order_by("-time_slot", "pk")[:SHOWN]
    return Matter(
        title=gettext("Late bookings"),
        icon="timer",
        count=bookings.count(),
        lines=[_booking(booking, _lateness(booking)) for booking in shown],
        url=list_url("assignments_assignment", late="now"),
    )


def _lateness(booking: Assignment) -> str:
    return late_sentence(booking, reported_delay(booking), booking.job.zone)


def _unconfirmed(now: datetime) -> Matter:
    pending = Assignment.objects.filter(status=Assignment.Status.PENDING)
    waiting = within_days(pending, "time_slot__startswith", "job__time_zone", None, UNCONFIRMED_DAYS)
    shown = waiting.select_related("job", "contractor").order_by("time_slot", "pk")[:SHOWN]
    return Matter(
        title=gettext("Unconfirmed bookings in the next {days} days").format(days=UNCONFIRMED_DAYS),
        icon="hourglass_top",
        count=waiting.count(),
        lines=[_booking(assignment, _start(assignment, now)) for assignment in shown],
        url=list_url("assignments_assignment", status__exact="pending", starts="soon"),
    )


def _in_conflict(now: datetime, reader: Any, rules: Rules) -> Matter:
    conflicts = Assignment.objects.in_conflict(now)
    shown = list(conflicts.select_related("job", "contractor").order_by("time_slot", "pk")[:SHOWN])
    reasons = unmet_reasons(shown, rules, reader=reader)
    return Matter(
        title=gettext("Bookings with conflicts"),
        icon="event_busy",
        count=conflicts.count(),
        lines=[
            _booking(assignment, " ".join(reason.message for reason in reasons[assignment.pk])) for assignment in shown
        ],
        url=list_url("assignments_assignment", conflict=ANY_RULE),
        remedy=(gettext("Reassign them together"), reverse("admin:assignments_assignment_conflicts"))
        if reader.allows(Permission.ASSIGN)
        else None,
    )


def _desired(job: Job, now: datetime) -> str:
    text = gettext("desired {time} ({relative})")
    return text.format(time=local_time(job.desired_date, job.zone), relative=relative(job.desired_date, now))


def _start(assignment: Assignment, now: datetime) -> str:
    start = assignment.slot.start
    text = gettext("starts {relative}") if start > now else gettext("should have started {relative}")
    return text.format(relative=relative(start, now))


def _job(job: Job, detail: str) -> Line:
    text = gettext("{type} in {city}, {state}").format(type=job.get_type_display(), city=job.city, state=job.state)
    change, recommend = (reverse(f"admin:jobs_job_{page}", args=[job.pk]) for page in ("change", "recommend"))
    return Line(text, f"{job.job_number} · {detail}", change, recommend)


def _booking(assignment: Assignment, detail: str = "") -> Line:
    job = assignment.job
    return Line(
        f"{assignment.contractor.name}: {local_slot(assignment.slot, job.zone)}",
        " · ".join(filter(None, [job.job_number, f"{job.city}, {job.state}", detail])),
        reverse("admin:assignments_assignment_change", args=[assignment.pk]),
    )


def list_url(model: str, **filters: Any) -> str:
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(filters)}"

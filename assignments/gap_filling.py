"""Open jobs that fit into a free stretch of a contractor's week. Uses the same check as a booking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from assignments.availability import Calendar, offered_slots
from assignments.calendars import load_calendar
from assignments.eligibility import unmet_rules
from assignments.local_time import day_of
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from smartscheduler.core.geo.bounding_boxes import boxes_around, inside
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.estimates import known_sites
from smartscheduler.travel.routes import Site

# Only the most urgent jobs are checked, so that the page stays fast.
MOST_CHECKED = 200
MOST_SHOWN = 12
# Time zones shift the bounds of a day by at most one day.
SLACK = timedelta(days=1)


@dataclass(frozen=True)
class Opening:
    """Open job with its possible starts in the stretch and its distance in miles."""

    job: Job
    starts: Sequence[datetime]
    miles: float


def openings(contractor: Contractor, stretch: TimeSlot, now: datetime, rules: Rules) -> list[Opening]:
    """Open jobs that `contractor` could start in `stretch`, most urgent first; at most MOST_SHOWN."""
    calendar = load_calendar(contractor, stretch, rules)
    jobs, fitting = list(_nearby_jobs(contractor, stretch, rules)[:MOST_CHECKED]), []
    for job, site in zip(jobs, known_sites([job.point for job in jobs]), strict=True):
        miles, request = site.miles_from(contractor.point), JobRequest.of(job)
        if unmet_rules(contractor, request, miles=miles):
            continue
        if starts := _starts(calendar, stretch, request, site, now, rules):
            fitting.append(Opening(job, starts, miles))
    return fitting[:MOST_SHOWN]


def _nearby_jobs(contractor: Contractor, stretch: TimeSlot, rules: Rules) -> QuerySet[Job]:
    """Open jobs of a suitable type, near the base and wanted or promised near `stretch`, most urgent first."""
    horizon = timedelta(days=rules.horizon_days)
    dates = (stretch.start - horizon - SLACK, stretch.end + SLACK)
    promised = Q(window_start__lt=stretch.end, window_end__gte=stretch.start)
    without_window = Q(window_start=None, desired_date__range=dates)
    jobs = Job.objects.open().filter(promised | without_window, duration__lte=stretch.duration)
    if contractor.type != Contractor.Type.MULTI:
        jobs = jobs.filter(type=contractor.type)
    if contractor.service_radius_miles is not None:
        jobs = inside(jobs, boxes_around(contractor.point, float(contractor.service_radius_miles)))
    return jobs.by_urgency()


def _starts(
    calendar: Calendar, stretch: TimeSlot, request: JobRequest, site: Site, now: datetime, rules: Rules
) -> list[datetime]:
    """Possible starts on days at the site that the ranking considers: to the horizon, or in the arrival window."""
    calendar = calendar.for_job(request.job_id, request.allowed)
    slots = offered_slots(calendar, stretch, request.duration, rules, site=site, not_before=now)
    if request.arrival:
        return [slot.start for slot in slots if slot.start > now]
    days = {request.desired_day + timedelta(days=later) for later in range(rules.horizon_days + 1)}
    return [slot.start for slot in slots if slot.start > now and day_of(slot.start, request.zone) in days]

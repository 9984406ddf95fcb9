"""Which open jobs could be done in a stretch of somebody's free time. The engine is the one that checks a booking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

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

# Of the jobs in question the most urgent are looked at; more would keep the page waiting.
MOST_LOOKED_AT = 200
MOST_SHOWN = 12
# A day at any place on earth lies within a day of the same day elsewhere.
SLACK = timedelta(days=1)


@dataclass(frozen=True)
class Opening:
    """An open job, the starts that it could have in the stretch, and how far away it is."""

    job: Job
    starts: Sequence[datetime]
    miles: float


def openings(contractor: Contractor, stretch: TimeSlot, now: datetime, rules: Rules) -> list[Opening]:
    """The open jobs that `contractor` could begin in `stretch`, the most urgent first; at most a dozen."""
    calendar = load_calendar(contractor, stretch, rules)
    jobs, found = list(_in_question(contractor, stretch, rules)[:MOST_LOOKED_AT]), []
    for job, site in zip(jobs, known_sites([job.point for job in jobs]), strict=True):
        miles, request = site.miles_from(contractor.point), JobRequest.of(job)
        if unmet_rules(contractor, request, miles=miles):
            continue
        if starts := _starts(calendar, stretch, request, site, now, rules):
            found.append(Opening(job, starts, miles))
    return found[:MOST_SHOWN]


def _in_question(contractor: Contractor, stretch: TimeSlot, rules: Rules) -> QuerySet[Job]:
    """Open jobs of the right type and around the right place and day, most urgent first."""
    horizon = timedelta(days=rules.horizon_days)
    wanted = (stretch.start - horizon - SLACK, stretch.end + SLACK)
    jobs = Job.objects.open().filter(desired_date__range=wanted, duration__lte=stretch.duration)
    if contractor.type != Contractor.Type.MULTI:
        jobs = jobs.filter(type=contractor.type)
    if contractor.service_radius_miles is not None:
        jobs = inside(jobs, boxes_around(contractor.point, float(contractor.service_radius_miles)))
    return jobs.by_urgency()


def _starts(
    calendar: Calendar, stretch: TimeSlot, request: JobRequest, site: Site, now: datetime, rules: Rules
) -> list[datetime]:
    """When the work could begin: on a day at the site that the ranking would look at too."""
    slots = offered_slots(calendar, stretch, request.duration, rules, site=site, not_before=now)
    days = {request.desired_day + timedelta(days=later) for later in range(rules.horizon_days + 1)}
    return [slot.start for slot in slots if slot.start > now and day_of(slot.start, request.zone) in days]

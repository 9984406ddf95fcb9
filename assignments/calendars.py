"""Loading of calendars: one query for any number of contractors."""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from assignments.availability import (
    Booking,
    Calendar,
    free_time,
    offered_slots,
    working_time,
)
from assignments.lateness import NO_DELAY, expected_delays
from assignments.local_time import day_at
from assignments.models import Assignment
from contractors.models import Contractor
from contractors.working_week import Shift
from jobs.models import Job
from jobs.requirements import JobRequest
from smartscheduler.core.db.inserts import needing
from smartscheduler.core.db.prepared import rows, uuid_array
from smartscheduler.core.formatting import hours_and_minutes
from smartscheduler.core.geo.blur import seen_points
from smartscheduler.errors import InvalidInput
from smartscheduler.places import EARTH_RADIUS_MILES, Pace, Point, drive_minutes, zone
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import FARTHEST, TimeSlot, clip, unchecked
from smartscheduler.travel.estimates import known_site, known_sites, roads_between, route_between
from smartscheduler.travel.routes import LONGEST_DRIVE_MINUTES, ROAD, Roads, RouteEstimate

# A slot that starts in the window can end after it, so the calendar has to reach further.
AFTER_WINDOW = timedelta(days=2)


def longest_block(rules: Rules) -> timedelta:
    """Largest time around its slot that a booking can block: a drive halfway around the earth, or the minimum gap."""
    straight = drive_minutes(math.pi * EARTH_RADIUS_MILES, rules.pace)
    return max(timedelta(minutes=max(straight, LONGEST_DRIVE_MINUTES)), rules.minimum_gap)


# One row for each contractor with its lists as arrays: fewer bytes to send and to parse than one row for each shift and
# booking. LATERAL subqueries avoid the cross product of shifts, absences and bookings that plain joins would give.
CALENDARS = """
SELECT person.id, person.time_zone, hours.*, away.*, booked.*
FROM contractors_contractor person
LEFT JOIN LATERAL (
    SELECT array_agg(day_of_week), array_agg(start_time), array_agg(end_time)
    FROM contractors_workinghours WHERE contractor_id = person.id
) hours ON true
LEFT JOIN LATERAL (
    SELECT array_agg(lower(period)), array_agg(upper(period))
    FROM contractors_absence WHERE contractor_id = person.id AND period && tstzrange(%(start)s, %(end)s)
) away ON true
LEFT JOIN LATERAL (
    SELECT array_agg(lower(time_slot)), array_agg(upper(time_slot)),
           array_agg(latitude::float8), array_agg(longitude::float8), array_agg(job_id)
    FROM assignments_assignment booking JOIN jobs_job job ON job.id = job_id
    WHERE contractor_id = person.id AND booking.status IN ('pending', 'confirmed', 'in_progress')
      AND time_slot && tstzrange(%(booked_start)s, %(booked_end)s)
) booked ON true
WHERE person.id = ANY(%(ids)s::uuid[])
"""


def load_calendars(contractor_ids: Collection[UUID], window: TimeSlot, rules: Rules) -> dict[UUID, Calendar]:
    """Calendars by contractor id, complete enough to decide about slots that start in `window`. One query."""
    reach, people = longest_block(rules), set(contractor_ids)
    with needing(lambda record: getattr(record, "contractor_id", record.pk) in people):
        calendar_rows = rows(
            CALENDARS,
            {
                "ids": uuid_array(contractor_ids),
                "start": window.start - AFTER_WINDOW,
                "end": window.end + AFTER_WINDOW,
                "booked_start": window.start - reach,
                "booked_end": window.end + AFTER_WINDOW + reach,
            },
        )
    point_of = seen_points()
    return {contractor_id: _calendar(point_of, *columns) for contractor_id, *columns in calendar_rows}


def _calendar(
    point_of: Callable[[float, float], Point],
    time_zone: str,
    days: list[int] | None,
    starts: list[time],
    ends: list[time],
    away: list[datetime] | None,
    back: list[datetime],
    since: list[datetime] | None,
    until: list[datetime],
    latitudes: list[float],
    longitudes: list[float],
    jobs: list[UUID],
) -> Calendar:
    sites = map(point_of, latitudes, longitudes) if since else ()
    return Calendar(
        zone(time_zone),
        list(map(Shift, days, starts, ends)) if days else (),
        list(map(unchecked, zip(away, back, strict=True))) if away else (),
        list(map(Booking, map(unchecked, zip(since, until, strict=True)), sites, jobs)) if since else (),
    )


def load_calendar(
    contractor: Contractor, window: TimeSlot, rules: Rules, *, request: JobRequest | None = None
) -> Calendar:
    """Calendar of one contractor; with `request`, for the question about that job (`Calendar.for_job`)."""
    calendar = load_calendars([contractor.pk], window, rules)[contractor.pk]
    return calendar.for_job(request.job_id, request.allowed) if request else calendar


def bookable_slots(
    *, contractor: Contractor, day: date, duration: timedelta, rules: Rules, job: Job | None = None
) -> list[TimeSlot]:
    """Free time slots on one day from now on. Raises InvalidInput for a day more than five years away.

    With a job, `day` is in the time zone of its site, drives count, and the slot of its own live assignment is free.
    Without a job, `day` is in the time zone of the contractor.
    """
    _check_reach(day, "date")
    window = day_at(day, job.zone if job else contractor.zone)
    request = replace(JobRequest.of(job), duration=duration) if job else None
    calendar = load_calendar(contractor, window, rules, request=request)
    site = known_site(job.point) if job else None
    return offered_slots(calendar, window, duration, rules, site=site, not_before=timezone.now())


class Drive(NamedTuple):
    """Drive to an assignment: the time slot that it takes, and the route."""

    slot: TimeSlot
    route: RouteEstimate

    def __str__(self) -> str:
        by_road = self.route.source == ROAD
        message = gettext("{duration} drive by road") if by_road else gettext("{duration} drive")
        return message.format(duration=hours_and_minutes(timedelta(minutes=self.route.minutes)))


def drives_of_days(days: Iterable[Sequence[Assignment]], rules: Rules) -> list[list[Drive]]:
    """Drives between consecutive assignments of each day, in order. One query for any number of days."""
    days = list(days)
    roads = roads_between((earlier.job.point, later.job.point) for day in days for earlier, later in pairwise(day))
    return [_drives_between(day, roads, rules.pace) for day in days]


def _drives_between(assignments: Sequence[Assignment], roads: Roads, pace: Pace) -> list[Drive]:
    """Drives between consecutive assignments, each as late as possible.

    If there is less time than the drive takes, its slot is the time that is left. If there is none, the drive is
    omitted.
    """
    drives = []
    for earlier, later in pairwise(assignments):
        route = route_between(earlier.job.point, later.job.point, roads, pace)
        begins = max(earlier.slot.end, later.slot.start - timedelta(minutes=route.minutes))
        if begins < later.slot.start:
            drives.append(Drive(TimeSlot(begins, later.slot.start), route))
    return drives


def delays_of_days(days: Iterable[Sequence[Assignment]], rules: Rules) -> list[list[timedelta]]:
    """How late each assignment of each day is expected to be, in order (assignments.lateness).

    The time between two assignments is that of the availability engine: the drive, or the minimum gap if it is longer.
    One query for any number of days, and none if nothing is reported late.
    """
    days = list(days)
    pairs = [pair for day in days if any(assignment.late_until for assignment in day) for pair in pairwise(day)]
    sites = known_sites([later.job.point for _, later in pairs])
    pauses = {
        later.pk: max(site.drive_to_site(earlier.job.point, rules.pace), rules.minimum_gap)
        for (earlier, later), site in zip(pairs, sites, strict=True)
    }
    return [expected_delays(day, [pauses.get(later.pk, NO_DELAY) for later in day[1:]]) for day in days]


@dataclass(frozen=True, slots=True)
class DaySchedule:
    """Day of a contractor in the contractor's time zone; time slots are clipped to the day, assignments are not."""

    date: date
    working_hours: list[TimeSlot]
    absences: list[TimeSlot]
    assignments: list[Assignment]
    free: list[TimeSlot]


def schedule(*, contractor: Contractor, start: date, end: date, rules: Rules) -> list[DaySchedule]:
    """Schedule of the days `start` to `end`, both included. Raises InvalidInput for days more than five years away.

    Free time is computed without drives, because the site of the next job is not known.
    """
    _check_reach(start, "start")
    _check_reach(end, "end")
    period = TimeSlot(day_at(start, contractor.zone).start, day_at(end, contractor.zone).end)
    calendar = load_calendar(contractor, period, rules)
    assignments = list(
        Assignment.objects.exclude(status=Assignment.Status.CANCELLED)
        .overlapping(period)
        .filter(contractor=contractor)
        .select_related("job", "contractor", "conflict")
        .order_by("time_slot")
    )
    days = (end - start).days + 1
    return [_day(contractor, calendar, assignments, start + timedelta(days=n), rules) for n in range(days)]


def _check_reach(day: date, field: str) -> None:
    today = timezone.now().date()
    if not today - FARTHEST <= day <= today + FARTHEST:
        raise InvalidInput.of(field, gettext("Choose a day within five years from today."))


def _day(
    contractor: Contractor, calendar: Calendar, assignments: list[Assignment], day: date, rules: Rules
) -> DaySchedule:
    window = day_at(day, contractor.zone)
    return DaySchedule(
        date=day,
        working_hours=clip(working_time(calendar, window), window),
        absences=clip(calendar.absences, window),
        assignments=[assignment for assignment in assignments if assignment.slot.overlaps(window)],
        free=clip(free_time(calendar, window, None, rules), window),
    )

"""Calendars as the database has them: one query, however many contractors."""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from assignments.availability import (
    Booking,
    Calendar,
    free_time,
    offered_slots,
    working_time,
)
from assignments.local_time import day_at
from assignments.models import Assignment
from contractors.models import Contractor
from contractors.working_week import Shift
from jobs.models import Job
from smartscheduler.core.db.prepared import rows, uuid_array
from smartscheduler.core.geo.blur import seen_points
from smartscheduler.errors import InvalidInput
from smartscheduler.places import EARTH_RADIUS_MILES, Pace, Point, drive_minutes, zone
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import FARTHEST, TimeSlot, clip, unchecked
from smartscheduler.travel.estimates import known_site, roads_between, route_between
from smartscheduler.travel.routes import LONGEST_DRIVE_MINUTES, ROAD, Roads, RouteEstimate

# A slot that starts in a window may end after it, inside a stretch of free time that goes on.
AFTER_WINDOW = timedelta(days=2)


def longest_block(rules: Rules) -> timedelta:
    """How far from its slot a booking can still block time: the drive half around the earth, or the minimum gap."""
    straight = drive_minutes(math.pi * EARTH_RADIUS_MILES, rules.pace)
    return max(timedelta(minutes=max(straight, LONGEST_DRIVE_MINUTES)), rules.minimum_gap)


# One row a contractor, lists as arrays: less to send and to read than a row for each shift and booking.
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
    """The calendar of each contractor, with all that can decide about time in `window`. One query."""
    reach = longest_block(rules)
    found = rows(
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
    return {contractor_id: _calendar(point_of, *columns) for contractor_id, *columns in found}


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


def load_calendar(contractor: Contractor, window: TimeSlot, rules: Rules, *, for_job: UUID | None = None) -> Calendar:
    """The calendar of one contractor; the booking of the job `for_job` is left out, as it would be the one to move."""
    return load_calendars([contractor.pk], window, rules)[contractor.pk].leaving_out(for_job)


def bookable_slots(
    *, contractor: Contractor, day: date, duration: timedelta, rules: Rules, job: Job | None = None
) -> list[TimeSlot]:
    """The slots on offer on one day, from now on. Raises InvalidInput for a day years away.

    With a job, `day` is a day at its site and drives count, and so does its own live assignment's slot as
    free; without one, it is a day in the contractor's zone.
    """
    _check_reach(day, "date")
    window = day_at(day, job.zone if job else contractor.zone)
    calendar = load_calendar(contractor, window, rules, for_job=job.pk if job else None)
    site = known_site(job.point) if job else None
    return offered_slots(calendar, window, duration, rules, site=site, not_before=timezone.now())


class Drive(NamedTuple):
    """The time before an assignment that goes into the drive there, and the way."""

    slot: TimeSlot
    route: RouteEstimate

    def __str__(self) -> str:
        return f"{self.route.minutes} min drive" + (" by road" if self.route.source == ROAD else "")


def drives_of_days(days: Iterable[Sequence[Assignment]], rules: Rules) -> list[list[Drive]]:
    """For each day the drive to every assignment but the first, in their order; one query for any number of days."""
    days = list(days)
    roads = roads_between((one.job.point, other.job.point) for day in days for one, other in pairwise(day))
    return [_drives_between(day, roads, rules.pace) for day in days]


def _drives_between(assignments: Sequence[Assignment], roads: Roads, pace: Pace) -> list[Drive]:
    """Each drive as late as it may begin.

    Where less time is left than the drive takes, the stretch is what is left; where none is, it is missing.
    """
    found = []
    for one, other in pairwise(assignments):
        route = route_between(one.job.point, other.job.point, roads, pace)
        begins = max(one.slot.end, other.slot.start - timedelta(minutes=route.minutes))
        if begins < other.slot.start:
            found.append(Drive(TimeSlot(begins, other.slot.start), route))
    return found


@dataclass(frozen=True, slots=True)
class DaySchedule:
    """One day of a contractor, in the contractor's zone; the lists are cut at its midnights."""

    date: date
    working_hours: list[TimeSlot]
    absences: list[TimeSlot]
    assignments: list[Assignment]
    free: list[TimeSlot]


def schedule(*, contractor: Contractor, start: date, end: date, rules: Rules) -> list[DaySchedule]:
    """The days `start` … `end`, both included: working hours, absences, assignments and free intervals.

    Free intervals stand without drives: where the next job will be is not known.
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
        raise InvalidInput.of(field, "The day is at most five years from now.")


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

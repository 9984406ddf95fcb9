"""Calendars as the database has them: three queries, however many contractors."""

import math
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from assignments.availability import (
    Booking,
    Calendar,
    free_time,
    offered_slots,
    working_time,
)
from assignments.clock import day_at
from assignments.models import Assignment
from contractors.models import Absence, Contractor, WorkingHours
from contractors.shifts import Shift
from jobs.models import Job
from smartscheduler.errors import InvalidInput
from smartscheduler.places import EARTH_RADIUS_MILES, Point, drive_minutes, zone
from smartscheduler.timeslots import FARTHEST, TimeSlot, clip

UTC_ZONE = zone("UTC")
# A slot that starts in a window may end after it, inside a stretch of free time that goes on.
AFTER_WINDOW = timedelta(days=2)


def longest_block() -> timedelta:
    """How far from its slot a booking can still block time: the drive half around the earth, or the minimum gap."""
    return max(timedelta(minutes=drive_minutes(math.pi * EARTH_RADIUS_MILES)), settings.MINIMUM_GAP)


def load_calendars(
    contractor_ids: Collection[UUID], window: TimeSlot, *, for_job: UUID | None = None
) -> dict[UUID, Calendar]:
    """The calendar of each contractor, with all that can decide about time in `window`.

    The booking of the job `for_job` is left out: it would be the one to move.
    """
    shifts, zones = _shifts(contractor_ids)
    absences = _absences(contractor_ids, TimeSlot(window.start - AFTER_WINDOW, window.end + AFTER_WINDOW))
    reach = longest_block()
    bookings = _bookings(contractor_ids, TimeSlot(window.start - reach, window.end + AFTER_WINDOW + reach), for_job)
    return {
        contractor_id: Calendar(
            zone(zones[contractor_id]) if contractor_id in zones else UTC_ZONE,
            shifts[contractor_id],
            absences[contractor_id],
            bookings[contractor_id],
        )
        for contractor_id in contractor_ids
    }


def _shifts(ids: Collection[UUID]) -> tuple[dict[UUID, list[Shift]], dict[UUID, str]]:
    shifts: dict[UUID, list[Shift]] = defaultdict(list)
    zones: dict[UUID, str] = {}
    rows = WorkingHours.objects.filter(contractor_id__in=ids).order_by()
    for contractor_id, time_zone, day, start, end in rows.values_list(
        "contractor_id", "contractor__time_zone", "day_of_week", "start_time", "end_time"
    ):
        zones[contractor_id] = time_zone
        shifts[contractor_id].append(Shift(day, start, end))
    return shifts, zones


def _absences(ids: Collection[UUID], window: TimeSlot) -> dict[UUID, list[TimeSlot]]:
    absences: dict[UUID, list[TimeSlot]] = defaultdict(list)
    rows = Absence.objects.filter(contractor_id__in=ids, period__overlap=_as_range(window)).order_by()
    for contractor_id, period in rows.values_list("contractor_id", "period"):
        absences[contractor_id].append(TimeSlot(period.lower, period.upper))
    return absences


def _bookings(ids: Collection[UUID], window: TimeSlot, for_job: UUID | None) -> dict[UUID, list[Booking]]:
    bookings: dict[UUID, list[Booking]] = defaultdict(list)
    rows = Assignment.objects.live().overlapping(window).filter(contractor_id__in=ids).order_by()
    if for_job:
        rows = rows.exclude(job_id=for_job)
    for contractor_id, slot, latitude, longitude in rows.values_list(
        "contractor_id", "time_slot", "job__latitude", "job__longitude"
    ):
        site = Point(float(latitude), float(longitude))
        bookings[contractor_id].append(Booking(TimeSlot(slot.lower, slot.upper), site))
    return bookings


def _as_range(slot: TimeSlot) -> TimestamptzRange:
    return TimestamptzRange(slot.start, slot.end, "[)")


def load_calendar(contractor: Contractor, window: TimeSlot, *, for_job: UUID | None = None) -> Calendar:
    """The calendar of one contractor; see `load_calendars`."""
    return load_calendars([contractor.pk], window, for_job=for_job)[contractor.pk]


def bookable_slots(*, contractor: Contractor, day: date, duration: timedelta, job: Job | None = None) -> list[TimeSlot]:
    """The slots on offer on one day, from now on. Raises InvalidInput for a day years away.

    With a job, `day` is a day at its site and drives count, and so does its own live assignment's slot as
    free; without one, it is a day in the contractor's zone.
    """
    _check_reach(day, "date")
    window = day_at(day, job.zone if job else contractor.zone)
    calendar = load_calendar(contractor, window, for_job=job.pk if job else None)
    site = job.point if job else None
    return offered_slots(calendar, window, duration, site=site, not_before=timezone.now())


@dataclass(frozen=True, slots=True)
class DaySchedule:
    """One day of a contractor, in the contractor's zone; the lists are cut at its midnights."""

    date: date
    working_hours: list[TimeSlot]
    absences: list[TimeSlot]
    assignments: list[Assignment]
    free: list[TimeSlot]


def schedule(*, contractor: Contractor, start: date, end: date) -> list[DaySchedule]:
    """The days `start` … `end`, both included: working hours, absences, assignments and free intervals.

    Free intervals stand without drives: where the next job will be is not known.
    """
    _check_reach(start, "start")
    _check_reach(end, "end")
    period = TimeSlot(day_at(start, contractor.zone).start, day_at(end, contractor.zone).end)
    calendar = load_calendar(contractor, period)
    assignments = list(
        Assignment.objects.exclude(status=Assignment.Status.CANCELLED)
        .overlapping(period)
        .filter(contractor=contractor)
        .select_related("job", "contractor")
        .order_by("time_slot")
    )
    days = (end - start).days + 1
    return [_day(contractor, calendar, assignments, start + timedelta(days=n)) for n in range(days)]


def _check_reach(day: date, field: str) -> None:
    today = timezone.now().date()
    if not today - FARTHEST <= day <= today + FARTHEST:
        raise InvalidInput.of(field, "The day is at most five years from now.")


def _day(contractor: Contractor, calendar: Calendar, assignments: list[Assignment], day: date) -> DaySchedule:
    window = day_at(day, contractor.zone)
    return DaySchedule(
        date=day,
        working_hours=clip(working_time(calendar, window), window),
        absences=clip(calendar.absences, window),
        assignments=[assignment for assignment in assignments if assignment.slot.overlaps(window)],
        free=clip(free_time(calendar, window, None), window),
    )

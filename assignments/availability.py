"""Availability engine, shared by the ranking, slot lists and the check before booking. Pure.

Free time = working hours − absences − bookings. Each booking is widened by the drive between its site and the site of
the job, or by the minimum gap if that is longer (docs/ranking.md). For a job with an arrival window, all time in which
its work cannot lie is busy too. Lists of time slots are normal: sorted, merged, half-open.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from assignments.local_time import day_at, day_of, local_instant
from contractors.working_week import Shift
from smartscheduler.places import Point
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, containing, unchecked, union, without
from smartscheduler.travel.routes import Site

ONE_DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
FIRST_INSTANT, LAST_INSTANT = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Booking(NamedTuple):
    """Live assignment in a calendar: time slot, site and job."""

    slot: TimeSlot
    site: Point
    job_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Shifts, absences and bookings of a contractor, with the contractor's time zone.

    `allowed` is the only time in which the work of the job in question can lie; None without an arrival window.
    """

    zone: ZoneInfo
    shifts: Sequence[Shift] = ()
    absences: Sequence[TimeSlot] = ()
    bookings: Sequence[Booking] = ()
    allowed: TimeSlot | None = None
    _week: dict[int, list[Shift]] = field(init=False, default_factory=dict, repr=False, compare=False)
    _days: dict[date, list[TimeSlot]] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for shift in self.shifts:
            self._week.setdefault(shift.day_of_week, []).append(shift)

    def shifts_on(self, day: date) -> list[TimeSlot]:
        """Shifts of a day in the contractor's time zone, as instants in UTC; cached, because windows overlap."""
        slots = self._days.get(day)
        if slots is None:
            slots = self._days[day] = list(self._instants(day))
        return slots

    def _instants(self, day: date) -> Iterator[TimeSlot]:
        for shift in self._week.get(day.isoweekday() % 7, ()):
            start = local_instant(day, shift.starts, self.zone)
            end = local_instant(day, shift.ends, self.zone)
            if start < end:  # a shift within the hour that a clock change skips has no length
                yield unchecked((start, end))

    def near(self, window: TimeSlot) -> "Calendar":
        """Copy with only the bookings that overlap `window`."""
        return Calendar(
            self.zone,
            self.shifts,
            self.absences,
            [booking for booking in self.bookings if booking.slot.overlaps(window)],
            self.allowed,
        )

    def for_job(self, job_id: UUID | None, allowed: TimeSlot | None) -> "Calendar":
        """Copy for the question about one job: without its booking, which is the one to be moved, within `allowed`."""
        if allowed == self.allowed and (job_id is None or all(booking.job_id != job_id for booking in self.bookings)):
            return self
        others = [booking for booking in self.bookings if job_id is None or booking.job_id != job_id]
        return Calendar(self.zone, self.shifts, self.absences, others, allowed)


@dataclass(frozen=True)
class Visit:
    """Query for free time: duration, site (None: without drives), days at the site, and the earliest instant.

    `first_day` is the number of days from the desired date to the first of `days`; negative before the desired date.
    """

    duration: timedelta
    site: Site | None
    days: Sequence[TimeSlot]
    not_before: datetime
    rules: Rules
    first_day: int = 0

    @cached_property
    def grid(self) -> timedelta:
        return settings.SLOT_GRID


def days_from(day: date, days: int, zone: ZoneInfo) -> list[TimeSlot]:
    """The day `day` and the `days` days after it in `zone`, each from midnight to midnight."""
    return [day_at(day + timedelta(days=later), zone) for later in range(days + 1)]


def shift_slots(calendar: Calendar, window: TimeSlot) -> list[TimeSlot]:
    """Shifts, as instants and unmerged, of the days in `window` and one day on either side."""
    # One more day on either side, so that a stretch of free time that crosses midnight is complete.
    day = day_of(window[0], calendar.zone) - ONE_DAY
    last = day_of(window[1] - MOMENT, calendar.zone) + ONE_DAY
    slots: list[TimeSlot] = []
    while day <= last:
        slots += calendar.shifts_on(day)
        day += ONE_DAY
    return slots


def busy_time(calendar: Calendar, site: Site | None, rules: Rules) -> list[TimeSlot]:
    """Absences and bookings, including drives, and all time outside `calendar.allowed`, as a normal list.

    Each booking is widened by the drives from and to `site`, or by the minimum gap if that is longer. Without a site,
    it is not widened.
    """
    return union([*calendar.absences, *blocked_time(calendar, site, rules), *_not_allowed(calendar)])


def _not_allowed(calendar: Calendar) -> Iterator[TimeSlot]:
    if calendar.allowed:
        yield unchecked((FIRST_INSTANT, calendar.allowed[0]))
        yield unchecked((calendar.allowed[1], LAST_INSTANT))


def blocked_time(calendar: Calendar, site: Site | None, rules: Rules) -> list[TimeSlot]:
    """Bookings, each widened by the drive before it and the drive after it."""
    if site is None:
        return [booking.slot for booking in calendar.bookings]
    gap, pace = rules.minimum_gap, rules.pace
    return [
        unchecked(
            (start - max(site.drive_from_site(booked, pace), gap), end + max(site.drive_to_site(booked, pace), gap))
        )
        for (start, end), booked, _ in calendar.bookings
    ]


def free_time(calendar: Calendar, window: TimeSlot, site: Site | None, rules: Rules) -> list[TimeSlot]:
    """Free time around `window` for work at `site`, as a normal list.

    Not clipped to `window`; free time more than a day away from it is left out.
    """
    return free_within(working_time(calendar, window), calendar, site, rules)


def free_within(working: Sequence[TimeSlot], calendar: Calendar, site: Site | None, rules: Rules) -> list[TimeSlot]:
    """Free time within the working hours of `calendar`, for callers that ask about many sites."""
    return without(working, busy_time(calendar, site, rules))


def offered_slots(
    calendar: Calendar,
    window: TimeSlot,
    duration: timedelta,
    rules: Rules,
    *,
    site: Site | None,
    not_before: datetime,
) -> list[TimeSlot]:
    """Time slots of length `duration` within free time that start in `window` and not before `not_before`.

    Starts are on a grid (settings.SLOT_GRID) from the start of each shift. The result is sorted, without duplicates.
    """
    visit = Visit(duration, site, [window], not_before, rules)
    busy = busy_time(calendar, site, rules)
    return _slots(_starts(calendar, window, visit, busy), duration)


def _starts(calendar: Calendar, window: TimeSlot, visit: Visit, busy: Sequence[TimeSlot]) -> list[datetime]:
    """Possible starts in `window`, sorted."""
    earliest, latest = max(window[0], visit.not_before), window[1]
    shifts = shift_slots(calendar, window)
    offering = [shift for shift in shifts if shift[0] < latest and shift[1] > earliest]
    if not offering:
        return []
    duration, grid = visit.duration, visit.grid
    free = without(union(shifts), busy)
    starts = [
        start
        for shift_start, shift_end in offering
        for free_start, free_end in free
        if free_start < shift_end and free_end > shift_start
        for start in _grid(
            shift_start, grid, max(earliest, free_start, shift_start), min(latest, shift_end), free_end - duration
        )
    ]
    # Shifts of a day do not overlap in local time, but the repeated hour of a clock change can make two share instants.
    return starts if len(offering) == 1 else sorted(set(starts))


def _grid(origin: datetime, grid: timedelta, since: datetime, before: datetime, until: datetime) -> Iterator[datetime]:
    """Instants `origin` + n × `grid` with since ≤ instant < before and instant ≤ until."""
    # Rounds up to the grid: floor division of the negative difference.
    point = since if since == origin else origin - ((origin - since) // grid) * grid
    while point < before and point <= until:
        yield point
        point += grid


def _slots(starts: Sequence[datetime], duration: timedelta) -> list[TimeSlot]:
    return [unchecked((start, start + duration)) for start in starts]


def is_free(calendar: Calendar, slot: TimeSlot, site: Site | None, rules: Rules) -> bool:
    """Whether the whole `slot` is within free time; its start does not need to be on the grid."""
    return containing(free_time(calendar, slot, site, rules), slot) is not None


class FirstFreeDay(NamedTuple):
    """First day with a possible start: its number of days after the desired date, possible starts, and duration."""

    days: int
    starts: Sequence[datetime]
    duration: timedelta

    @property
    def slots(self) -> list[TimeSlot]:
        return _slots(self.starts, self.duration)


def first_free_day(calendar: Calendar, visit: Visit) -> FirstFreeDay | None:
    """First of the visit's days with a free slot, or None."""
    busy = None  # computed only when a day is not over yet
    for days, window in enumerate(visit.days, start=visit.first_day):
        if window[1] <= visit.not_before:
            continue
        if busy is None:
            busy = busy_time(calendar, visit.site, visit.rules)
        if starts := _starts(calendar, window, visit, busy):
            return FirstFreeDay(days, starts, visit.duration)
    return None


def working_time(calendar: Calendar, window: TimeSlot) -> list[TimeSlot]:
    """Working hours around `window`, with adjoining shifts merged."""
    return union(shift_slots(calendar, window))

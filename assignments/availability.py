"""When is a contractor free? The one engine that ranking, slot lists, booking and refusals share. Pure.

Free time = working hours − absences − bookings, each booking widened by the drive between its site
and the site in question (spec section 5; docs/ranking.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
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


class Booking(NamedTuple):
    """A live assignment: its slot, where it takes the contractor, and for which job."""

    slot: TimeSlot
    site: Point
    job_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """All that decides when one contractor is free, in the contractor's own zone."""

    zone: ZoneInfo
    shifts: Sequence[Shift] = ()
    absences: Sequence[TimeSlot] = ()
    bookings: Sequence[Booking] = ()
    _week: dict[int, list[Shift]] = field(init=False, default_factory=dict, repr=False, compare=False)
    _days: dict[date, list[TimeSlot]] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for shift in self.shifts:
            self._week.setdefault(shift.day_of_week, []).append(shift)

    def shifts_on(self, day: date) -> list[TimeSlot]:
        """The shifts of a day in the contractor's zone, as instants."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = list(self._instants(day))
        return found

    def _instants(self, day: date) -> Iterator[TimeSlot]:
        for shift in self._week.get(day.isoweekday() % 7, ()):
            start = local_instant(day, shift.starts, self.zone)
            end = local_instant(day, shift.ends, self.zone)
            if start < end:  # a shift inside the hour that the clock skips has no length
                yield unchecked((start, end))

    def near(self, window: TimeSlot) -> "Calendar":
        """The calendar with only the bookings that overlap `window`."""
        return Calendar(
            self.zone,
            self.shifts,
            self.absences,
            [booking for booking in self.bookings if booking.slot.overlaps(window)],
        )

    def leaving_out(self, job_id: UUID | None) -> "Calendar":
        """The calendar without the booking of a job: it would be the one to move."""
        if job_id is None or all(booking.job_id != job_id for booking in self.bookings):
            return self
        others = [booking for booking in self.bookings if booking.job_id != job_id]
        return Calendar(self.zone, self.shifts, self.absences, others)


@dataclass(frozen=True)
class Visit:
    """Work that wants time: how long, where (None: no drives), on which days at the site, and from when on."""

    duration: timedelta
    site: Site | None
    days: Sequence[TimeSlot]
    not_before: datetime
    rules: Rules

    @cached_property
    def grid(self) -> timedelta:
        return settings.SLOT_GRID


def days_from(day: date, days: int, zone: ZoneInfo) -> list[TimeSlot]:
    """The day `day` and the `days` after it, as stretches of time in `zone`."""
    return [day_at(day + timedelta(days=later), zone) for later in range(days + 1)]


def shift_slots(calendar: Calendar, window: TimeSlot) -> list[TimeSlot]:
    """Every shift, as instants and unmerged, of the days that `window` touches and their neighbours."""
    day = day_of(window[0], calendar.zone) - ONE_DAY
    last = day_of(window[1] - MOMENT, calendar.zone) + ONE_DAY
    slots: list[TimeSlot] = []
    while day <= last:
        slots += calendar.shifts_on(day)
        day += ONE_DAY
    return slots


def busy_time(calendar: Calendar, site: Site | None, rules: Rules) -> list[TimeSlot]:
    """Absences and bookings as a normal list.

    Around each booking is the drive from and to `site`, or the minimum gap when that is longer; nothing without a site.
    """
    return union([*calendar.absences, *blocked_time(calendar, site, rules)])


def blocked_time(calendar: Calendar, site: Site | None, rules: Rules) -> list[TimeSlot]:
    """The bookings alone, each with the drive that leads to it and the one that leads away."""
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
    """Free stretches around `window`, for work at `site`: a normal list.

    Stretches are not cut at the edges of `window`; those beyond a day from it are left out.
    """
    busy = busy_time(calendar, site, rules)
    return without(union(shift_slots(calendar, window)), busy)


def offered_slots(
    calendar: Calendar,
    window: TimeSlot,
    duration: timedelta,
    rules: Rules,
    *,
    site: Site | None,
    not_before: datetime,
) -> list[TimeSlot]:
    """Slots of `duration` that start in `window`, from `not_before` on, and end inside free time.

    They start on the grid (settings.SLOT_GRID) counted from the start of each shift; in order, none twice.
    """
    visit = Visit(duration, site, [window], not_before, rules)
    busy = busy_time(calendar, site, rules)
    return _slots(_starts(calendar, window, visit, busy), duration)


def _starts(calendar: Calendar, window: TimeSlot, visit: Visit, busy: Sequence[TimeSlot]) -> list[datetime]:
    """When the work could start in `window`."""
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
    # Shifts of a day do not overlap, but the hour that comes twice can make two of them share instants.
    return starts if len(offering) == 1 else sorted(set(starts))


def _grid(origin: datetime, grid: timedelta, since: datetime, before: datetime, until: datetime) -> Iterator[datetime]:
    """Points `origin` + n × `grid` with since ≤ point < before and point ≤ until."""
    point = since if since == origin else origin - ((origin - since) // grid) * grid
    while point < before and point <= until:
        yield point
        point += grid


def _slots(starts: Sequence[datetime], duration: timedelta) -> list[TimeSlot]:
    return [unchecked((start, start + duration)) for start in starts]


def is_free(calendar: Calendar, slot: TimeSlot, site: Site | None, rules: Rules) -> bool:
    """Whether all of `slot` lies in free time; any start will do, not only those of the grid."""
    return containing(free_time(calendar, slot, site, rules), slot) is not None


class FirstFreeDay(NamedTuple):
    """The first day at the site on which the work could start: how many days after the desired one, and when."""

    days: int
    starts: Sequence[datetime]
    duration: timedelta

    @property
    def slots(self) -> list[TimeSlot]:
        return _slots(self.starts, self.duration)


def first_free_day(calendar: Calendar, visit: Visit) -> FirstFreeDay | None:
    """The first of the visit's days that has a slot; None when none has."""
    busy = None
    for days, window in enumerate(visit.days):
        if window[1] <= visit.not_before:
            continue
        if busy is None:
            busy = busy_time(calendar, visit.site, visit.rules)
        if starts := _starts(calendar, window, visit, busy):
            return FirstFreeDay(days, starts, visit.duration)
    return None


def working_time(calendar: Calendar, window: TimeSlot) -> list[TimeSlot]:
    """Working hours around `window`, adjoining shifts as one stretch."""
    return union(shift_slots(calendar, window))

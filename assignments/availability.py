"""When is a contractor free? The one engine that ranking, slot lists, booking and refusals share. Pure.

Free time = working hours − absences − bookings, each booking widened by the drive between its site
and the site in question (spec section 5; docs/ranking.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from assignments.clock import day_at, local_instant
from contractors.shifts import Shift
from smartscheduler.places import Point, drive_time
from smartscheduler.timeslots import TimeSlot, containing, subtract, union

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Booking:
    """A live assignment: its slot and where it takes the contractor."""

    slot: TimeSlot
    site: Point


@dataclass(frozen=True, slots=True)
class Calendar:
    """All that decides when one contractor is free, in the contractor's own zone."""

    zone: ZoneInfo
    shifts: Sequence[Shift] = ()
    absences: Sequence[TimeSlot] = ()
    bookings: Sequence[Booking] = ()
    _by_day: dict[int, list[Shift]] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for shift in self.shifts:
            self._by_day.setdefault(shift.day_of_week, []).append(shift)

    def shifts_on(self, day: date) -> Sequence[Shift]:
        return self._by_day.get(day.isoweekday() % 7, ())


def shift_slots(calendar: Calendar, window: TimeSlot) -> list[TimeSlot]:
    """Every shift, as instants and unmerged, of the days that `window` touches and their neighbours."""
    day = window.start.astimezone(calendar.zone).date() - ONE_DAY
    last = window.end.astimezone(calendar.zone).date() + ONE_DAY
    slots = []
    while day <= last:
        for shift in calendar.shifts_on(day):
            start = local_instant(day, shift.starts, calendar.zone)
            end = local_instant(day, shift.ends, calendar.zone)
            if start < end:  # a shift inside the hour that the clock skips has no length
                slots.append(TimeSlot(start, end))
        day += ONE_DAY
    return slots


def blocked_time(calendar: Calendar, site: Point | None) -> list[TimeSlot]:
    """Bookings with the drive to and from `site` (or the minimum gap, when longer) around each; bare without a site."""
    if site is None:
        return [booking.slot for booking in calendar.bookings]
    return [
        booking.slot.widened(max(drive_time(booking.site, site), settings.MINIMUM_GAP)) for booking in calendar.bookings
    ]


def free_time(calendar: Calendar, window: TimeSlot, site: Point | None) -> list[TimeSlot]:
    """Free stretches around `window`, for work at `site`: a normal list.

    Stretches are not cut at the edges of `window`; those beyond a day from it are left out.
    """
    return subtract(shift_slots(calendar, window), [*calendar.absences, *blocked_time(calendar, site)])


def offered_slots(
    calendar: Calendar, window: TimeSlot, duration: timedelta, *, site: Point | None, not_before: datetime
) -> list[TimeSlot]:
    """Slots of `duration` that start in `window`, from `not_before` on, and end inside free time.

    They start on the grid (settings.SLOT_GRID) counted from the start of each shift; in order, none twice.
    """
    shifts = shift_slots(calendar, window)
    if not shifts:
        return []
    free = subtract(shifts, [*calendar.absences, *blocked_time(calendar, site)])
    earliest = max(window.start, not_before)
    starts = {
        start
        for shift in shifts
        for stretch in free
        if stretch.overlaps(shift)
        for start in _grid(
            shift.start,
            since=max(earliest, stretch.start, shift.start),
            before=min(window.end, shift.end),
            until=stretch.end - duration,
        )
    }
    return [TimeSlot(start, start + duration) for start in sorted(starts)]


def _grid(origin: datetime, *, since: datetime, before: datetime, until: datetime) -> Iterator[datetime]:
    """Points `origin` + n × grid with since ≤ point < before and point ≤ until."""
    steps = -((origin - since) // settings.SLOT_GRID)
    point = origin + steps * settings.SLOT_GRID
    while point < before and point <= until:
        yield point
        point += settings.SLOT_GRID


def is_free(calendar: Calendar, slot: TimeSlot, site: Point | None) -> bool:
    """Whether all of `slot` lies in free time; any start will do, not only those of the grid."""
    return containing(free_time(calendar, slot, site), slot) is not None


@dataclass(frozen=True, slots=True)
class FirstFreeDay:
    """The first day at the site with a slot: how many days after the desired one, and its slots."""

    days: int
    slots: list[TimeSlot]


def first_free_day(
    calendar: Calendar,
    *,
    day: date,
    horizon_days: int,
    site_zone: ZoneInfo,
    duration: timedelta,
    site: Point | None,
    not_before: datetime,
) -> FirstFreeDay | None:
    """The first of the days `day` … `day` + `horizon_days` at the site that has a slot; None when none has."""
    for days in range(horizon_days + 1):
        window = day_at(day + timedelta(days=days), site_zone)
        if window.end <= not_before:
            continue
        slots = offered_slots(calendar, window, duration, site=site, not_before=not_before)
        if slots:
            return FirstFreeDay(days, slots)
    return None


def working_time(calendar: Calendar, window: TimeSlot) -> list[TimeSlot]:
    """Working hours around `window`, adjoining shifts as one stretch."""
    return union(shift_slots(calendar, window))

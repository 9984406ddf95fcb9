"""Segments of a contractor's days: the stretches between bookings that stay, through which routes run. Pure.

A segment lies in one working day. Days are joined when the night between them is shorter than the longest drive between
two sites of the contractor's jobs, because then a job of one day decides about the next. Travel has its price within a
working day only, also where days are joined.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from assignments.availability import MOMENT, Booking, Calendar
from assignments.local_time import day_at, day_of
from smartscheduler.timeslots import TimeSlot, unchecked


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment with its instants, and the bookings that stay before and after it on its days, if any.

    `grid` is the start of the first shift of its first day.
    """

    slot: TimeSlot
    before: Booking | None
    after: Booking | None
    grid: datetime


ONE_DAY = timedelta(days=1)


def working_day(working: Sequence[TimeSlot], moment: datetime, zone: ZoneInfo) -> date:
    """The day of a contractor to which work that starts at `moment` belongs. It never decreases with time.

    It is the local day; a night shift belongs to the day on which it starts. `working` are the working hours, as a
    normal list. Those of more than 24 hours are no shift but work around the clock.
    """
    position = bisect_right(working, moment, key=itemgetter(0)) - 1
    if position >= 0:
        start, end = working[position]
        if moment < end and end - start <= ONE_DAY:
            return day_of(start, zone)
    return day_of(moment, zone)


def by_working_day(
    working: Sequence[TimeSlot], first: datetime, last: datetime, zone: ZoneInfo
) -> Iterator[tuple[date, datetime, datetime]]:
    """The instants from `first` to `last` within working hours, by working day: the day, its first and last instant."""
    day, last_day = working_day(working, first, zone), working_day(working, last, zone)
    while day < last_day:  # around the clock, so the day ends at midnight
        midnight = day_at(day, zone).end
        yield day, first, midnight - MOMENT
        day, first = day + ONE_DAY, midnight
    yield day, first, last


def stretches_of(calendar: Calendar, working: Sequence[TimeSlot], longest_drive: timedelta) -> list[Stretch]:
    """The segments of a calendar in order of time. `working` are its working hours, as a normal list."""
    bookings, stretches = sorted(calendar.bookings), list[Stretch]()
    for hours in _days(calendar, working, longest_drive):
        since = stretches[-1].slot.end if stretches else hours[0].start
        last_day = working_day(working, hours[-1].end - MOMENT, calendar.zone)
        end = max(day_at(last_day, calendar.zone).end, hours[-1].end)
        stretches += _between(calendar, hours[0].start, bookings, since, end)
    return stretches


def _days(calendar: Calendar, working: Sequence[TimeSlot], longest_drive: timedelta) -> Iterator[list[TimeSlot]]:
    """Working hours by day; days with too short a night between them are one."""
    day: list[TimeSlot] = []
    for hours in working:
        if day and hours.start - day[-1].end >= longest_drive and _is_later_day(calendar, working, day[-1], hours):
            yield day
            day = []
        day.append(hours)
    if day:
        yield day


def _is_later_day(calendar: Calendar, working: Sequence[TimeSlot], earlier: TimeSlot, later: TimeSlot) -> bool:
    return working_day(working, earlier.end - MOMENT, calendar.zone) < day_of(later.start, calendar.zone)


def _between(
    calendar: Calendar, grid: datetime, bookings: Sequence[Booking], since: datetime, end: datetime
) -> Iterator[Stretch]:
    """The stretches of a day until `end`: before the first booking, between two, and after the last one."""
    midnight = day_at(day_of(grid, calendar.zone), calendar.zone).start
    start = max(midnight, since) if since < grid else midnight
    before: Booking | None = None
    for booking in bookings:
        if booking.slot.start >= end:
            break
        if booking.slot.end <= start:
            continue
        if booking.slot.start > start:
            yield Stretch(unchecked((start, booking.slot.start)), before, booking, grid)
        before, start = booking, max(start, booking.slot.end)
    if start < end:
        yield Stretch(unchecked((start, end)), before, None, grid)

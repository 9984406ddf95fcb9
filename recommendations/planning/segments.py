"""Segments of a contractor's days: the stretches between bookings that stay, through which routes run. Pure.

A segment lies in one local day. Days are joined when the night between them is shorter than the longest drive between
two sites of the contractor's jobs, because then a job of one day decides about the next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assignments.availability import Booking, Calendar
from assignments.local_time import day_at, day_of
from smartscheduler.timeslots import TimeSlot, unchecked


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment with its instants, and the bookings that stay before and after it on the same day, if any.

    `grid` is the start of the first shift of its day.
    """

    slot: TimeSlot
    before: Booking | None
    after: Booking | None
    grid: datetime


def stretches_of(calendar: Calendar, working: Sequence[TimeSlot], longest_drive: timedelta) -> list[Stretch]:
    """The segments of a calendar in order of time. `working` are its working hours, as a normal list."""
    bookings, stretches = sorted(calendar.bookings), list[Stretch]()
    for hours in _days(calendar, working, longest_drive):
        # A night shift belongs to the day on which it starts.
        since = stretches[-1].slot.end if stretches else hours[0].start
        stretches += _between(calendar, hours, bookings, since)
    return stretches


def _days(calendar: Calendar, working: Sequence[TimeSlot], longest_drive: timedelta) -> Iterator[list[TimeSlot]]:
    """Working hours by local day; days with too short a night between them are one."""
    day: list[TimeSlot] = []
    for hours in working:
        if day and _is_apart(calendar, day[-1], hours, longest_drive):
            yield day
            day = []
        day.append(hours)
    if day:
        yield day


def _is_apart(calendar: Calendar, earlier: TimeSlot, later: TimeSlot, longest_drive: timedelta) -> bool:
    other_day = day_of(earlier.start, calendar.zone) != day_of(later.start, calendar.zone)
    return other_day and later.start - earlier.end >= longest_drive


def _between(
    calendar: Calendar, hours: Sequence[TimeSlot], bookings: Sequence[Booking], since: datetime
) -> Iterator[Stretch]:
    """The stretches of a day: before the first booking, between two, and after the last one."""
    zone, grid = calendar.zone, hours[0].start
    midnight = day_at(day_of(grid, zone), zone).start
    start = max(midnight, since) if since < grid else midnight
    end = max(day_at(day_of(hours[-1].start, zone), zone).end, hours[-1].end)
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

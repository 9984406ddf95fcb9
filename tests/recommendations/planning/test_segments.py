"""Segments of a contractor's days. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from assignments.availability import MOMENT, Booking, Calendar, working_time
from contractors.working_week import Shift
from recommendations.planning.segments import Stretch, by_working_day, stretches_of, working_day
from smartscheduler.places import Point
from smartscheduler.timeslots import TimeSlot

CHICAGO, HERE = ZoneInfo("America/Chicago"), Point(30.27, -97.74)
MONDAY, HOUR = date(2026, 6, 1), timedelta(hours=1)


def at(hour: int, days: int = 0) -> datetime:
    return datetime.combine(MONDAY + timedelta(days=days), time(hour), CHICAGO).astimezone(UTC)


def booking(start: int, end: int, days: int = 0) -> Booking:
    return Booking(TimeSlot(at(start, days), at(end, days)), HERE)


def stretches(shifts: list[Shift], *bookings: Booking, drive: timedelta = HOUR) -> list[Stretch]:
    calendar = Calendar(CHICAGO, shifts, bookings=bookings)
    window = TimeSlot(at(0), at(0, days=2))
    return stretches_of(calendar, working_time(calendar, window), drive)


def within(all_stretches: list[Stretch], days: int) -> list[Stretch]:
    return [
        stretch
        for stretch in all_stretches
        if stretch.slot.start.astimezone(CHICAGO).date() == MONDAY + timedelta(days)
    ]


DAYS = [Shift(number, time(8), time(17)) for number in range(7)]


def test_a_day_without_bookings_is_one_segment() -> None:
    (only,) = within(stretches(DAYS), 0)
    assert (only.before, only.after) == (None, None)
    assert only.grid == at(8)
    assert only.slot.contains(TimeSlot(at(8), at(17)))


def test_bookings_cut_the_day() -> None:
    first, second = booking(9, 10), booking(13, 14)
    before, between, after = within(stretches(DAYS, second, first), 0)[:1] + [
        stretch for stretch in stretches(DAYS, second, first) if stretch.before and stretch.slot.start < at(0, 1)
    ]
    assert (before.before, before.after) == (None, first)
    assert (between.before, between.after, between.slot) == (first, second, TimeSlot(at(10), at(13)))
    assert (after.before, after.after) == (second, None)


def test_a_lunch_break_does_not_cut_the_day() -> None:
    shifts = [Shift(number, *hours) for number in range(7) for hours in ((time(8), time(12)), (time(13), time(17)))]
    assert len(within(stretches(shifts), 0)) == 1


def test_days_with_a_short_night_are_one() -> None:
    """A job at the end of one day then decides about the start of the next one."""
    assert len(stretches(DAYS)) == 4
    assert len(stretches(DAYS, drive=timedelta(hours=16))) == 1


NIGHTS = [Shift(number, time(20), time(0)) for number in range(7)] + [
    Shift(number, time(0), time(4)) for number in range(7)
]


@pytest.mark.parametrize(
    ("hour", "days", "expected"),
    [(19, 0, 0), (20, 0, 0), (23, 0, 0), (0, 1, 0), (3, 1, 0), (4, 1, 1), (12, 1, 1), (20, 1, 1), (2, 2, 1)],
)
def test_a_night_shift_belongs_to_the_day_on_which_it_starts(hour: int, days: int, expected: int) -> None:
    working = working_time(Calendar(CHICAGO, NIGHTS), TimeSlot(at(0), at(0, days=2)))
    assert working_day(working, at(hour, days), CHICAGO) == MONDAY + timedelta(days=expected)


def test_work_around_the_clock_has_local_days() -> None:
    shifts = [Shift(number, time(0), time(0)) for number in range(7)]
    working = working_time(Calendar(CHICAGO, shifts), TimeSlot(at(0), at(0, days=2)))
    assert len(working) == 1
    parts = list(by_working_day(working, at(22), at(3, days=2), CHICAGO))
    assert [day for day, _, _ in parts] == [MONDAY + timedelta(days=number) for number in range(3)]
    assert (parts[0][1], parts[-1][2]) == (at(22), at(3, days=2))
    assert all(earlier[2] + MOMENT == later[1] for earlier, later in pairwise(parts))


def test_a_booking_after_hours_around_the_clock_ends_the_segment() -> None:
    """It has the day on which these hours end."""
    shifts = [Shift(number, time(0), time(0)) for number in range(2)] + [Shift(2, time(0), time(12))]
    late = booking(14, 15, days=1)
    assert [stretch.after for stretch in stretches(shifts, late)] == [late, None]


def test_segments_do_not_overlap_with_night_shifts() -> None:
    shifts = [Shift(number, time(20), time(23, 30)) for number in range(7)]
    shifts += [Shift(number, time(0), time(4)) for number in range(7)]
    made = stretches(shifts)
    assert made
    assert all(earlier.slot.end <= later.slot.start for earlier, later in pairwise(made))

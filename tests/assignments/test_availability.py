"""The availability engine, compared with a model that checks every minute."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assignments.availability import Booking, Calendar, free_time, is_free, offered_slots
from assignments.local_time import day_at, local_instant
from contractors.working_week import Shift
from smartscheduler.places import Origin, Point
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, clip
from smartscheduler.travel.routes import Site

SITE = Point(30.27, -97.74)
RULES = Rules.of_settings()
MINUTE, STEP = timedelta(minutes=1), timedelta(minutes=15)
# Weeks in which a clock moves, and one in which none does; half-hour zones, half-hour clock changes.
WEEKS = [
    ("America/New_York", date(2026, 3, 5)),
    ("America/Chicago", date(2026, 10, 29)),
    ("Australia/Lord_Howe", date(2026, 4, 2)),
    ("Australia/Lord_Howe", date(2026, 10, 1)),
    ("Asia/Kolkata", date(2026, 11, 20)),
    ("America/St_Johns", date(2026, 3, 5)),
    ("America/Phoenix", date(2026, 3, 5)),
]
quarters = st.integers(0, 95).map(lambda n: time(n // 4, 15 * (n % 4)))


@st.composite
def shifts(draw: st.DrawFn) -> list[Shift]:
    """A week of shifts that do not overlap; nights as two adjoining shifts among them."""
    week = []
    for day in draw(st.sets(st.integers(0, 6), min_size=1, max_size=4)):
        kind = draw(st.sampled_from(["day", "night", "any"]))
        if kind == "day":
            week.append(Shift(day, time(8), time(17)))
        elif kind == "night":
            week += [Shift(day, time(22), time(0)), Shift((day + 1) % 7, time(0), time(6))]
        else:
            start, end = draw(quarters), draw(quarters)
            shift = Shift(day, start, end)
            if timedelta(0) < shift.ends - shift.starts <= timedelta(hours=16):
                week.append(shift)
    return without_overlaps(week)


def without_overlaps(week: list[Shift]) -> list[Shift]:
    kept: list[Shift] = []
    for shift in sorted(set(week)):
        if not any(k.day_of_week == shift.day_of_week and k.ends > shift.starts for k in kept):
            kept.append(shift)
    return kept


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Calendar, date]:
    zone_name, first = draw(st.sampled_from(WEEKS))
    zone = ZoneInfo(zone_name)
    origin = day_at(first, zone).start

    def span(longest_quarters: int) -> TimeSlot:
        start = origin + STEP * draw(st.integers(-50, 6 * 96))
        return TimeSlot(start, start + STEP * draw(st.integers(1, longest_quarters)))

    absences = [span(200) for _ in range(draw(st.integers(0, 2)))]
    bookings = [
        Booking(span(32), draw(st.sampled_from([SITE, Point(30.5, -97.7), Point(31.0, -97.0)])))
        for _ in range(draw(st.integers(0, 3)))
    ]
    return Calendar(zone, draw(shifts()), absences, bookings), first


@lru_cache(maxsize=100_000)
def wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)


def on_shift(calendar: Any, moment: datetime) -> bool:
    """Whether the clock on the wall says so.

    In the hour that comes twice a shift that ends in it is over when its end comes first, and one that
    begins in it goes on through the second coming.
    """
    local = wall(moment, calendar.zone)
    for shift in calendar.shifts:
        if shift.day_of_week != local.isoweekday() % 7:
            continue
        midnight = datetime.combine(local.date(), time(0))
        starts, ends = midnight + shift.starts, midnight + shift.ends
        if instant_of(starts, calendar.zone) <= moment < instant_of(ends, calendar.zone):
            return True
    return False


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The first minute at which the wall shows `local` or later, found by looking."""
    return first_minute_showing(local, zone)


@lru_cache(maxsize=10_000)
def first_minute_showing(local: datetime, zone: ZoneInfo) -> datetime:
    moment = local.replace(tzinfo=UTC) - timedelta(hours=15)
    while wall(moment, zone).replace(tzinfo=None) < local:
        moment += MINUTE * (60 if local - wall(moment, zone).replace(tzinfo=None) > timedelta(hours=3) else 1)
    return moment


def blocked(calendar: Any, moment: datetime, site: Point | None) -> bool:
    if any(absence.start <= moment < absence.end for absence in calendar.absences):
        return True
    return any(
        booking.slot.start - drive <= moment < booking.slot.end + drive
        for booking in calendar.bookings
        for drive in [Origin(booking.site).drive_to(site, RULES.pace) if site else timedelta(0)]
    )


def minutes_of(slots: list[Any]) -> set[datetime]:
    minutes = set()
    for slot in slots:
        moment = slot.start
        while moment < slot.end:
            minutes.add(moment)
            moment += MINUTE
    return minutes


@settings(max_examples=60)
@given(worlds(), st.booleans())
def test_free_time_is_that_of_looking_at_every_minute(world: Any, with_drive: bool) -> None:
    calendar, first = world
    site = SITE if with_drive else None
    window = TimeSlot(day_at(first, calendar.zone).start, day_at(first + timedelta(days=6), calendar.zone).end)
    model = {m for m in minutes_of([window]) if on_shift(calendar, m) and not blocked(calendar, m, site)}
    assert minutes_of(clip(free_time(calendar, window, Site(site) if site else None, RULES), window)) == model


@settings(max_examples=60)
@given(worlds(), st.integers(0, 6), st.sampled_from([20, 45, 90, 240, 480]))
def test_offered_slots_are_those_of_trying_every_minute(world: Any, offset: int, minutes: Any) -> None:
    calendar, first = world
    window, duration = day_at(first + timedelta(days=offset), calendar.zone), timedelta(minutes=minutes)
    around = TimeSlot(window.start - timedelta(days=1), window.end + timedelta(days=1))
    model = {m for m in minutes_of([around]) if on_shift(calendar, m) and not blocked(calendar, m, SITE)}
    tried = {
        moment
        for moment in minutes_of([window])
        if on_grid(calendar, moment) and minutes_of([TimeSlot(moment, moment + duration)]) <= model
    }
    offered = offered_slots(calendar, window, duration, RULES, site=Site(SITE), not_before=window.start)
    assert [slot.start for slot in offered] == sorted(tried)
    assert all(slot.duration == duration and is_free(calendar, slot, Site(SITE), RULES) for slot in offered)


def on_grid(calendar: Any, moment: datetime) -> bool:
    """Whether `moment` is a whole number of half hours after the start of a shift that it lies in."""
    day = wall(moment, calendar.zone).date()
    for shift in calendar.shifts:
        if shift.day_of_week != day.isoweekday() % 7:
            continue
        start = instant_of(datetime.combine(day, time(0)) + shift.starts, calendar.zone)
        end = instant_of(datetime.combine(day, time(0)) + shift.ends, calendar.zone)
        if start <= moment < end and (moment - start) % timedelta(minutes=30) == timedelta(0):
            return True
    return False


NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 7, 1), 24)])
def test_a_day_has_as_many_hours_as_its_clock_says(day: date, hours: int) -> None:
    assert day_at(day, NEW_YORK).duration == timedelta(hours=hours)


def test_a_skipped_time_is_the_moment_of_the_jump() -> None:
    jump = datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert local_instant(date(2026, 3, 8), timedelta(hours=2, minutes=30), NEW_YORK) == jump


def test_a_time_that_comes_twice_is_the_first() -> None:
    assert local_instant(date(2026, 11, 1), timedelta(hours=1, minutes=30), NEW_YORK) == datetime(
        2026, 11, 1, 5, 30, tzinfo=UTC
    )


@given(st.integers(0, 1440), st.integers(0, 1440), st.sampled_from(WEEKS), st.integers(0, 6))
def test_a_later_time_of_day_is_never_an_earlier_instant(a: int, b: int, week: Any, offset: int) -> None:
    zone, day = ZoneInfo(week[0]), week[1] + timedelta(days=offset)
    first, second = sorted([a, b])
    assert local_instant(day, first * MINUTE, zone) <= local_instant(day, second * MINUTE, zone)


def test_a_night_shift_on_the_short_night_is_an_hour_shorter() -> None:
    calendar = Calendar(NEW_YORK, [Shift(6, time(22), time(0)), Shift(0, time(0), time(6))])
    window = day_at(date(2026, 3, 7), NEW_YORK)
    assert [
        slot.duration
        for slot in clip(
            free_time(calendar, window, None, RULES),
            TimeSlot(window.start, window.end + timedelta(hours=12)),
        )
    ] == [timedelta(hours=7)]


def test_a_slot_that_ends_a_second_after_the_shift_is_not_free() -> None:
    calendar = Calendar(NEW_YORK, [Shift(1, time(8), time(17))])
    end = datetime(2026, 11, 23, 17, tzinfo=NEW_YORK)
    assert is_free(calendar, TimeSlot(end - timedelta(hours=2), end), None, RULES)
    assert not is_free(calendar, TimeSlot(end - timedelta(hours=2), end + timedelta(seconds=1)), None, RULES)

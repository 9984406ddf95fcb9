"""Arrival windows in the availability engine, compared with a model that checks every minute."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from assignments.arrival_windows import nearest_window, next_half_hour, safe_windows, spread
from assignments.availability import Visit, first_free_day, free_time, is_free, offered_slots
from assignments.local_time import day_at
from jobs.arrival import HALF_HOUR, is_half_hour
from smartscheduler.timeslots import TimeSlot, clip
from smartscheduler.travel.routes import Site
from tests.assignments.test_availability import MINUTE, RULES, SITE, STEP, minutes_of, worlds

HOUR = timedelta(hours=1)


@st.composite
def some_window(draw: st.DrawFn, calendar: Any, first: date) -> TimeSlot:
    """On the half hour at the site, at any hour of the week, also across midnight and a change of the clock."""
    start = next_half_hour(day_at(first, calendar.zone).start + STEP * draw(st.integers(-20, 6 * 96)), calendar.zone)
    return TimeSlot(start, start + HALF_HOUR * draw(st.integers(2, 8)))


def possible_starts(calendar: Any, window: TimeSlot, duration: timedelta) -> set[datetime]:
    """Minutes of the window, both ends included, from which all minutes of the work are free without a window."""
    around = TimeSlot(window.start - 24 * HOUR, window.end + 24 * HOUR)
    free = minutes_of(clip(free_time(calendar, around, Site(SITE), RULES), around))
    minutes = int((window.end - window.start) / MINUTE)
    starts = (window.start + minute * MINUTE for minute in range(minutes + 1))
    return {start for start in starts if all(start + n * MINUTE in free for n in range(int(duration / MINUTE)))}


@settings(max_examples=60)
@given(worlds(), st.data())
def test_a_start_in_the_window_is_free_exactly_when_all_minutes_are(world: Any, data: st.DataObject) -> None:
    calendar, first = world
    window = data.draw(some_window(calendar, first))
    duration = data.draw(st.sampled_from([25 * MINUTE, 90 * MINUTE, 4 * HOUR]))
    possible = possible_starts(calendar, window, duration)
    promised = calendar.for_job(None, TimeSlot(window.start, window.end + duration))
    minutes = int((window.end - window.start) / MINUTE)
    for start in (window.start + minute * MINUTE for minute in range(-2, minutes + 3)):
        slot = TimeSlot(start, start + duration)
        assert is_free(promised, slot, Site(SITE), RULES) == (start in possible)


@settings(max_examples=60)
@given(worlds(), st.data())
def test_offers_the_starts_of_the_grid_that_lie_in_the_window(world: Any, data: st.DataObject) -> None:
    calendar, first = world
    window = data.draw(some_window(calendar, first))
    duration = data.draw(st.sampled_from([25 * MINUTE, 90 * MINUTE, 4 * HOUR]))
    promised = calendar.for_job(None, TimeSlot(window.start, window.end + duration))
    days = [day_at(first + timedelta(days=later), calendar.zone) for later in range(-1, 8)]
    span, since = TimeSlot(days[0].start, days[-1].end), days[0].start
    anywhere = offered_slots(calendar, span, duration, RULES, site=Site(SITE), not_before=since)
    offered = offered_slots(promised, span, duration, RULES, site=Site(SITE), not_before=since)
    assert offered == [slot for slot in anywhere if window.start <= slot.start <= window.end]
    free = first_free_day(promised, Visit(duration, Site(SITE), days, since, RULES, -1))
    assert (free is None) == (not offered)
    if free:
        day = offered[0].start.astimezone(calendar.zone).date()
        assert free.days == (day - first).days
        assert free.slots == [slot for slot in offered if slot.start.astimezone(calendar.zone).date() == day]


@settings(max_examples=60)
@given(worlds(), st.data())
def test_a_safe_window_is_one_of_which_every_minute_can_be_the_start(world: Any, data: st.DataObject) -> None:
    calendar, first = world
    duration = data.draw(st.sampled_from([25 * MINUTE, 90 * MINUTE, 4 * HOUR]))
    length = HALF_HOUR * data.draw(st.integers(2, 8))
    day = day_at(first + timedelta(days=data.draw(st.integers(0, 5))), calendar.zone)
    free = free_time(calendar, day, Site(SITE), RULES)
    safe = {
        window.start
        for window in safe_windows(free, duration, length, calendar.zone)
        if day.start <= window.start < day.end
    }
    start = next_half_hour(day.start, calendar.zone)
    while start < day.end:
        window = TimeSlot(start, start + length)
        minutes = int(length / MINUTE) + 1
        assert (start in safe) == (len(possible_starts(calendar, window, duration)) == minutes)
        start += HALF_HOUR


@given(st.integers(-300, 300), st.integers(-300, 300), st.integers(2, 8))
def test_the_nearest_window_is_the_least_move_that_contains_a_start(first: int, second: int, half_hours: int) -> None:
    window = TimeSlot(ORIGIN, ORIGIN + half_hours * HALF_HOUR)
    starts = [ORIGIN + first * 7 * MINUTE, ORIGIN + second * 11 * MINUTE]
    moves = [
        steps
        for steps in sorted(range(-400, 400), key=lambda steps: (abs(steps), steps))
        if any(window.start + steps * HALF_HOUR <= start <= window.end + steps * HALF_HOUR for start in starts)
    ]
    assert nearest_window(window, starts) == TimeSlot(
        window.start + moves[0] * HALF_HOUR, window.end + moves[0] * HALF_HOUR
    )


ORIGIN = day_at(date(2026, 11, 2), ZoneInfo("America/Chicago")).start


@given(st.integers(0, 3 * 24 * 60), st.sampled_from(["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]))
def test_half_hours_are_those_of_the_clock_on_the_wall(minute: int, zone: str) -> None:
    moment = day_at(date(2026, 3, 7), ZoneInfo(zone)).start + minute * MINUTE
    rounded = next_half_hour(moment, ZoneInfo(zone))
    assert is_half_hour(rounded, ZoneInfo(zone))
    assert 0 * MINUTE <= rounded - moment < HALF_HOUR


def test_windows_spread_without_overlap_around_the_wanted_time() -> None:
    windows = [TimeSlot(ORIGIN + n * HALF_HOUR, ORIGIN + n * HALF_HOUR + 2 * HOUR) for n in range(16, 26)]
    hours = [(window.start - ORIGIN) / HOUR for window in spread(windows, ORIGIN + 10 * HOUR, 3)]
    assert hours == [8, 10, 12]
    assert spread([], ORIGIN, 3) == []

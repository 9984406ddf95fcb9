"""Arrival windows in the availability engine, compared with a model that checks every minute."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from assignments.arrival_windows import nearest_window, next_half_hour, safe_windows, spread
from assignments.availability import Visit, first_free_day, free_time, is_free, offered_slots
from assignments.local_time import day_at
from jobs.arrival import HALF_HOUR, is_half_hour
from jobs.requirements import JobRequest
from recommendations.search.query import RankingQuery
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import Site
from tests.assignments.test_availability import (
    MINUTE,
    RULES,
    SITE,
    STEP,
    blocked,
    minutes_of,
    on_grid,
    on_shift,
    worlds,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DURATIONS = st.sampled_from([25 * MINUTE, 90 * MINUTE, 4 * HOUR])


@st.composite
def some_window(draw: st.DrawFn, calendar: Any, first: date, zone: ZoneInfo | None = None) -> TimeSlot:
    """On the half hour at the site: at any hour of the week, in a night, around a change of the clock, or a booking."""
    zone, origin = zone or calendar.zone, day_at(first, calendar.zone).start
    centers = {
        "any": [origin + STEP * draw(st.integers(-20, 6 * 96))],
        "night": [day_at(first + n * DAY, zone).start for n in range(6)],
        "clock": clock_changes(zone, origin),
        "booking": [moment for booking in calendar.bookings for moment in booking.slot],
    }
    kind = draw(st.sampled_from([kind for kind, moments in centers.items() if moments]))
    start = next_half_hour(draw(st.sampled_from(centers[kind])) + STEP * draw(st.integers(-24, 8)), zone)
    return TimeSlot(start, start + HALF_HOUR * draw(st.integers(2, 8)))


def clock_changes(zone: ZoneInfo, since: datetime) -> list[datetime]:
    """Instants of a week at which the clock in `zone` is set."""
    hours = [since.astimezone(UTC) + HALF_HOUR * n for n in range(7 * 48)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]


def free_minutes(calendar: Any, since: datetime, until: datetime) -> set[datetime]:
    """The minutes that are on shift, and neither absent nor blocked by a booking and its drives."""
    minutes = minutes_of([TimeSlot(since, until)])
    return {minute for minute in minutes if on_shift(calendar, minute) and not blocked(calendar, minute, SITE)}


def starts_among(free: Collection[datetime], window: TimeSlot, duration: timedelta) -> set[datetime]:
    """Minutes of the window, both ends included, from which all minutes of the work are free."""
    length = int(duration / MINUTE)
    starts, run, moment = set(), 0, window.end + duration - MINUTE
    while moment >= window.start:
        run = run + 1 if moment in free else 0
        if run >= length and moment <= window.end:
            starts.add(moment)
        moment -= MINUTE
    return starts


def possible_starts(calendar: Any, window: TimeSlot, duration: timedelta) -> set[datetime]:
    return starts_among(free_minutes(calendar, window.start, window.end + duration), window, duration)


@settings(max_examples=60)
@given(worlds(), st.data())
def test_a_start_in_the_window_is_free_exactly_when_all_minutes_are(world: Any, data: st.DataObject) -> None:
    calendar, first = world
    window = data.draw(some_window(calendar, first))
    duration = data.draw(DURATIONS)
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
    duration = data.draw(DURATIONS)
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
    duration = data.draw(DURATIONS)
    length = HALF_HOUR * data.draw(st.integers(2, 8))
    day = day_at(first + timedelta(days=data.draw(st.integers(0, 5))), calendar.zone)
    free = free_time(calendar, day, Site(SITE), RULES)
    safe = {
        window.start
        for window in safe_windows(free, duration, length, calendar.zone)
        if day.start <= window.start < day.end
    }
    by_minute = free_minutes(calendar, day.start, day.end + length + duration)
    start = next_half_hour(day.start, calendar.zone)
    while start < day.end:
        window = TimeSlot(start, start + length)
        minutes = int(length / MINUTE) + 1
        assert (start in safe) == (len(starts_among(by_minute, window, duration)) == minutes)
        start += HALF_HOUR


SITES = ["America/Chicago", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata"]


@settings(max_examples=60)
@given(worlds(), st.data())
def test_a_ranking_finds_the_starts_of_the_window_wherever_contractor_and_site_are(
    world: Any, data: st.DataObject
) -> None:
    calendar, first = world
    site = ZoneInfo(data.draw(st.sampled_from([*SITES, calendar.zone.key])))
    window, duration = data.draw(some_window(calendar, first, site)), data.draw(DURATIONS)
    desired = window.start + HOUR * data.draw(st.integers(-40, 40))
    now = window.start + STEP * data.draw(st.integers(-300, 8))
    request = JobRequest(
        type="tile", desired_date=desired, point=SITE, time_zone=site.key, duration=duration, arrival=window
    )
    search = RankingQuery.of(request, RULES, now=now, site=Site(SITE))
    candidate = search.candidate(search.contender(UUID(int=1), "Ann", 500, 0.0, 10_000), calendar)
    possible = possible_starts(calendar, window, duration)
    starts = sorted(start for start in possible if start >= now and on_grid(calendar, start))
    assert (candidate is None) == (not starts)
    if candidate:
        day = starts[0].astimezone(site).date()
        assert candidate.free.days == (day - desired.astimezone(site).date()).days
        assert list(candidate.free.starts) == [start for start in starts if start.astimezone(site).date() == day]
        assert candidate.free.days <= 0 or candidate.score.availability == max(0, 10_000 - 1_000 * candidate.free.days)


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

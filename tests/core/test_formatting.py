"""Times, dates and durations as text, with both clocks."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
import time_machine
from asgiref.sync import sync_to_async

from smartscheduler.core.formatting import (
    Clock,
    active_clock,
    calendar_day,
    exact_time,
    hour_of_axis,
    hours_and_minutes,
    hours_of_day,
    local_day,
    local_hours,
    local_slot,
    local_time,
    long_day,
    reading_clock,
    relative,
    rough_duration,
    short_day,
    time_of_day,
    time_of_minute,
)
from smartscheduler.timeslots import TimeSlot

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")
TWELVE, TWENTY_FOUR = Clock.TWELVE_HOURS, Clock.TWENTY_FOUR_HOURS


def slot(start: datetime, **length: float) -> TimeSlot:
    return TimeSlot(start, start + timedelta(**length))


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "0 min"),
        (timedelta(minutes=45), "45 min"),
        (timedelta(minutes=60), "1 h"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(hours=24), "24 h"),
        (timedelta(minutes=20, seconds=15), "20 min 15 s"),
    ],
)
def test_hours_and_minutes(duration: timedelta, text: str) -> None:
    assert hours_and_minutes(duration) == text


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (None, "–"),
        (timedelta(seconds=89.4), "89 s"),
        (timedelta(seconds=90), "2 min"),
        (timedelta(minutes=75, seconds=20), "1 h 15 min"),
        (timedelta(hours=47, minutes=59), "47 h 59 min"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=3, hours=4, minutes=40), "3 d 5 h"),
    ],
)
def test_rough_durations(duration: timedelta | None, text: str) -> None:
    assert rough_duration(duration) == text


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (timedelta(seconds=29), "just now"),
        (timedelta(seconds=50), "in 1 min"),
        (timedelta(minutes=59), "in 59 min"),
        (timedelta(minutes=89), "in 1 h"),
        (timedelta(minutes=90), "in 2 h"),
        (timedelta(hours=23), "in 23 h"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(hours=36), "in 2 days"),
        (timedelta(seconds=-29), "just now"),
        (timedelta(seconds=-50), "1 min ago"),
        (timedelta(hours=-1), "1 h ago"),
        (timedelta(hours=-23, minutes=-40), "1 day ago"),
        (timedelta(days=-21), "21 days ago"),
    ],
)
def test_relative_times(ahead: timedelta, text: str) -> None:
    assert relative(NOW + ahead, NOW) == text


@pytest.mark.parametrize(
    ("minute", "twelve", "twenty_four"),
    [
        (0, "12:00 AM", "00:00"),
        (59, "12:59 AM", "00:59"),
        (570, "9:30 AM", "09:30"),
        (720, "12:00 PM", "12:00"),
        (1439, "11:59 PM", "23:59"),
        (1440, "12:00 AM", "24:00"),
    ],
)
def test_minutes_of_the_day(minute: int, twelve: str, twenty_four: str) -> None:
    assert (time_of_minute(minute, TWELVE), time_of_minute(minute, TWENTY_FOUR)) == (twelve, twenty_four)


@pytest.mark.parametrize(
    ("start", "end", "twelve", "twenty_four"),
    [
        (540, 660, "9:00–11:00 AM", "09:00–11:00"),
        (660, 780, "11:00 AM–1:00 PM", "11:00–13:00"),
        (660, 720, "11:00 AM–12:00 PM", "11:00–12:00"),
        (1200, 1440, "8:00 PM–12:00 AM", "20:00–24:00"),
        (0, 480, "12:00–8:00 AM", "00:00–08:00"),
        (0, 1440, "12:00 AM–12:00 AM", "00:00–24:00"),
    ],
)
def test_am_and_pm_stand_once_if_both_ends_have_the_same(start: int, end: int, twelve: str, twenty_four: str) -> None:
    assert (hours_of_day(start, end, TWELVE), hours_of_day(start, end, TWENTY_FOUR)) == (twelve, twenty_four)


def test_seconds_are_shown_if_there_are_any() -> None:
    assert (time_of_day(time(8, 0, 30), TWELVE), time_of_day(time(8, 0, 30), TWENTY_FOUR)) == ("8:00:30 AM", "08:00:30")
    with time_machine.travel(NOW, tick=False):
        assert exact_time(NOW, UTC, TWELVE) == "Tue, Nov 24, 3:00:00 PM UTC"
        assert exact_time(NOW, UTC, TWENTY_FOUR) == "Tue, Nov 24, 15:00:00 UTC"


def test_hours_of_an_axis_are_short() -> None:
    assert [hour_of_axis(hour, TWELVE) for hour in (0, 8, 12, 20, 24)] == ["12 AM", "8 AM", "12 PM", "8 PM", "12 AM"]
    assert [hour_of_axis(hour, TWENTY_FOUR) for hour in (0, 8, 24)] == ["00", "08", "24"]


def test_a_date_has_its_year_unless_it_is_this_one() -> None:
    with time_machine.travel(NOW, tick=False):
        assert local_day(NOW, UTC) == "Tue, Nov 24"
        assert local_day(NOW + timedelta(days=60), UTC) == "Sat, Jan 23, 2027"
    assert calendar_day(date(2027, 1, 23), NOW) == "Sat, Jan 23, 2027"
    assert (long_day(NOW), short_day(NOW.date())) == ("Tuesday, November 24", "Tue, Nov 24")


def test_an_instant_has_the_zone_of_its_place() -> None:
    with time_machine.travel(NOW, tick=False):
        assert local_time(NOW, CHICAGO, TWELVE) == "Tue, Nov 24, 9:00 AM CST"
        assert local_time(NOW, CHICAGO, TWENTY_FOUR) == "Tue, Nov 24, 09:00 CST"


@pytest.mark.parametrize(
    ("hours", "twelve", "twenty_four"),
    [
        (2, "3:00–5:00 PM UTC", "15:00–17:00 UTC"),
        (9, "3:00 PM–12:00 AM UTC", "15:00–24:00 UTC"),
        (12, "3:00 PM–Wed 3:00 AM UTC", "15:00–Wed 03:00 UTC"),
        (33, "3:00 PM–Thu 12:00 AM UTC", "15:00–Thu 00:00 UTC"),
    ],
)
def test_a_slot_past_midnight_names_the_day_of_its_end(hours: int, twelve: str, twenty_four: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert local_slot(slot(NOW, hours=hours), UTC, TWELVE) == f"Tue, Nov 24, {twelve}"
        assert local_slot(slot(NOW, hours=hours), UTC, TWENTY_FOUR) == f"Tue, Nov 24, {twenty_four}"


def test_a_slot_over_a_clock_change_names_both_zones() -> None:
    first = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)  # the first of two times at 1:30 AM in Chicago
    assert local_hours(slot(first, hours=1), CHICAGO, TWELVE) == "1:30 AM CDT–1:30 AM CST"
    with time_machine.travel(NOW, tick=False):
        assert local_slot(slot(first, hours=1), CHICAGO, TWELVE) == "Sun, Nov 1, 1:30 AM CDT–1:30 AM CST"


class TestReadingClock:
    def test_is_the_default_outside(self) -> None:
        assert active_clock() == TWELVE
        with reading_clock(lambda: TWENTY_FOUR):
            assert (active_clock(), time_of_minute(570)) == (TWENTY_FOUR, "09:30")
        assert (active_clock(), time_of_minute(570)) == (TWELVE, "9:30 AM")

    def test_is_reset_after_an_error(self) -> None:
        with pytest.raises(ZeroDivisionError), reading_clock(lambda: TWENTY_FOUR):
            _ = 1 / 0
        assert active_clock() == TWELVE

    def test_is_that_of_the_inner_reader(self) -> None:
        with reading_clock(lambda: TWENTY_FOUR):
            with reading_clock(lambda: TWELVE):
                assert active_clock() == TWELVE
            assert active_clock() == TWENTY_FOUR

    def test_is_not_seen_by_other_threads(self) -> None:
        with ThreadPoolExecutor(1) as thread, reading_clock(lambda: TWENTY_FOUR):
            assert thread.submit(active_clock).result() == TWELVE

    def test_is_not_seen_by_other_coroutines(self) -> None:
        async def both() -> list[tuple[str, str]]:
            is_set = asyncio.Barrier(2)

            async def read(clock: Callable[[], Clock]) -> tuple[str, str]:
                with reading_clock(clock):
                    await is_set.wait()  # both are inside now
                    # A synchronous view runs in a thread with the context of its request.
                    return time_of_minute(570), await sync_to_async(time_of_minute)(570)

            return list(await asyncio.gather(read(lambda: TWENTY_FOUR), read(lambda: TWELVE)))

        assert asyncio.run(both()) == [("09:30", "09:30"), ("9:30 AM", "9:30 AM")]

    def test_caches_do_not_mix_the_clocks(self) -> None:
        for clock, text in [(TWELVE, "1:00 PM"), (TWENTY_FOUR, "13:00"), (TWELVE, "1:00 PM")]:
            with reading_clock(partial(Clock, clock)):
                assert time_of_minute(780) == text

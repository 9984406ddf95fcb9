"""Durations and dates as readable text."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from smartscheduler.core.formatting import ago, hours_and_minutes, local_day, local_slot
from smartscheduler.timeslots import TimeSlot

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0 min"), (45, "45 min"), (60, "1 h"), (90, "1 h 30 min"), (24 * 60, "24 h")]
)
def test_hours_and_minutes(minutes: int, text: str) -> None:
    assert hours_and_minutes(timedelta(minutes=minutes)) == text


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=29), "just now"),
        (timedelta(seconds=50), "a minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=1), "an hour ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "a day ago"),
        (timedelta(days=21), "21 days ago"),
    ],
)
def test_time_since(back: timedelta, text: str) -> None:
    assert ago(NOW - back, NOW) == text


def test_a_date_has_its_year_unless_it_is_this_one() -> None:
    with time_machine.travel(NOW, tick=False):
        assert local_day(NOW, UTC) == "Tue, Nov 24"
        assert local_day(NOW + timedelta(days=60), UTC) == "Sat, Jan 23, 2027"


def test_a_slot_past_midnight_names_the_day_of_its_end() -> None:
    with time_machine.travel(NOW, tick=False):
        assert local_slot(TimeSlot(NOW, NOW + timedelta(hours=2)), UTC) == "Tue, Nov 24, 15:00–17:00 UTC"
        assert local_slot(TimeSlot(NOW, NOW + timedelta(hours=12)), UTC) == "Tue, Nov 24, 15:00–Wed 03:00 UTC"

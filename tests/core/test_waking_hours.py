"""The hours of the day in which messages go out, also over clock changes."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.waking_hours import WakingHours

HOURS = WakingHours(time(8), time(21))
CHICAGO = ZoneInfo("America/Chicago")


def there(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        ("2026-12-01T07:59", "2026-12-01T08:00"),
        ("2026-12-01T08:00", "2026-12-01T08:00"),
        ("2026-12-01T20:59:59", "2026-12-01T20:59:59"),
        ("2026-12-01T21:00", "2026-12-02T08:00"),
        ("2026-12-31T23:30", "2027-01-01T08:00"),
        # The nights in which the clocks change.
        ("2027-03-13T22:00", "2027-03-14T08:00"),
        ("2027-11-07T01:30", "2027-11-07T08:00"),
    ],
)
def test_a_message_waits_for_the_morning(moment: str, first: str) -> None:
    assert HOURS.first(there(moment), CHICAGO) == there(first)


@pytest.mark.parametrize(
    ("visit", "reminder"),
    [
        ("2026-12-02T09:00", "2026-12-01T09:00"),
        ("2026-12-02T06:00", "2026-12-01T08:00"),
        ("2026-12-02T23:00", "2026-12-01T20:59"),
        ("2027-03-14T10:00", "2027-03-13T10:00"),
        ("2027-01-01T00:00", "2026-12-31T08:00"),
    ],
)
def test_a_reminder_comes_on_the_day_before(visit: str, reminder: str) -> None:
    assert HOURS.last_on_day_before(there(visit), CHICAGO) == there(reminder)


@given(
    st.integers(min_value=0, max_value=2 * 366 * 24 * 60),
    st.sampled_from(["America/Chicago", "America/Phoenix", "Pacific/Auckland", "America/St_Johns"]),
)
def test_the_first_moment_is_awake(minutes: int, name: str) -> None:
    zone, moment = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    first = HOURS.first(moment, zone)
    assert first >= moment
    assert HOURS.begin <= first.astimezone(zone).time() < HOURS.end
    assert HOURS.first(first, zone) == first
    assert first == moment or first.astimezone(zone).time() == HOURS.begin


@pytest.mark.parametrize(
    "text", ["", "8", "08:00", "21:00-08:00", "08:00-08:00", "08:00-25:00", "08:00Z-21:00Z", "a-b"]
)
def test_other_texts_are_no_hours(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        WakingHours.of(text)


def test_hours_are_read_from_text() -> None:
    assert WakingHours.of("08:00-21:00") == HOURS
    assert WakingHours.of(" 07:30 - 20:15 ") == (time(7, 30), time(20, 15))

"""Reading of a later moment: a length of time or a time of day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.later import read_later

CHICAGO = ZoneInfo("America/Chicago")
# 3:00 PM in Chicago.
END = datetime(2026, 11, 24, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("25 min", 25),
        ("1 h 30 min", 90),
        ("1h", 60),
        ("0.5", 30),
        ("3:30 PM", 30),
        ("until 3:30p", 30),
        ("by 3:30", 30),
        ("15:30", 30),
        ("4pm", 60),
        ("3:00 PM", 24 * 60),
        ("12:30 am", 9 * 60 + 30),
        ("0:15", 9 * 60 + 15),
        ("Noon", 21 * 60),
        ("2:59", 11 * 60 + 59),
    ],
)
def test_a_length_of_time_or_the_next_such_time_of_day(text: str, minutes: int) -> None:
    assert read_later(text, after=END, zone=CHICAGO) == END + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "soon", "25", "25:00", "3:60 PM", "13 PM", "0 AM", "1 h or so", "9" * 41, "-5 min"]
)
def test_other_text_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UnreadableText, match="25 min, 1 h 30 min or 3:30 PM"):
        read_later(text, after=END, zone=CHICAGO)

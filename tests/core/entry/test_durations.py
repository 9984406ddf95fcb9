"""Lengths of time as people type them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.durations import read_duration, write_duration


@given(st.integers(0, 100 * 3600))
def test_a_written_duration_is_read_as_the_same(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert read_duration(write_duration(duration)) == duration


@given(
    st.integers(0, 99),
    st.integers(0, 59),
    st.sampled_from(["{}:{:02}", "{} h {} min", "{}h{}m", "{} hours and {} minutes"]),
)
def test_every_notation_of_hours_and_minutes(hours: int, minutes: int, notation: str) -> None:
    assert read_duration(notation.format(hours, minutes)) == timedelta(hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2h", 120),
        ("2 H", 120),
        ("2:30", 150),
        ("PT2H30M", 150),
        ("pt90m", 90),
        ("90 min", 90),
        ("90m", 90),
        ("1.5", 90),
        (".5", 30),
        ("1.5 h", 90),
        ("1.25 hrs.", 75),
        ("1 h 30 min", 90),
        ("1h30", 90),
        (" 2 ", 120),
        ("2 h, 5 min", 125),
        ("02:30:00", 150),
    ],
)
def test_a_duration_as_people_type_it(text: str, minutes: int) -> None:
    assert read_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "soon",
        "2:60",
        "-1",
        "1 day",
        "P1D",
        "PT",
        "2,5",
        "2 h 2 h",
        "30 min 2 h",
        "1 h 90 min",
        "1 h 30 min 5",
        "2 1",
        "½",
        "1.00001",
        "9" * 41,
    ],
)
def test_no_duration(text: str) -> None:
    with pytest.raises(UnreadableText, match=r"for example 2 h, 2:30, 90 min or 1\.5"):
        read_duration(text)


def test_a_large_number_needs_its_unit() -> None:
    with pytest.raises(UnreadableText, match=r"Add the unit: 90 min or 90 h\."):
        read_duration("90")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        duration = read_duration(text)
    except UnreadableText as refusal:
        assert str(refusal)
    else:
        assert duration >= timedelta(0)

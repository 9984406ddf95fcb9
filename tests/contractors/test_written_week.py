"""Working hours as people type them."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractors.working_week import Shift, check_week
from contractors.written_week import read_week
from smartscheduler.core.entry import UnreadableText


def week(days: range | list[int], *hours: tuple[int, int]) -> list[Shift]:
    return [Shift(day, time(start), time(end % 24)) for day in days for start, end in hours]


@pytest.mark.parametrize(
    ("text", "shifts"),
    [
        ("Mon–Fri 8–5", week(range(1, 6), (8, 17))),
        ("mon to fri: 8am to 5pm", week(range(1, 6), (8, 17))),
        ("M-F 8-5", week(range(1, 6), (8, 17))),
        ("weekdays 8-12, 1-5", week(range(1, 6), (8, 12), (13, 17))),
        ("Mon, Wed, Fri 9-1", week([1, 3, 5], (9, 13))),
        ("Mon-Fri 8-5, Sat 9-1", week(range(1, 6), (8, 17)) + week([6], (9, 13))),
        ("Mon-Fri 8-5; Sat 9-1", week(range(1, 6), (8, 17)) + week([6], (9, 13))),
        ("daily 6-2", week(range(7), (6, 14))),
        ("Sat 7-7", week([6], (7, 19))),
        ("Sat 12-5", week([6], (12, 17))),
        ("Mon 08:00-17:00", week([1], (8, 17))),
        ("Mon 20:00-24:00; Tue 00:00-04:00", week([1], (20, 24)) + week([2], (0, 4))),
    ],
)
def test_a_week_as_people_type_it(text: str, shifts: list[Shift]) -> None:
    assert read_week(text, assumes_daytime=True) == shifts


@given(st.integers(0, 6), st.integers(0, 22), st.integers(1, 23))
def test_two_digits_are_on_the_24_hour_clock(day: int, start: int, length: int) -> None:
    end = min(start + length, 24)
    text = f"{['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][day]} {start:02}:00-{end:02}:00"
    assert read_week(text) == read_week(text, assumes_daytime=True) == week([day], (start, end))


@pytest.mark.parametrize(
    "text",
    [
        "8-5",
        "Mon",
        "Mon 8",
        "Mon 8-5-6",
        "Moon 8-5",
        "Mon 25-26",
        "Mon 24:00-24:00",
        "Mon 8:60-9",
        "Mon8-5",
        ",",
        "Mon 13pm-2pm",
    ],
)
def test_no_week(text: str) -> None:
    with pytest.raises(UnreadableText, match="Use"):
        read_week(text, assumes_daytime=True)


def test_without_the_assumption_a_day_does_not_end_before_it_starts() -> None:
    with pytest.raises(UnreadableText, match="ends before it starts"):
        read_week("Mon 8-5")
    with pytest.raises(UnreadableText, match="Mon 22:00-24:00; Tue 00:00-06:00"):
        read_week("Mon 22:00-06:00", assumes_daytime=True)


def test_no_week_has_more_than_200_shifts() -> None:
    with pytest.raises(UnreadableText, match="at most 200 shifts"):
        read_week("daily 8-9; " * 30)


@given(st.text(max_size=200) | st.text("MonTueFri 0123456789:-–,;apm", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        shifts = read_week(text, assumes_daytime=True)
    except UnreadableText as refusal:
        assert str(refusal)
    else:
        assert all(0 <= shift.day_of_week <= 6 for shift in shifts)


def test_a_usual_week_is_accepted() -> None:
    assert check_week(read_week("Mon–Fri 8–5", assumes_daytime=True))

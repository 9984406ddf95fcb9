"""Interval arithmetic, compared with sets of minutes."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.timeslots import TimeSlot, clip, containing, union, without

ORIGIN = datetime(2026, 3, 1, tzinfo=UTC)


def slot(start: int, end: int) -> TimeSlot:
    return TimeSlot(ORIGIN + timedelta(minutes=start), ORIGIN + timedelta(minutes=end))


slots = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda pair: slot(pair[0], pair[0] + pair[1])), max_size=8
)


def minutes(some: list[TimeSlot]) -> set[int]:
    return {
        n
        for each in some
        for n in range(int((each.start - ORIGIN).total_seconds() // 60), int((each.end - ORIGIN).total_seconds() // 60))
    }


def is_normal(some: list[TimeSlot]) -> bool:
    return all(a.end < b.start for a, b in itertools.pairwise(some))


@given(slots)
def test_union_is_the_same_time_in_normal_form(some: list[TimeSlot]) -> None:
    assert minutes(union(some)) == minutes(some)
    assert is_normal(union(some))


@given(slots, slots)
def test_subtract_leaves_what_is_in_no_hole(some: list[TimeSlot], holes: list[TimeSlot]) -> None:
    left = without(union(some), union(holes))
    assert minutes(left) == minutes(some) - minutes(holes)
    assert is_normal(left)


@given(slots, st.integers(0, 40), st.integers(1, 40))
def test_clip_keeps_what_is_inside(some: list[TimeSlot], start: int, length: int) -> None:
    window = slot(start, start + length)
    assert minutes(clip(some, window)) == minutes(some) & minutes([window])


@given(slots, st.integers(0, 40), st.integers(1, 40))
def test_containing_finds_the_stretch_that_holds_all(some: list[TimeSlot], start: int, length: int) -> None:
    stretch = slot(start, start + length)
    assert (containing(union(some), stretch) is not None) == (minutes([stretch]) <= minutes(some))


def test_neighbors_do_not_overlap() -> None:
    assert not slot(0, 10).overlaps(slot(10, 20))
    assert slot(0, 11).overlaps(slot(10, 20))


@pytest.mark.parametrize("end", [0, -5])
def test_refuses_an_empty_or_reversed_slot(end: int) -> None:
    with pytest.raises(ValueError, match="must start before it ends"):
        slot(0, end)


def test_refuses_instants_without_a_zone() -> None:
    with pytest.raises(ValueError, match="with a time zone"):
        TimeSlot(datetime(2026, 1, 1), datetime(2026, 1, 2))  # noqa: DTZ001

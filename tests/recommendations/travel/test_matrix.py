"""Plausibility checks of road distances."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.travel.matrix import Refusal, answer
from smartscheduler.places import Point, great_circle_miles
from smartscheduler.travel.estimates import NewEstimate
from tests.recommendations.travel.places import SITE, base

MILE = 1609.344
STRAIGHT = great_circle_miles(base(5), SITE)


def judge(miles: float, minutes: float, slow: Any = None) -> NewEstimate | Refusal:
    return answer("google_routes", base(5), SITE, miles * MILE, minutes * 60, slow)


def estimate(judged: NewEstimate | Refusal) -> NewEstimate:
    assert isinstance(judged, NewEstimate)
    return judged


def test_minutes_are_whole_and_rounded_up() -> None:
    assert estimate(judge(STRAIGHT * 1.3, 20.01)).minutes == 21
    slow = answer("x", base(5), SITE, STRAIGHT * 2000, 1200, 1500.5)
    assert estimate(slow).pessimistic_minutes == 26


def test_a_little_shorter_than_the_straight_line_is_the_straight_line() -> None:
    """Points are moved to the nearest road."""
    assert estimate(judge(STRAIGHT - 0.2, 15)).miles == STRAIGHT


@pytest.mark.parametrize(
    ("miles", "minutes", "reason"),
    [
        (STRAIGHT - 1, 15, "shorter_than_straight_line"),
        (STRAIGHT * 10 + 60, 500, "absurd_detour"),
        (STRAIGHT * 1.3, 3, "too_fast"),
        (STRAIGHT * 1.3, 60 * 24 * 6, "too_slow"),
        (STRAIGHT * 1.3, 60 * 12, "too_slow"),
        (-3, 15, "negative"),
        (8, -15, "negative"),
    ],
)
def test_is_refused_by_name(miles: float, minutes: int, reason: str) -> None:
    assert judge(miles, minutes) == Refusal(reason)


@pytest.mark.parametrize("value", [None, "7", [], {}, True, math.nan, math.inf])
def test_what_is_no_number_is_refused(value: Any) -> None:
    assert answer("x", base(5), SITE, value, 900) == Refusal("not_a_number")
    assert answer("x", base(5), SITE, 9000, value) == Refusal("not_a_number")


@given(
    st.floats(-80, 80),
    st.floats(-179, 179),
    st.floats(-80, 80),
    st.floats(-179, 179),
    st.floats(0, 5e7),
    st.floats(0, 1e6),
)
def test_whatever_is_believed_is_no_shorter_than_the_straight_line(
    a: float, b: float, c: float, d: float, meters: float, seconds: float
) -> None:
    here, there = Point(a, b), Point(c, d)
    estimate = answer("x", here, there, meters, seconds)
    if isinstance(estimate, NewEstimate):
        assert estimate.miles >= great_circle_miles(here, there)
        assert 0 <= estimate.minutes <= 5 * 24 * 60

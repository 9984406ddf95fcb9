"""What a provider says of a drive, and whether it can be believed. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from smartscheduler.places import Point, great_circle_miles
from smartscheduler.travel.estimates import NewEstimate
from smartscheduler.travel.routes import LONGEST_DRIVE_MINUTES

METERS_A_MILE = 1609.344
# Providers move a point to the nearest road, and measure the earth a little differently.
SNAPPED_MILES, SNAPPED_SHARE = 0.3, 0.02
# A detour around a bay or a mountain is long; a distance in feet, or one to the wrong town, is longer.
DETOUR_MILES, DETOUR_FACTOR = 50.0, 10.0
# On average, and only where there is room to drive: nobody is faster, or slower than on foot.
MOST_MPH, LEAST_MPH = 90.0, 1.0
A_WAY_MILES, A_WHILE_MINUTES = 1.0, 60.0


@dataclass(frozen=True)
class Refusal:
    """No estimate for this drive, and the name of the reason: `no_road`, `negative`, `shorter_than_straight_line` …"""

    reason: str
    nonsense: bool = True


NO_ROAD = Refusal("no_road", nonsense=False)
MISSING = Refusal("missing")
Answer = NewEstimate | Refusal
# A row for each origin, a column for each destination.
Matrix = list[list[Answer]]


def answer(
    source: str, origin: Point, destination: Point, meters: Any, seconds: Any, slow_seconds: Any = None
) -> Answer:
    """The estimate that these numbers make, or why they make none."""
    if not all(map(_is_number, (meters, seconds))) or not (slow_seconds is None or _is_number(slow_seconds)):
        return Refusal("not_a_number")
    if min(meters, seconds, slow_seconds or 0) < 0:
        return Refusal("negative")
    straight = great_circle_miles(origin, destination)
    miles, minutes = meters / METERS_A_MILE, max(seconds, slow_seconds or 0) / 60
    if reason := _absurd(miles, seconds / 60, straight) or _too_slow(miles, minutes):
        return Refusal(reason)
    pessimistic = None if slow_seconds is None else _whole_minutes(slow_seconds)
    return NewEstimate(max(miles, straight), _whole_minutes(seconds), pessimistic, source)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _whole_minutes(seconds: float) -> int:
    return math.ceil(seconds / 60)


def _absurd(miles: float, minutes: float, straight: float) -> str:
    if miles < straight * (1 - SNAPPED_SHARE) - SNAPPED_MILES:
        return "shorter_than_straight_line"
    if miles > straight * DETOUR_FACTOR + DETOUR_MILES:
        return "absurd_detour"
    if miles > A_WAY_MILES and miles > MOST_MPH * minutes / 60:
        return "too_fast"
    return ""


def _too_slow(miles: float, minutes: float) -> str:
    if minutes > LONGEST_DRIVE_MINUTES or minutes > A_WHILE_MINUTES + 60 * miles / LEAST_MPH:
        return "too_slow"
    return ""


def empty(origins: Sequence[Point], destinations: Sequence[Point]) -> Matrix:
    """A matrix in which everything is missing still."""
    return [[MISSING for _ in destinations] for _ in origins]

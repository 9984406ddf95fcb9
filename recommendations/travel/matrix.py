"""Elements of a distance matrix, and their plausibility checks. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from smartscheduler.places import Point, great_circle_miles
from smartscheduler.travel.estimates import NewEstimate
from smartscheduler.travel.routes import LONGEST_DRIVE_MINUTES

METERS_A_MILE = 1609.344
# A road may be shorter than the straight line by 0.3 miles plus 2 %: providers move points to the nearest road and use
# another model of the earth.
SNAPPED_MILES, SNAPPED_SHARE = 0.3, 0.02
# A road may be longer than the straight line by a factor of 10 plus 50 miles, for detours around bays and mountains.
# Longer ones are errors, such as a distance in feet or to the wrong town.
DETOUR_MILES, DETOUR_FACTOR = 50.0, 10.0
# Limits of the average speed, for drives of more than 1 mile; the slow one has 60 minutes of tolerance.
MOST_MPH, LEAST_MPH = 90.0, 1.0
A_WAY_MILES, A_WHILE_MINUTES = 1.0, 60.0


@dataclass(frozen=True)
class Refusal:
    """No estimate for this drive. `reason` is a code such as `no_road`, `negative` or `shorter_than_straight_line`.

    `nonsense` is false if the provider knows that there is no road, and true if its values are implausible.
    """

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
    """The estimate from the numbers of a provider, or a refusal. `slow_seconds` is the time in heavy traffic."""
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
    """A matrix in which all elements are missing."""
    return [[MISSING for _ in destinations] for _ in origins]

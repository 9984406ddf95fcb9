"""Attacks on blurred homes with distances and radius checks."""

import math
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from contractors.models import Contractor
from smartscheduler.core.geo.blur import blurred, cell_center
from smartscheduler.places import Point, great_circle_miles
from tests.factories import ContractorFactory

METERS_A_MILE = 1609.344
# The distance of homes from the center of their cell, which is the best guess of an attacker.
LEAST_ERROR_METERS = 300
AUSTIN = Point(30.27, -97.74)


def home(seed: int) -> Point:
    """A point near Austin with seven decimals, 300 meters or more from the center of its cell."""
    pick = random.Random(seed)
    while True:
        point = Point(round(AUSTIN[0] + pick.uniform(-0.2, 0.2), 7), round(AUSTIN[1] + pick.uniform(-0.2, 0.2), 7))
        if meters(point, blurred(point)) >= LEAST_ERROR_METERS:
            return point


def living_at(point: Point, **values: Any) -> Contractor:
    return ContractorFactory(latitude=Decimal(str(point.latitude)), longitude=Decimal(str(point.longitude)), **values)


def meters(here: Point, there: Point) -> float:
    return great_circle_miles(here, there) * METERS_A_MILE


def shifted(point: Point, miles: float, bearing: float) -> Point:
    """The point so many miles away in a direction (degrees from north)."""
    north, east = miles * math.cos(math.radians(bearing)), miles * math.sin(math.radians(bearing))
    return Point(point.latitude + north / 69.1, point.longitude + east / 69.1 / math.cos(math.radians(point.latitude)))


def located(measured: list[tuple[Point, float]]) -> Point:
    """The place that fits measured distances best: a search in ever smaller steps around the middle of the points."""

    def misfit(place: Point) -> float:
        return sum((great_circle_miles(place, point) - miles) ** 2 for point, miles in measured)

    best, step = AUSTIN, 0.5
    while step > 1e-8:
        around = [Point(best[0] + a * step, best[1] + b * step) for a in (-1, 0, 1) for b in (-1, 0, 1)]
        nearest = min(around, key=misfit)
        best, step = (nearest, step) if nearest != best else (best, step / 2)
    return best


def edge(inside: Callable[..., bool], start: Point, bearing: float, *, low: float, high: float) -> Point:
    """The point on a ray from `start` at which `inside` turns from true to false, by bisection to half a meter."""
    while (high - low) * METERS_A_MILE > 0.5:
        middle = (low + high) / 2
        low, high = (middle, high) if inside(shifted(start, middle, bearing)) else (low, middle)
    return shifted(start, (low + high) / 2, bearing)


def center_of(points: list[Point], miles: float) -> Point:
    """The center of the circle of that radius through the points."""
    return located([(point, miles) for point in points])


def other_corner(point: Point) -> Point:
    """The point on the other side of the center of the same cell."""
    center = blurred(point)
    other = Point(round(2 * center[0] - point[0], 7), round(2 * center[1] - point[1], 7))
    assert (cell_center(other[0]), cell_center(other[1])) == center
    return other

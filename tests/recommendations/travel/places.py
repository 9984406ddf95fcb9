"""A site in Austin and bases around it."""

from smartscheduler.places import Point
from smartscheduler.travel.geocells import Pair, cell

SITE = Point(30.2672, -97.7431)


def base(number: int) -> Point:
    """A place of its own some miles away."""
    return Point(round(30.30 + 0.01 * (number % 20), 4), round(-97.80 - 0.01 * (number // 20), 4))


def ways_in(count: int) -> list[Pair]:
    return [Pair(cell(base(number)), cell(SITE)) for number in range(count)]

"""Coordinates as they are stored: rounded to ten-thousandths of a degree (ten meters), one number a place. Pure."""

from typing import NamedTuple

from smartscheduler.places import Point

STEPS = 10_000
WIDTH = 360 * STEPS + 1


class Pair(NamedTuple):
    """A drive: from one cell to another."""

    origin: int
    destination: int

    @property
    def back(self) -> "Pair":
        return Pair(self.destination, self.origin)


def cell(point: Point) -> int:
    """The number of the place that a point lies in."""
    return round((point[0] + 90) * STEPS) * WIDTH + round((point[1] + 180) * STEPS)


def center(number: int) -> Point:
    """The point that stands for a place: what providers are asked about."""
    south, west = divmod(number, WIDTH)
    return Point(round(south / STEPS - 90, 4), round(west / STEPS - 180, 4))

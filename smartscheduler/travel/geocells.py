"""Geocells: coordinates rounded to 0.0001° (about 10 meters), encoded as one integer. Pure."""

from typing import NamedTuple

from smartscheduler.places import Point

# Steps per degree, and cells per circle of latitude (both ends of ±180° included).
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
    """The number of the cell that contains a point."""
    return round((point[0] + 90) * STEPS) * WIDTH + round((point[1] + 180) * STEPS)


def center(number: int) -> Point:
    """The center of a cell; requests to providers use it instead of the exact point."""
    south, west = divmod(number, WIDTH)
    return Point(round(south / STEPS - 90, 4), round(west / STEPS - 180, 4))

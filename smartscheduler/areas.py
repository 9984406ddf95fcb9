"""Rectangles of latitude and longitude around a point. Pure."""

import math
from typing import NamedTuple

from smartscheduler.places import EARTH_RADIUS_MILES, Point

# Degrees; absorbs the noise of binary fractions, and is less than a foot.
MARGIN = 1e-6


class Box(NamedTuple):
    """Degrees; borders belong to it."""

    south: float
    north: float
    west: float
    east: float


def boxes_around(center: Point, miles: float) -> list[Box]:
    """One or two boxes that hold every point at most `miles` great-circle miles from `center`.

    Two where the date line cuts the circle; all longitudes where it holds a pole.
    """
    angle = miles / EARTH_RADIUS_MILES
    height = math.degrees(angle) + MARGIN
    south, north = max(-90.0, center.latitude - height), min(90.0, center.latitude + height)
    if south == -90 or north == 90 or angle >= math.pi / 2:
        return [Box(south, north, -180.0, 180.0)]
    width = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(center.latitude))))) + MARGIN
    west, east = center.longitude - width, center.longitude + width
    if west < -180:
        return [Box(south, north, west + 360, 180.0), Box(south, north, -180.0, east)]
    if east > 180:
        return [Box(south, north, west, 180.0), Box(south, north, -180.0, east - 360)]
    return [Box(south, north, west, east)]

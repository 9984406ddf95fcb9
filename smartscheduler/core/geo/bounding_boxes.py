"""Rectangles of latitude and longitude around a point."""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

from django.db.models import Q, QuerySet
from django.db.models.functions import Round

from smartscheduler.core.geo.blur import DECIMALS, HALF_CELL_DEGREES, places_are_blurred
from smartscheduler.places import EARTH_RADIUS_MILES, Point

Records = TypeVar("Records", bound=QuerySet[Any])

# Degrees (less than a foot); absorbs rounding errors of floating-point numbers.
MARGIN = 1e-6


class Box(NamedTuple):
    """A rectangle in degrees, edges included."""

    south: float
    north: float
    west: float
    east: float

    @property
    def of_cells(self) -> "Box":
        """The box that contains every point whose blurred point lies in this box."""
        south, north, west, east = self
        edge = HALF_CELL_DEGREES
        return Box(south - edge, north + edge, west - edge, east + edge)


def boxes_around(center: Point, miles: float) -> list[Box]:
    """The boxes that contain every point within `miles` great-circle miles of `center`.

    Two boxes where the circle crosses the antimeridian; a box of all longitudes where it contains a pole.
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


def inside(records: Records, boxes: Iterable[Box]) -> Records:
    """Records whose place lies in one of the boxes; the blurred place for readers who see blurred places."""
    if not places_are_blurred():
        return records.filter(_within(boxes))
    areas = list(boxes)
    centers: dict[str, Any] = {f"seen_{name}": Round(name, precision=DECIMALS) for name in ("latitude", "longitude")}
    # The first condition can use the index on the exact columns; the second one is exact.
    near = records.filter(_within(area.of_cells for area in areas))
    return near.alias(**centers).filter(_within(areas, "seen_"))


def _within(boxes: Iterable[Box], prefix: str = "") -> Q:
    condition = Q(pk__in=[])
    for south, north, west, east in boxes:
        sides = {f"{prefix}latitude__range": (south, north), f"{prefix}longitude__range": (west, east)}
        condition |= Q(**sides)
    return condition

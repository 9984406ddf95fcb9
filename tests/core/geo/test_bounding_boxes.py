"""Bounding boxes contain all points within the distance."""

import math

from hypothesis import example, given
from hypothesis import strategies as st

from smartscheduler.core.geo.bounding_boxes import boxes_around
from smartscheduler.places import EARTH_RADIUS_MILES, Point, great_circle_miles

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


def reached(start: Point, bearing: float, miles: float) -> Point:
    """Where one gets from `start` in a straight line (the direct problem on the sphere)."""
    phi, angle = math.radians(start.latitude), miles / EARTH_RADIUS_MILES
    sine = math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing)
    latitude = math.asin(max(-1.0, min(1.0, sine)))
    turned = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(latitude)
    )
    longitude = (start.longitude + math.degrees(turned) + 540) % 360 - 180
    return Point(math.degrees(latitude), longitude)


@given(points, st.floats(0, 2 * math.pi), st.floats(0, 3_000), st.floats(0, 1))
@example(Point(52.0, 179.9), math.pi / 2, 40.0, 1.0)
@example(Point(52.0, -179.9), 3 * math.pi / 2, 40.0, 1.0)
@example(Point(89.9, 0.0), 0.0, 100.0, 1.0)
def test_everything_near_is_inside(center: Point, bearing: float, miles: float, share: float) -> None:
    other = reached(center, bearing, miles * share)
    if great_circle_miles(center, other) <= miles:
        inside = [
            box
            for box in boxes_around(center, miles)
            if box.south <= other.latitude <= box.north and box.west <= other.longitude <= box.east
        ]
        assert len(inside) >= 1


@given(points, st.floats(0, 200))
def test_boxes_lie_on_the_map_and_are_not_much_larger_than_needed(center: Point, miles: float) -> None:
    boxes = boxes_around(center, miles)
    assert all(-90 <= box.south <= box.north <= 90 and -180 <= box.west <= box.east <= 180 for box in boxes)
    assert all(box.north - box.south <= 2 * miles / 69 + 0.001 for box in boxes)
    if abs(center.latitude) < 60:
        assert sum(box.east - box.west for box in boxes) <= 2 * miles / 69 / math.cos(math.radians(63)) + 0.001

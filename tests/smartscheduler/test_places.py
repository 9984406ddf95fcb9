"""Distances and drive times."""

import math
from decimal import Decimal

import pytest
from geopy.distance import great_circle
from hypothesis import given
from hypothesis import strategies as st

from jobs.models import Job
from smartscheduler.places import EARTH_RADIUS_MILES, Point, drive_minutes, great_circle_miles, time_zone_at
from smartscheduler.rules.values import Rules

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@given(points, points)
def test_miles_agree_with_geopy(a: Point, b: Point) -> None:
    expected = great_circle(a, b, radius=EARTH_RADIUS_MILES).kilometers  # in the unit of the radius
    assert great_circle_miles(a, b) == pytest.approx(expected, abs=1e-3)
    assert 0 <= great_circle_miles(a, b) <= math.pi * EARTH_RADIUS_MILES


def test_a_known_distance() -> None:
    austin, dallas = Point(30.2672, -97.7431), Point(32.7767, -96.7970)
    assert great_circle_miles(austin, dallas) == pytest.approx(182.0, abs=0.5)


@pytest.mark.parametrize(
    ("miles", "minutes"), [(0, 0), (0.001, 1), (35 / 1.3, 60), (35 / 1.3 + 1e-6, 61), (20, 45), (17.5 / 1.3, 30)]
)
def test_drives_round_up_to_whole_minutes(miles: float, minutes: int) -> None:
    assert drive_minutes(miles, Rules.of_settings().pace) == minutes


def test_the_zone_follows_from_the_coordinates() -> None:
    assert time_zone_at(Point(30.2672, -97.7431)) == "America/Chicago"
    assert time_zone_at(Point(33.4484, -112.0740)) == "America/Phoenix"
    job = Job(latitude=Decimal("47.6062"), longitude=Decimal("-122.3321"))
    job.derive_time_zone()
    assert job.time_zone == "America/Los_Angeles"

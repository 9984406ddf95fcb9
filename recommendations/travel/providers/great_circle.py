"""Straight-line distances as a provider that always has an estimate."""

from collections.abc import Sequence
from datetime import datetime

from geopy.distance import great_circle

from recommendations.travel.matrix import METERS_A_MILE, Answer, Matrix
from smartscheduler.places import EARTH_RADIUS_MILES, Pace, Point, drive_minutes
from smartscheduler.travel.estimates import NewEstimate
from smartscheduler.travel.models import GREAT_CIRCLE

RADIUS_KILOMETERS = EARTH_RADIUS_MILES * METERS_A_MILE / 1000


class GreatCircle:
    """Great-circle miles at the pace of the rules; without limits, cost and errors."""

    name = GREAT_CIRCLE
    most_elements = most_a_side = 1_000_000

    def __init__(self, pace: Pace) -> None:
        self.pace = pace

    def cost(self, elements: int) -> int:
        return 0

    def matrix(self, origins: Sequence[Point], destinations: Sequence[Point], depart_at: datetime) -> Matrix:
        return [[self._answer(origin, other) for other in destinations] for origin in origins]

    def _answer(self, origin: Point, destination: Point) -> Answer:
        miles = great_circle(origin, destination, radius=RADIUS_KILOMETERS).kilometers * 1000 / METERS_A_MILE
        return NewEstimate(miles, drive_minutes(miles, self.pace), None, self.name)

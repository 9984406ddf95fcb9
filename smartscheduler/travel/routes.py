"""How far it is from one place to another: by road where a provider has said so, else by the straight line. Pure.

A road is never shorter than the straight line. Estimates are held against that when they arrive, and once more when
they are used: they are stored for places of about ten meters, and the line between two points of these may be a little
longer. That, and no trust in what is stored, keeps the bounds of the ranking right (docs/ranking.md).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from smartscheduler.places import Origin, Pace, Point, drive_minutes, whole_minutes
from smartscheduler.travel.geocells import Pair, cell

STRAIGHT_LINE, ROAD = "straight_line", "road"
# No estimate is longer: calendars are read so far around a slot (assignments.calendars).
LONGEST_DRIVE_MINUTES = 5 * 24 * 60


class Road(NamedTuple):
    """A stored estimate: miles, whole minutes, those of a bad day where traffic was asked for, who says so, when."""

    miles: float
    minutes: int
    pessimistic_minutes: int | None
    provider: str
    fetched_at: datetime

    @property
    def blocked_minutes(self) -> int:
        """How long a drive may not take less than between two bookings."""
        return max(self.minutes, self.pessimistic_minutes or 0)


class RouteEstimate(NamedTuple):
    """Miles and whole minutes of a drive, and what they are: `road` or `straight_line`."""

    miles: float
    minutes: int
    source: str = STRAIGHT_LINE
    provider: str = ""
    fetched_at: datetime | None = None


class HasRoute:
    """Whatever has a `route`: its miles, minutes and source."""

    __slots__ = ()
    route: RouteEstimate

    @property
    def miles(self) -> float:
        return self.route.miles

    @property
    def minutes(self) -> int:
        return self.route.minutes

    @property
    def source(self) -> str:
        return self.route.source


Roads = Mapping[Pair, Road]
NONE: dict[int, Road] = {}


class Site(Origin):
    """A place of work, and what is known of the roads that lead there and away, by the cells of their other ends."""

    def __init__(self, point: Point, here: Mapping[int, Road] = NONE, away: Mapping[int, Road] = NONE) -> None:
        super().__init__(point)
        self._here, self._away = here, away

    def road_from(self, point: Point) -> Road | None:
        return self._here.get(cell(point)) if self._here else None

    def miles_from(self, point: Point) -> float:
        """Miles of the drive from `point` to the site."""
        straight, road = self.miles_to(point), self.road_from(point)
        return straight if road is None else max(road.miles, straight)

    def route_from(self, point: Point, pace: Pace) -> RouteEstimate:
        """The drive from `point` to the site."""
        return route(self, point, self.road_from(point), pace)

    def drive_to_site(self, point: Point, pace: Pace) -> timedelta:
        """How much time has to be left between work at `point` and work here."""
        road = self.road_from(point)
        return self.drive_to(point, pace) if road is None else whole_minutes(road.blocked_minutes)

    def drive_from_site(self, point: Point, pace: Pace) -> timedelta:
        """How much time has to be left between work here and work at `point`."""
        road = self._away.get(cell(point)) if self._away else None
        return self.drive_to(point, pace) if road is None else whole_minutes(road.blocked_minutes)


def route(one: Origin, other: Point, road: Road | None, pace: Pace) -> RouteEstimate:
    """A drive between two points, in the direction of `road` when that is known."""
    miles = one.miles_to(other)
    if road is None:
        return RouteEstimate(miles, drive_minutes(miles, pace))
    return RouteEstimate(max(road.miles, miles), road.minutes, ROAD, road.provider, road.fetched_at)


def pairs_between(points: Iterable[tuple[Point, Point]]) -> list[Pair]:
    """The drives between points, without those that stay where they are."""
    found = (Pair(cell(one), cell(other)) for one, other in points)
    return [pair for pair in found if pair.origin != pair.destination]

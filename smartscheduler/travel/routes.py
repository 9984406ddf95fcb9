"""Route estimates: the road distance where it is stored, else the straight line. Pure.

A road is never shorter than the straight line; the bounds of the ranking depend on it (docs/ranking.md). So estimates
are checked when they arrive and clamped again when they are used: they are stored for cells of about 10 meters, and
two points in these cells may be slightly farther apart than the cell centers.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from smartscheduler.places import Origin, Pace, Point, drive_minutes, whole_minutes
from smartscheduler.travel.geocells import Pair, cell

STRAIGHT_LINE, ROAD = "straight_line", "road"
# Longer estimates are rejected: calendars are read only this far around a slot (assignments.calendars).
LONGEST_DRIVE_MINUTES = 5 * 24 * 60


class Road(NamedTuple):
    """A stored estimate. `pessimistic_minutes` are those in heavy traffic, if traffic was requested."""

    miles: float
    minutes: int
    pessimistic_minutes: int | None
    provider: str
    fetched_at: datetime

    @property
    def blocked_minutes(self) -> int:
        """The minutes to reserve for the drive between two bookings."""
        return max(self.minutes, self.pessimistic_minutes or 0)


class RouteEstimate(NamedTuple):
    """Miles and whole minutes of a drive, and their source: `road` or `straight_line`."""

    miles: float
    minutes: int
    source: str = STRAIGHT_LINE
    provider: str = ""
    fetched_at: datetime | None = None


class HasRoute:
    """Mixin for objects with a `route`: its miles, minutes and source."""

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
    """A job site with the stored roads to it (`inbound`) and from it (`outbound`), by the cell of their other end."""

    def __init__(self, point: Point, inbound: Mapping[int, Road] = NONE, outbound: Mapping[int, Road] = NONE) -> None:
        super().__init__(point)
        self._inbound, self._outbound = inbound, outbound

    def road_from(self, point: Point) -> Road | None:
        return self._inbound.get(cell(point)) if self._inbound else None

    def miles_from(self, point: Point) -> float:
        """Miles of the drive from `point` to the site."""
        straight, road = self.miles_to(point), self.road_from(point)
        return straight if road is None else max(road.miles, straight)

    def route_from(self, point: Point, pace: Pace) -> RouteEstimate:
        """The drive from `point` to the site."""
        return route(self, point, self.road_from(point), pace)

    def drive_to_site(self, point: Point, pace: Pace) -> timedelta:
        """The time to reserve between work at `point` and work at the site."""
        road = self.road_from(point)
        return self.drive_to(point, pace) if road is None else whole_minutes(road.blocked_minutes)

    def drive_from_site(self, point: Point, pace: Pace) -> timedelta:
        """The time to reserve between work at the site and work at `point`."""
        road = self._outbound.get(cell(point)) if self._outbound else None
        return self.drive_to(point, pace) if road is None else whole_minutes(road.blocked_minutes)


def route(start: Origin, end: Point, road: Road | None, pace: Pace) -> RouteEstimate:
    """The estimate of a drive: by `road` if it is known, in its direction; else by the straight line at `pace`."""
    miles = start.miles_to(end)
    if road is None:
        return RouteEstimate(miles, drive_minutes(miles, pace))
    return RouteEstimate(max(road.miles, miles), road.minutes, ROAD, road.provider, road.fetched_at)


def pairs_between(points: Iterable[tuple[Point, Point]]) -> list[Pair]:
    """The drives between points, as cells; drives within one cell are left out."""
    pairs = (Pair(cell(start), cell(end)) for start, end in points)
    return [pair for pair in pairs if pair.origin != pair.destination]

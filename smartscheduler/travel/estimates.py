"""Reads and writes of stored estimates. Without a configured provider no query is made."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from smartscheduler.core.db.prepared import rows
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.places import Origin, Pace, Point
from smartscheduler.travel.config import active_providers
from smartscheduler.travel.geocells import Pair, cell
from smartscheduler.travel.models import GREAT_CIRCLE, TravelEstimate
from smartscheduler.travel.routes import Road, Roads, RouteEstimate, Site, pairs_between, route

# After this time a drive without a road is requested again.
NO_ROAD_KEPT = timedelta(days=1)

COLUMNS = "origin, destination, miles, minutes, pessimistic_minutes, source, fetched_at"
# UNION ALL instead of OR, so that each half uses its own index: (destination, origin) and (origin, destination).
# Part of every ranking, therefore prepared (smartscheduler.core.db.prepared).
AROUND = f"""
SELECT {COLUMNS} FROM travel_travelestimate
WHERE destination = ANY(%(cells)s::bigint[]) AND fetched_at > %(since)s AND source <> '{GREAT_CIRCLE}'
UNION ALL
SELECT {COLUMNS} FROM travel_travelestimate
WHERE origin = ANY(%(cells)s::bigint[]) AND fetched_at > %(since)s AND source <> '{GREAT_CIRCLE}'
"""  # noqa: S608  every value is a parameter
BETWEEN = f"""
SELECT {COLUMNS} FROM unnest(%(origins)s::bigint[], %(destinations)s::bigint[]) AS drive(from_cell, to_cell)
JOIN travel_travelestimate ON origin = from_cell AND destination = to_cell
WHERE fetched_at > %(since)s
"""  # noqa: S608


class NewEstimate(NamedTuple):
    """An estimate to store. `source` is `great_circle` if no provider knows a road; `note` then gives the reason."""

    miles: float
    minutes: int
    pessimistic_minutes: int | None
    source: str
    note: str = ""


def roads_are_used() -> bool:
    """Whether road distances are used: a provider is configured, and places are exact.

    Roads are stored for exact places; showing them at blurred places would reveal the exact ones.
    """
    return bool(active_providers()) and not places_are_blurred()


def known_sites(points: Sequence[Point]) -> list[Site]:
    """Each point as a site with the stored roads to and from it. One query; none without a provider."""
    if not points or not roads_are_used():
        return [Site(point) for point in points]
    inbound: dict[int, dict[int, Road]] = defaultdict(dict)
    outbound: dict[int, dict[int, Road]] = defaultdict(dict)
    for origin, destination, *road in rows(AROUND, {"cells": _array({*map(cell, points)}), "since": _since()}):
        inbound[destination][origin] = outbound[origin][destination] = Road(*road)
    return [Site(point, inbound.get(cell(point), {}), outbound.get(cell(point), {})) for point in points]


def known_site(point: Point) -> Site:
    (site,) = known_sites([point])
    return site


def roads_between(points: Iterable[tuple[Point, Point]]) -> Roads:
    """The stored roads of these drives. One query; none without a provider."""
    pairs = {*pairs_between(points)} if roads_are_used() else set()
    return {pair: road for pair, road in stored(pairs).items() if road.provider != GREAT_CIRCLE}


def route_between(start: Point, end: Point, roads: Roads, pace: Pace) -> RouteEstimate:
    """The drive from `start` to `end`."""
    return route(Origin(start), end, roads.get(Pair(cell(start), cell(end))) if roads else None, pace)


def stored(pairs: Collection[Pair], *, since: datetime | None = None) -> dict[Pair, Road]:
    """Valid stored estimates of these drives, including "no road known" (provider `great_circle`).

    With `since`, only estimates fetched after it.
    """
    if not pairs:
        return {}
    origins, destinations = zip(*pairs, strict=True)
    oldest = max(_since(), since) if since else _since()
    parameters = {"origins": _array(origins), "destinations": _array(destinations), "since": oldest}
    roads = {Pair(origin, destination): Road(*road) for origin, destination, *road in rows(BETWEEN, parameters)}
    no_road_since = timezone.now() - NO_ROAD_KEPT
    return {
        pair: road for pair, road in roads.items() if road.provider != GREAT_CIRCLE or road.fetched_at > no_road_since
    }


def store(estimates: Mapping[Pair, NewEstimate]) -> None:
    """Insert estimates or replace older ones of the same drives."""
    now = timezone.now()
    TravelEstimate.objects.bulk_create(
        # Sorted: two workers that store the same drives lock the rows in the same order, so they cannot deadlock.
        [
            TravelEstimate(**pair._asdict(), **estimate._asdict(), fetched_at=now)
            for pair, estimate in sorted(estimates.items())
        ],
        update_conflicts=True,
        unique_fields=["origin", "destination"],
        update_fields=["miles", "minutes", "pessimistic_minutes", "source", "note", "fetched_at"],
    )


def prune() -> int:
    """Delete estimates that are too old to be used; return how many."""
    old = TravelEstimate.objects.filter(fetched_at__lte=_since())
    no_road = TravelEstimate.objects.filter(source=GREAT_CIRCLE, fetched_at__lte=timezone.now() - NO_ROAD_KEPT)
    return sum(estimates.delete()[0] for estimates in (old, no_road))


def _since() -> datetime:
    return timezone.now() - timedelta(days=settings.TRAVEL_KEEP_DAYS)


def _array(cells: Iterable[int]) -> str:
    return "{" + ",".join(map(str, cells)) + "}"

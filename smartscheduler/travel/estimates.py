"""Reading and writing estimates. Without a provider there are none, and nobody looks."""

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

# After so long a provider is asked again about a drive for which it had no road.
NO_ROAD_KEPT = timedelta(days=1)

COLUMNS = "origin, destination, miles, minutes, pessimistic_minutes, source, fetched_at"
# Two halves, each with an index of its own; part of every ranking, so prepared (smartscheduler.core.db.prepared).
AROUND = f"""
SELECT {COLUMNS} FROM travel_travelestimate
WHERE destination = ANY(%(cells)s::bigint[]) AND fetched_at > %(since)s AND source <> '{GREAT_CIRCLE}'
UNION ALL
SELECT {COLUMNS} FROM travel_travelestimate
WHERE origin = ANY(%(cells)s::bigint[]) AND fetched_at > %(since)s AND source <> '{GREAT_CIRCLE}'
"""  # noqa: S608  every value is a parameter
BETWEEN = f"""
SELECT {COLUMNS} FROM unnest(%(origins)s::bigint[], %(destinations)s::bigint[]) AS wanted(one, other)
JOIN travel_travelestimate ON origin = one AND destination = other
WHERE fetched_at > %(since)s
"""  # noqa: S608


class NewEstimate(NamedTuple):
    """What a provider has said of a drive; `source` is `great_circle` when none knows a road, and `note` says why."""

    miles: float
    minutes: int
    pessimistic_minutes: int | None
    source: str
    note: str = ""


def roads_are_used() -> bool:
    """Whether distances may come from a provider. A road is stored for an exact place, so blurred ones have none."""
    return bool(active_providers()) and not places_are_blurred()


def known_sites(points: Sequence[Point]) -> list[Site]:
    """Each point as a site with what is known of the roads to and from it; one statement, none without a provider."""
    if not points or not roads_are_used():
        return [Site(point) for point in points]
    here: dict[int, dict[int, Road]] = defaultdict(dict)
    away: dict[int, dict[int, Road]] = defaultdict(dict)
    for origin, destination, *road in rows(AROUND, {"cells": _array({*map(cell, points)}), "since": _since()}):
        here[destination][origin] = away[origin][destination] = Road(*road)
    return [Site(point, here.get(cell(point), {}), away.get(cell(point), {})) for point in points]


def known_site(point: Point) -> Site:
    (site,) = known_sites([point])
    return site


def roads_between(points: Iterable[tuple[Point, Point]]) -> Roads:
    """What is known of these drives; one statement, none without a provider."""
    pairs = {*pairs_between(points)} if roads_are_used() else set()
    return {pair: road for pair, road in stored(pairs).items() if road.provider != GREAT_CIRCLE}


def route_between(one: Point, other: Point, roads: Roads, pace: Pace) -> RouteEstimate:
    """The drive from `one` to `other`."""
    return route(Origin(one), other, roads.get(Pair(cell(one), cell(other))) if roads else None, pace)


def stored(pairs: Collection[Pair], *, since: datetime | None = None) -> dict[Pair, Road]:
    """What is stored of these drives and not too old: roads, and that there is none (provider `great_circle`).

    With `since`, only what has arrived after it.
    """
    if not pairs:
        return {}
    origins, destinations = zip(*pairs, strict=True)
    oldest = max(_since(), since) if since else _since()
    asked = {"origins": _array(origins), "destinations": _array(destinations), "since": oldest}
    found = {Pair(origin, destination): Road(*road) for origin, destination, *road in rows(BETWEEN, asked)}
    no_road_since = timezone.now() - NO_ROAD_KEPT
    return {
        pair: road for pair, road in found.items() if road.provider != GREAT_CIRCLE or road.fetched_at > no_road_since
    }


def store(estimates: Mapping[Pair, NewEstimate]) -> None:
    """Keep estimates, in place of older ones of the same drives."""
    now = timezone.now()
    TravelEstimate.objects.bulk_create(
        # In one order, so that two who store the same drives do not wait for each other in a circle.
        [TravelEstimate(**pair._asdict(), **one._asdict(), fetched_at=now) for pair, one in sorted(estimates.items())],
        update_conflicts=True,
        unique_fields=["origin", "destination"],
        update_fields=["miles", "minutes", "pessimistic_minutes", "source", "note", "fetched_at"],
    )


def prune() -> int:
    """Delete what is too old to be used; returns how many."""
    old = TravelEstimate.objects.filter(fetched_at__lte=_since())
    no_road = TravelEstimate.objects.filter(source=GREAT_CIRCLE, fetched_at__lte=timezone.now() - NO_ROAD_KEPT)
    return sum(found.delete()[0] for found in (old, no_road))


def _since() -> datetime:
    return timezone.now() - timedelta(days=settings.TRAVEL_KEEP_DAYS)


def _array(cells: Iterable[int]) -> str:
    return "{" + ",".join(map(str, cells)) + "}"

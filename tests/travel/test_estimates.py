"""Stored road distances: lifetime, and one request for each drive."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from recommendations.travel.lookup import Got, obtain
from smartscheduler.places import Point, great_circle_miles
from smartscheduler.rules.values import Rules
from smartscheduler.travel import leases
from smartscheduler.travel.estimates import (
    NewEstimate,
    known_site,
    known_sites,
    prune,
    roads_between,
    store,
    stored,
)
from smartscheduler.travel.geocells import Pair, cell, center
from smartscheduler.travel.models import TravelClaim, TravelEstimate
from tests.recommendations.travel.places import SITE, base, ways_in
from tests.recommendations.travel.servers import Providers

PACE = Rules.of_settings().pace

pytestmark = pytest.mark.django_db
ROAD = NewEstimate(9.5, 21, 30, "google_routes")
NO_ROAD = NewEstimate(4.0, 9, None, "great_circle", "no_road by google_routes")


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_place_is_ten_meters_wide(latitude: float, longitude: float) -> None:
    point = Point(latitude, longitude)
    middle = center(cell(point))
    assert great_circle_miles(point, middle) * 1609 < 8
    assert cell(middle) == cell(point)


def test_directions_differ(roads: Providers) -> None:
    there, *_ = ways_in(1)
    store({there: ROAD})
    site = known_site(SITE)
    route = site.route_from(base(0), PACE)
    assert (route.miles, route.minutes) == (9.5, 21)
    assert site.drive_to_site(base(0), PACE) == timedelta(minutes=30)  # those of a bad day
    assert site.drive_from_site(base(0), PACE) == timedelta(minutes=10)  # the straight line
    assert known_site(base(0)).drive_from_site(SITE, PACE) == timedelta(minutes=30)


def test_a_road_is_never_shorter_than_the_line_between_the_very_points(roads: Providers) -> None:
    there, *_ = ways_in(1)
    store({there: ROAD._replace(miles=0.5)})
    route = known_site(SITE).route_from(base(0), PACE)
    assert (route.source, route.miles) == ("road", great_circle_miles(SITE, base(0)))


def test_a_newer_estimate_takes_the_place_of_the_old_one(roads: Providers) -> None:
    there, *_ = ways_in(1)
    store({there: ROAD})
    store({there: ROAD._replace(miles=11.0, source="openrouteservice")})
    assert [(estimate.miles, estimate.source) for estimate in TravelEstimate.objects.all()] == [
        (11.0, "openrouteservice")
    ]


def test_counts_for_thirty_days_and_a_missing_road_for_one(roads: Providers) -> None:
    there, other = ways_in(2)
    store({there: ROAD, other: NO_ROAD})
    assert stored({there, other}).keys() == {there, other}
    assert roads_between([(base(0), SITE), (base(1), SITE)]).keys() == {there}
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert stored({there, other}).keys() == {there}
        assert prune() == 1
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert stored({there}) == {}
        assert known_site(SITE).route_from(base(0), PACE).source == "straight_line"
        assert prune() == 1
    assert not TravelEstimate.objects.exists()


def test_many_sites_are_one_statement(roads: Providers, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    store(dict.fromkeys(ways_in(30), ROAD))
    with django_assert_num_queries(1):
        sites = known_sites([SITE, base(1), base(2), base(3)])
    assert sites[0].route_from(base(3), PACE).source == "road"
    assert sites[3].drive_from_site(SITE, PACE) == timedelta(minutes=30)


def test_without_a_provider_there_is_no_statement(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.TRAVEL_KEYS = {}
    with django_assert_num_queries(0):
        assert known_site(SITE).road_from(base(0)) is None
        assert roads_between([(base(0), SITE)]) == {}


def test_the_roads_of_a_site_come_from_an_index(roads: Providers) -> None:
    store(dict.fromkeys(ways_in(200), ROAD))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT 1 FROM travel_travelestimate WHERE destination = ANY(%s::bigint[]) AND fetched_at > now()",
            [[cell(SITE)]],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index" in plan


def test_a_claim_is_one_persons_until_it_lapses(roads: Providers, settings: Settings) -> None:
    pairs = {*ways_in(3)}
    mine, got = leases.claim(pairs)
    assert got == pairs
    assert leases.claim(pairs)[1] == set()
    first = min(pairs)
    leases.release(mine, [first])
    assert leases.claim(pairs)[1] == {first}
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.TRAVEL_LEASE_SECONDS + 1)):
        assert leases.claim(pairs)[1] == pairs
        assert leases.forget_lapsed() == 0


def test_nothing_stays_claimed(roads: Providers) -> None:
    roads.behavior |= {"google_routes": "broken", "openrouteservice": "denied"}
    got = obtain(ways_in(4), timezone.now(), PACE)
    assert (got.asked, got.failed, TravelClaim.objects.count()) == (4, 4, 0)
    assert not TravelEstimate.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_fifty_who_want_the_same_drive_ask_once(roads: Providers) -> None:
    """Slow enough that all of them want it before the first has it."""
    pairs, ready = ways_in(1), threading.Barrier(50)

    def want(_: Any) -> Got:
        try:
            ready.wait()
            return obtain(pairs, timezone.now(), PACE)
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        results = list(pool.map(want, range(50)))
    assert sum(result.asked for result in results) == 1
    assert roads.calls == {"google_routes": 1}
    assert TravelEstimate.objects.count() == 1
    assert not TravelClaim.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_those_who_want_overlapping_drives_share_them(roads: Providers) -> None:
    requested = [ways_in(30)[start : start + 12] for start in range(0, 19, 2)]

    def want(pairs: Any) -> Got:
        try:
            return obtain(pairs, timezone.now(), PACE)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(want, requested))
    assert sum(result.asked for result in results) == 30
    assert {Pair(estimate.origin, estimate.destination) for estimate in TravelEstimate.objects.all()} == {*ways_in(30)}

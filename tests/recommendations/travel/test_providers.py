"""Requests and responses of each provider in its real format over HTTP."""

import json
import logging
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from recommendations.travel.matrix import Refusal
from recommendations.travel.providers.google_matrix import GoogleMatrix
from recommendations.travel.providers.google_routes import GoogleRoutes
from recommendations.travel.providers.great_circle import GreatCircle
from recommendations.travel.providers.openrouteservice import OpenRouteService
from smartscheduler.core.outbound.json_api import wait_of
from smartscheduler.core.outbound.provider_errors import BadItem, Nonsense, Rejected, TryAgain
from smartscheduler.ops.demo.fake_road_provider import drive
from smartscheduler.places import Point, great_circle_miles
from smartscheduler.rules.values import Rules
from smartscheduler.travel.estimates import NewEstimate
from tests.recommendations.travel.places import SITE, base
from tests.recommendations.travel.servers import SHORT_SECONDS, WITHOUT_RESPONSE, Providers

ALL: list[Any] = [GoogleRoutes(), GoogleMatrix(), OpenRouteService()]
pytestmark = [pytest.mark.django_db]


@pytest.fixture(params=ALL, ids=[provider.name for provider in ALL])
def provider(request: pytest.FixtureRequest, roads: Providers) -> Any:
    return request.param


def ask(provider: Any, origins: int = 3, destinations: int = 2, **when: int) -> tuple[Any, list[Point], list[Point]]:
    starts, ends = [base(n) for n in range(origins)], [SITE, base(50), base(60)][:destinations]
    return provider.matrix(starts, ends, timezone.now() + timedelta(**(when or {"days": 1}))), starts, ends


def test_reads_miles_minutes_and_source_of_every_pair(provider: Any) -> None:
    matrix, origins, destinations = ask(provider)
    for row, origin in zip(matrix, origins, strict=True):
        for estimate, destination in zip(row, destinations, strict=True):
            expected = drive(origin, destination)
            assert estimate.source == provider.name
            assert estimate.miles == pytest.approx(expected.meters / 1609.344, abs=0.001)
            assert estimate.minutes == -(-expected.seconds // 60)
            assert estimate.pessimistic_minutes is None


@pytest.mark.parametrize("name", ["google_routes", "google_matrix"])
def test_with_traffic_says_how_long_a_bad_day_takes(name: str, roads: Providers, settings: Settings) -> None:
    settings.TRAVEL_TRAFFIC = True
    matrix, origins, destinations = ask({provider.name: provider for provider in ALL}[name])
    expected = drive(origins[0], destinations[0])
    assert matrix[0][0].minutes == -(-expected.seconds // 60)
    assert matrix[0][0].pessimistic_minutes == -(-expected.slow_seconds // 60)


def test_google_routes_is_asked_in_its_own_words(roads: Providers, settings: Settings) -> None:
    ask(GoogleRoutes(), 2, 1)
    _, asked = roads.requests[-1]
    body = json.loads(asked.body)
    assert asked.method == "POST"
    assert asked.headers["x-goog-api-key"] == "SECRET"
    assert {"originIndex", "destinationIndex", "status", "condition", "distanceMeters", "duration"} <= {
        *asked.headers["x-goog-fieldmask"].split(",")
    }
    place = body["origins"][1]["waypoint"]["location"]["latLng"]
    assert place == {"latitude": base(1).latitude, "longitude": base(1).longitude}
    assert (body["travelMode"], body["routingPreference"]) == ("DRIVE", "TRAFFIC_UNAWARE")
    assert "departureTime" not in body
    settings.TRAVEL_TRAFFIC = True
    before = timezone.now()
    ask(GoogleRoutes(), 2, 1, days=-3)
    body = json.loads(roads.requests[-1][1].body)
    assert body["trafficModel"] == "PESSIMISTIC"
    assert body["departureTime"] > f"{before:%Y-%m-%dT%H:%M:%SZ}"
    assert GoogleRoutes().most_elements == 100


def test_google_matrix_is_asked_in_its_own_words(roads: Providers, settings: Settings) -> None:
    settings.TRAVEL_TRAFFIC = True
    ask(GoogleMatrix(), 2, 1, days=-3)
    _, asked = roads.requests[-1]
    query = {name: value for name, (value,) in parse_qs(urlsplit(asked.path).query).items()}
    assert query["origins"] == "|".join(f"{base(n).latitude:.4f},{base(n).longitude:.4f}" for n in range(2))
    assert (query["mode"], query["departure_time"], query["traffic_model"]) == ("driving", "now", "pessimistic")
    assert query["key"] == "SECRET"


def test_openrouteservice_has_longitude_before_latitude(roads: Providers) -> None:
    ask(OpenRouteService(), 2, 1)
    _, asked = roads.requests[-1]
    body = json.loads(asked.body)
    assert asked.headers["authorization"] == "SECRET"
    assert body["locations"][0] == [base(0).longitude, base(0).latitude]
    assert (body["sources"], body["destinations"]) == ([0, 1], [2])
    assert (body["units"], body["metrics"]) == ("m", ["distance", "duration"])


def test_a_bad_element_spoils_only_itself(provider: Any, roads: Providers) -> None:
    roads.behavior[provider.name] = "partial"
    matrix, *_ = ask(provider, 6, 1)
    cells = [cell for row in matrix for cell in row]
    assert sorted(cell.reason for cell in cells if isinstance(cell, Refusal)) == ["negative", *["no_road"] * 3]
    assert sum(isinstance(cell, NewEstimate) for cell in cells) == 2


@pytest.mark.parametrize(
    ("behavior", "reason"),
    [
        ("kilometers", "shorter_than_straight_line"),
        ("minutes", "too_fast"),
        ("milliseconds", "too_slow"),
        ("negative", "negative"),
    ],
)
def test_refuses_nonsense_by_name(provider: Any, roads: Providers, behavior: str, reason: str) -> None:
    roads.behavior[provider.name] = behavior
    matrix, *_ = ask(provider, 3, 1)
    assert {cell.reason for row in matrix for cell in row} == {reason}
    assert all(cell.nonsense for row in matrix for cell in row)


@pytest.mark.parametrize(
    ("behavior", "error", "text"),
    [
        ("slow", TryAgain, "No response within 1 seconds"),
        ("dripping", TryAgain, "No response within 1 seconds"),
        ("busy", TryAgain, "HTTP 429"),
        ("broken", TryAgain, "HTTP 500"),
        ("reset", TryAgain, "connection failed"),
        ("truncated", TryAgain, "connection failed"),
        ("malformed", Nonsense, "not JSON"),
        ("denied", Rejected, "HTTP 403"),
    ],
)
def test_every_failure_has_its_kind_and_tells_no_key(
    provider: Any,
    roads: Providers,
    settings: Settings,
    behavior: str,
    error: type[TryAgain] | type[Nonsense] | type[Rejected],
    text: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    if behavior in WITHOUT_RESPONSE:
        settings.TRAVEL_TIMEOUT_SECONDS = SHORT_SECONDS
    roads.behavior[provider.name] = behavior
    with pytest.raises(error, match=text) as failed:
        ask(provider)
    assert "SECRET" not in str(failed.value)
    assert "SECRET" not in caplog.text
    assert failed.value.__cause__ is None


def test_retry_after_is_a_number_or_a_date(roads: Providers) -> None:
    roads.behavior["google_routes"] = "busy_for_an_hour"
    with pytest.raises(TryAgain) as failed:
        ask(GoogleRoutes())
    assert failed.value.wait == 3600
    with time_machine.travel(timezone.now(), tick=False):
        date = (timezone.now() + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        assert wait_of(date) == pytest.approx(30, abs=1)
    assert wait_of("soon") is None
    assert wait_of("0.5") == 0.5
    assert wait_of("-5") is None
    assert wait_of(None) is None


@pytest.mark.parametrize("status", ["OVER_QUERY_LIMIT", "UNKNOWN_ERROR"])
def test_google_matrix_fails_with_http_200(roads: Providers, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roads, "normal", lambda handler, _: handler.send(200, json.dumps({"status": status}).encode()))
    with pytest.raises(TryAgain, match=status):
        ask(GoogleMatrix())


@pytest.mark.parametrize("status", ["REQUEST_DENIED", "OVER_DAILY_LIMIT", "MAX_ELEMENTS_EXCEEDED", "INVALID_REQUEST"])
def test_google_matrix_refuses_with_http_200(roads: Providers, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roads, "normal", lambda handler, _: handler.send(200, json.dumps({"status": status}).encode()))
    with pytest.raises(Rejected, match=status):
        ask(GoogleMatrix())


def test_openrouteservice_says_that_a_place_is_bad(roads: Providers) -> None:
    roads.behavior["openrouteservice"] = "unroutable"
    roads.bad_place = (base(1).longitude, base(1).latitude)
    with pytest.raises(BadItem):
        ask(OpenRouteService())


@pytest.mark.parametrize(
    "body", ["[]", "{}", "[3]", '{"status": "OK", "rows": 3}', '{"distances": [3]}', '"x"', "null"]
)
def test_odd_answers_are_no_estimates(
    provider: Any, roads: Providers, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roads, "normal", lambda handler, _: handler.send(200, body.encode()))
    try:
        matrix, *_ = ask(provider)
    except (Nonsense, Rejected):
        return
    assert {cell.reason for row in matrix for cell in row} == {"missing"}


def test_limits_are_those_of_the_real_ones() -> None:
    assert [(provider.most_elements, provider.cost(30)) for provider in ALL] == [(625, 30), (100, 30), (3500, 1)]
    assert GoogleMatrix().most_a_side == 25


def test_the_straight_line_always_answers() -> None:
    ((estimate,),) = GreatCircle(Rules.of_settings().pace).matrix([base(0)], [SITE], timezone.now())
    assert isinstance(estimate, NewEstimate)
    assert estimate.miles == pytest.approx(great_circle_miles(base(0), SITE), rel=1e-9)
    assert (estimate.minutes, estimate.source) == (10, "great_circle")

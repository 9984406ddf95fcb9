"""Geocoding against a local server with Nominatim's API."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from contractors.models import Contractor
from smartscheduler.core.outbound import circuit_breaker
from smartscheduler.core.outbound.addresses import origin
from smartscheduler.core.outbound.client import Answered
from smartscheduler.geocoding import geopy_adapter, lookup, providers
from smartscheduler.geocoding.addresses import Address
from smartscheduler.geocoding.lookup import find
from smartscheduler.geocoding.models import GeocodedAddress
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.runner import work_on_files
from smartscheduler.imports.services import begin, import_checked
from smartscheduler.ops.checks import check_geocoder
from smartscheduler.places import Point
from tests.factories import ContractorFactory, UserFactory
from tests.imports.test_imports import ANN, HEAD, counts

pytestmark = pytest.mark.django_db
AUSTIN = Address("100 Congress Avenue", "Austin", "TX", "78701")
EMPTY = Answered(200, {}, b"[]")
PROVIDER = "geocoder:nominatim"
FOUND = [{"lat": "30.2641", "lon": "-97.7449", "display_name": "100 Congress Avenue"}]


class Nominatim:
    """What the server is to answer, and what it was asked."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, json.dumps(FOUND), list[dict[str, Any]]()
        self.release = threading.Event()
        self.release.set()
        self.agents: list[str] = []

    def answers(self, body: Any, status: int = 200) -> None:
        self.status, self.body = status, body if isinstance(body, str) else json.dumps(body)


@pytest.fixture
def nominatim(settings: Settings) -> Iterator[Nominatim]:
    state, reachable = Nominatim(), settings.REDIS_URL

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append({name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()})
            state.agents.append(self.headers["User-Agent"])
            state.release.wait(30)
            self.send_response(state.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(state.body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.GEOCODER, settings.GEOCODER_URL = "nominatim", f"http://127.0.0.1:{server.server_port}"
    settings.OUTGOING_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.GEOCODER_A_SECOND, settings.GEOCODER_USER_AGENT = 1000.0, "tests"
    providers._geocode.cache_clear()
    circuit_breaker.close(PROVIDER)
    yield state
    state.release.set()
    server.shutdown()
    server.server_close()
    providers._geocode.cache_clear()
    settings.REDIS_URL = reachable
    circuit_breaker.close(PROVIDER)


def test_an_address_is_found_and_asked_once(nominatim: Nominatim) -> None:
    for _ in range(2):
        result = find(AUSTIN)
        assert result.point == Point(30.2641, -97.7449)
        assert result.how == "Coordinates of the address from nominatim."
    find(Address("100  congress avenue", "AUSTIN", "TX", "78701"))
    (asked,) = nominatim.asked
    assert (asked["q"], asked["countrycodes"], asked["limit"]) == (
        "100 Congress Avenue, Austin, TX 78701",
        "us",
        "1",
    )
    assert nominatim.agents == ["tests"]


def test_an_unknown_address_is_not_asked_again_either(nominatim: Nominatim) -> None:
    nominatim.answers([])
    for _ in range(2):
        assert find(AUSTIN) == (None, "nominatim does not know the address.")
    assert len(nominatim.asked) == 1


def test_an_answer_is_kept_for_a_month(nominatim: Nominatim) -> None:
    find(AUSTIN)
    GeocodedAddress.objects.update(asked_at=timezone.now() - timedelta(days=31))
    find(Address("1 Main Street", "Austin", "TX", "78701"))
    assert GeocodedAddress.objects.count() == 1  # the old one is gone
    find(AUSTIN)
    assert len(nominatim.asked) == 3


def test_a_place_far_from_its_zip_code_is_not_believed(nominatim: Nominatim) -> None:
    nominatim.answers([{"lat": "29.7604", "lon": "-95.3698", "display_name": "Congress Avenue, Houston"}])
    assert find(AUSTIN) == (None, "nominatim places the address 146 miles from its ZIP code.")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("oops", 500),
        ("{}", 429),
        ("denied", 403),
        ("moved", 302),
        ("not json", 200),
        ("", 200),
        ("42", 200),
        ('["x"]', 200),
        ('[{"lat": "north", "lon": "1"}]', 200),
        ('[{"lat": "91", "lon": "1"}]', 200),
        ('[{"lat": "NaN", "lon": "1"}]', 200),
        ('[{"place": 1}]', 200),
        ('{"error": "no"}', 200),
    ],
)
def test_an_answer_that_is_none_is_neither_believed_nor_kept(nominatim: Nominatim, body: str, status: int) -> None:
    nominatim.answers(body, status)
    assert find(AUSTIN) == (None, "nominatim does not respond.")
    assert not GeocodedAddress.objects.exists()


def test_a_slow_one_is_not_waited_for(nominatim: Nominatim, settings: Settings) -> None:
    settings.GEOCODER_TIMEOUT_SECONDS = 0.2
    nominatim.release.clear()
    began = time.monotonic()
    assert find(AUSTIN) == (None, "nominatim does not respond.")
    assert time.monotonic() - began < 30


def test_after_three_failures_it_is_left_alone_for_a_while(nominatim: Nominatim, settings: Settings) -> None:
    nominatim.answers("oops", 500)
    for _ in range(5):
        assert find(AUSTIN) == (None, "nominatim does not respond.")
    assert len(nominatim.asked) == 3
    assert circuit_breaker.state(PROVIDER) == "open"
    nominatim.answers(FOUND)
    assert find(AUSTIN) == (None, "nominatim does not respond.")
    settings.TRAVEL_BREAKER_SECONDS = 0
    assert find(AUSTIN).point
    assert circuit_breaker.state(PROVIDER) == "closed"


def test_an_answer_ends_a_row_of_failures(nominatim: Nominatim) -> None:
    streets = (Address(f"{number} Main Street", "Austin", "TX", "78701") for number in range(9))
    nominatim.answers("oops", 500)
    find(next(streets)), find(next(streets))
    nominatim.answers(FOUND)
    assert find(next(streets)).point
    nominatim.answers("oops", 500)
    find(next(streets)), find(next(streets))
    assert circuit_breaker.state(PROVIDER) == "closed"
    find(next(streets))
    assert circuit_breaker.state(PROVIDER) == "open"


def test_without_valkey_it_is_asked_all_the_same(nominatim: Nominatim, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert find(AUSTIN).point == Point(30.2641, -97.7449)
    assert len(nominatim.asked) == 1


def test_a_server_that_is_not_there(nominatim: Nominatim, settings: Settings) -> None:
    settings.GEOCODER_URL = "http://127.0.0.1:1"
    providers._geocode.cache_clear()
    assert find(AUSTIN) == (None, "nominatim does not respond.")


class TestImports:
    def run(self, text: str, *, write: bool = True) -> ImportRun:
        run = begin(kind="contractors", name="x.csv", content=text.encode(), actor=UserFactory())
        work_on_files()
        if write:
            import_checked(run_id=run.pk)
            work_on_files()
        run.refresh_from_db()
        return run

    def test_coordinates_by_the_address_and_asked_once_for_check_and_import(self, nominatim: Nominatim) -> None:
        run = self.run(f"{HEAD}\n{ANN}\n")
        assert counts(run) == (1, 0, 0, 0)
        ann = Contractor.objects.get()
        assert (float(ann.latitude), float(ann.longitude)) == (30.2641, -97.7449)
        assert run.rows.get().remarks == "Coordinates of the address from nominatim."
        assert len(nominatim.asked) == 1

    def test_the_middle_of_the_zip_code_when_it_fails_and_the_row_says_which(self, nominatim: Nominatim) -> None:
        nominatim.answers("oops", 500)
        run = self.run(f"{HEAD}\n{ANN}\n")
        assert round(float(Contractor.objects.get().latitude), 4) == 30.2713
        assert run.rows.get().remarks == (
            "nominatim does not respond. The coordinates are the center of ZIP code 78701."
        )

    def test_no_request_is_sent_for_known_values(self, nominatim: Nominatim) -> None:
        ContractorFactory(email="ann@example.com")
        known = "ann@example.com,Ann Tiles,100 Congress Avenue,Austin,TX,78701"
        placed = ANN.replace("78701,,", "78701,30.1,-97.1").replace("ann@", "bob@")
        self.run(f"email,name,address,city,state,zip_code\n{known}\n")
        self.run(f"{HEAD}\n{placed}\n")
        self.run(f"{HEAD}\n{ANN.replace('78701', '00000').replace('ann@', 'cid@')}\n", write=False)
        assert nominatim.asked == []

    def test_no_request_is_sent_without_a_provider(self, nominatim: Nominatim, settings: Settings) -> None:
        settings.GEOCODER = ""
        run = self.run(f"{HEAD}\n{ANN}\n")
        assert run.rows.get().remarks == "The coordinates are the center of ZIP code 78701."
        assert nominatim.asked == []

    def test_never_inside_a_transaction(
        self, nominatim: Nominatim, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
    ) -> None:
        from django.db import connection

        depths: list[int] = []

        def ask(address: str) -> Point:
            depths.append(len(connection.savepoint_ids))
            return Point(30.2641, -97.7449)

        outside = len(connection.savepoint_ids)
        monkeypatch.setattr(lookup, "ask", ask)
        self.run(f"{HEAD}\n{ANN}\n")
        assert depths == [outside]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"GEOCODER": "yahoo"}, "GEOCODER must be one of nominatim, google, mapbox, opencage"),
        ({"GEOCODER": "google"}, "GEOCODER_KEY must be set for google."),
        ({"GEOCODER": "nominatim"}, "GEOCODER_USER_AGENT must identify you"),
        ({"GEOCODER": "nominatim", "GEOCODER_URL": "nominatim.example.com"}, "GEOCODER_URL must be like https"),
        ({"GEOCODER": "nominatim", "GEOCODER_USER_AGENT": "me", "GEOCODER_A_SECOND": 5.0}, "must be at most 1"),
    ],
)
def test_a_wrong_setting_is_named(settings: Settings, values: dict[str, Any], message: str) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
    assert any(message in error.msg for error in check_geocoder())


@pytest.mark.parametrize("name", providers.PROVIDERS)
def test_every_provider_is_asked_where_geopy_asks_it(
    settings: Settings, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the adapter pins it to is what geopy's own class calls."""
    settings.GEOCODER, settings.GEOCODER_KEY, settings.GEOCODER_USER_AGENT = name, "key", "tests"
    asked: list[Any] = []

    def send(method: str, url: str, *, of: str, **_: Any) -> Any:
        asked.append((origin(url), origin(of)))
        return EMPTY

    monkeypatch.setattr(geopy_adapter, "send", send)
    providers._geocode.cache_clear()
    with suppress(providers.NoAnswer):
        providers.ask(AUSTIN)
    providers._geocode.cache_clear()
    ((url, of),) = asked
    assert url == of


@pytest.mark.parametrize("name", providers.PROVIDERS)
def test_every_provider_can_be_made(settings: Settings, name: str) -> None:
    settings.GEOCODER, settings.GEOCODER_KEY, settings.GEOCODER_URL = name, "key", "https://maps.example.com"
    settings.GEOCODER_USER_AGENT = "tests"
    assert check_geocoder() == []
    providers._geocode.cache_clear()
    assert callable(providers._geocode(name, settings.GEOCODER_URL, "key")[0])
    providers._geocode.cache_clear()

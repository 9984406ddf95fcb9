"""Configured local providers without state of earlier tests."""

from collections.abc import Iterator

import pytest
import stamina
from pytest_django import Settings

from smartscheduler.core.redis import valkey
from tests.recommendations.travel.servers import Providers
from tests.recommendations.travel.servers import providers as running
from tests.recommendations.valkey_keys import delete_keys

STORED = ("travel", "providers")


@pytest.fixture(scope="session")
def servers() -> Iterator[Providers]:
    with running() as server:
        yield server


@pytest.fixture
def roads(servers: Providers, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    """Google Routes, then OpenRouteService; no waiting between attempts."""
    monkeypatch.setattr("recommendations.refresh_requests.GATHER_SECONDS", 0.05)
    servers.behavior.clear()
    servers.calls.clear()
    servers.requests.clear()
    servers.go_on.clear()
    memory = valkey()
    delete_keys(memory, *STORED)
    settings.TRAVEL_PROVIDERS = ["google_routes", "openrouteservice"]
    settings.TRAVEL_KEYS = dict.fromkeys(("google_routes", "google_matrix", "openrouteservice"), "SECRET")
    settings.TRAVEL_URLS = dict.fromkeys(settings.TRAVEL_URLS, servers.url)
    settings.OUTGOING_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.TRAVEL_TIMEOUT_SECONDS = 30
    stamina.set_testing(True, attempts=3)
    yield servers
    stamina.set_testing(False)
    servers.go_on.set()
    delete_keys(memory, *STORED)

"""A configured local language model without state of earlier tests."""

from collections.abc import Iterator

import pytest
import stamina
from pytest_django import Settings

from recommendations.llm.rewording import refresh_requests
from smartscheduler.core.redis import valkey
from tests.recommendations.llm.servers import Model
from tests.recommendations.llm.servers import model as running
from tests.recommendations.valkey_keys import delete_keys

URLS = {"anthropic": "", "openai": "/v1"}
STORED = ("words", "providers:explanations")


@pytest.fixture(scope="session")
def server() -> Iterator[Model]:
    with running() as started:
        yield started


@pytest.fixture
def model(server: Model, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    monkeypatch.setattr("recommendations.refresh_requests.GATHER_SECONDS", 0.05)
    server.behavior = "normal"
    server.requests.clear()
    server.go_on.clear()
    memory = valkey()
    delete_keys(memory, *STORED)
    use(settings, server, "anthropic")
    settings.OUTGOING_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.EXPLANATION_TIMEOUT_SECONDS = 30
    stamina.set_testing(True, attempts=2)
    yield server
    stamina.set_testing(False)
    server.go_on.set()
    if thread := refresh_requests._thread:
        thread.join(60)
    refresh_requests._recorded_at.clear()
    delete_keys(memory, *STORED)


def use(settings: Settings, server: Model, provider: str) -> None:
    settings.EXPLANATION_MODEL_PROVIDER = provider
    settings.EXPLANATION_MODEL_NAME, settings.EXPLANATION_MODEL_KEY = "a-model", "SECRET"
    settings.EXPLANATION_MODEL_URL = server.url + URLS[provider]

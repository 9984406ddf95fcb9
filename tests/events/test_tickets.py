"""One-time tickets of the WebSocket."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import redis
from django.conf import settings
from pytest_django import Settings

from smartscheduler.accounts.credentials import Credential
from smartscheduler.accounts.websocket_tickets import issue_ticket, spend_ticket
from smartscheduler.errors import Busy
from tests.events.processes import free_port
from tests.factories import UserFactory


@pytest.fixture
def valkey() -> Iterator[Any]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


def test_sixteen_spend_it_at_once_and_one_succeeds(db: None) -> None:
    user = UserFactory()
    for _ in range(20):
        ticket, _seconds = issue_ticket(Credential.of(user))
        together = Barrier(16)

        def spend(_: int, ticket: str = ticket, together: Barrier = together) -> Credential | None:
            together.wait(120)
            return spend_ticket(ticket)

        with ThreadPoolExecutor(16) as pool:
            spent = [credential.user_id for credential in pool.map(spend, range(16)) if credential]
        assert spent == [user.pk]


def test_lives_thirty_seconds_and_is_no_part_of_a_url(db: None, valkey: Any) -> None:
    ticket, seconds = issue_ticket(Credential.of(UserFactory()))
    assert seconds == 30
    [key] = valkey.keys(f"*{ticket}")
    assert 28 <= valkey.ttl(key) <= 30
    # A subprotocol is a token: letters, digits and a few signs.
    assert ticket.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("value", ["", "unknown", "x" * 101, "*", "a:b"])
def test_made_up_ones_are_worth_nothing(value: str) -> None:
    assert spend_ticket(value) is None


def test_says_busy_when_there_is_no_valkey(db: None, settings: Settings) -> None:
    user = UserFactory()
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    with pytest.raises(Busy):
        issue_ticket(Credential.of(user))

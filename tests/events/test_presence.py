"""Limit on the open sockets of an account over all web processes."""

from uuid import uuid4

import pytest
from pytest_django import Settings

from smartscheduler.accounts.models import User
from smartscheduler.core.redis import valkey
from smartscheduler.events.sockets import presence
from tests.events import processes
from tests.events.test_socket import closed
from tests.events.wire import subscribed
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.system
def test_the_limit_holds_for_each_account_over_all_processes(user: User) -> None:
    limit = {"EVENT_SOCKETS_PER_ACCOUNT": "2", "EVENT_HEARTBEAT_SECONDS": "0.5"}
    with processes.web(**limit) as first_web, processes.web(**limit) as second_web:
        with subscribed(first_web, user) as first, subscribed(second_web, user) as second:
            for subscriber in (first, second):
                subscriber.until("heartbeat")
            with subscribed(first_web, user) as third:
                assert closed(third) == 4429
            with subscribed(first_web, UserFactory()) as somebody_else:
                somebody_else.until("ready")
            # Being there is said again at each heartbeat, and does not count twice.
            first.until("heartbeat")
        processes.wait_until(lambda: not valkey().zcard(presence._of(str(user.pk))))
        with subscribed(second_web, user) as again:
            again.until("ready")


def test_of_two_places_two_are_given() -> None:
    account, sockets = str(uuid4()), [str(uuid4()) for _ in range(3)]
    assert [presence.enter(account, socket, most=2) for socket in sockets] == [True, True, False]
    assert presence.enter(account, sockets[0], most=2)
    presence.leave(account, sockets[1])
    assert presence.enter(account, sockets[2], most=2)


def test_one_that_has_not_been_heard_of_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    account = str(uuid4())
    monkeypatch.setattr(presence, "FORGOTTEN_SECONDS", -1)
    assert presence.enter(account, "lost", most=1)
    assert presence.enter(account, "other", most=1)


def test_without_valkey_every_socket_is_admitted(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert presence.enter("somebody", "socket", most=0)
    presence.leave("somebody", "socket")
    assert "sockets_not_counted" in caplog.text

"""A web server with a short heartbeat interval and a relay, each started once for the tests of a module."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from smartscheduler.accounts.models import User
from tests.events import processes
from tests.factories import UserFactory


@pytest.fixture(scope="module")
def web(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    """The port of a web server whose sockets have a heartbeat every half second."""
    with django_db_blocker.unblock(), processes.web(EVENT_HEARTBEAT_SECONDS="0.5") as port:
        yield port


@pytest.fixture(scope="module")
def relay_of_module(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A relay, which keeps its position in the database, so that each test begins with an empty log."""
    with django_db_blocker.unblock(), processes.relay():
        processes.wait_until(processes.active_relay)
        yield


@pytest.fixture
def relay(transactional_db: None, relay_of_module: None) -> None:
    """An active relay."""


@pytest.fixture
def user(transactional_db: None) -> User:
    return UserFactory()

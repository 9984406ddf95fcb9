"""A web server for the tests of a module, with a short heartbeat interval."""

from collections.abc import Iterator
from subprocess import Popen

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


@pytest.fixture
def relay(transactional_db: None) -> Iterator[Popen[bytes]]:
    """An active relay."""
    with processes.relay() as process:
        processes.wait_until(processes.active_relay)
        yield process


@pytest.fixture
def user(transactional_db: None) -> User:
    return UserFactory()

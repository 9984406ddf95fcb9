"""One web server for the tests of a module, with a quick heartbeat."""

import pytest

from smartscheduler.accounts.models import User
from tests.events import processes
from tests.factories import UserFactory


@pytest.fixture(scope="module")
def web(django_db_setup, django_db_blocker):
    """The port of a web server whose sockets have a heartbeat every half second."""
    with django_db_blocker.unblock(), processes.web(EVENT_HEARTBEAT_SECONDS="0.5") as port:
        yield port


@pytest.fixture
def relay(transactional_db):
    """An active relay."""
    with processes.relay() as process:
        processes.wait_until(processes.active_relay)
        yield process


@pytest.fixture
def user(transactional_db) -> User:
    return UserFactory()

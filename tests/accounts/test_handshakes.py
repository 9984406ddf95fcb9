"""Which origins open a socket, and with what."""

import pytest

from smartscheduler.accounts.credentials import Credential
from smartscheduler.accounts.handshakes import admit
from smartscheduler.accounts.tickets import issue_ticket
from tests.events.wire import session_cookie
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ELSEWHERE = "https://board.example.com"


@pytest.fixture(autouse=True)
def opened(settings):
    settings.CORS_ALLOWED_ORIGINS = [ELSEWHERE]
    settings.ALLOWED_HOSTS = ["scheduler.example.com"]


@pytest.fixture
def user():
    return UserFactory()


def handshake(*, origin, ticket=None, cookie="", host="scheduler.example.com"):
    headers = {"host": host, "origin": origin, "cookie": cookie}
    return {
        "type": "websocket",
        "scheme": "wss",
        "path": "/ws/events/",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items() if value],
        "subprotocols": ["events.v1", f"ticket.{ticket}"] if ticket else [],
    }


def test_a_page_elsewhere_that_may_use_the_api_comes_with_a_ticket(user):
    ticket, _ = issue_ticket(Credential.of(user))
    assert admit(handshake(origin=ELSEWHERE, ticket=ticket)).user == user


def test_and_never_with_the_cookie(user):
    assert admit(handshake(origin=ELSEWHERE, cookie=session_cookie(user))) is None
    assert admit(handshake(origin="https://scheduler.example.com", cookie=session_cookie(user))).user == user


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://board.example.com", f"{ELSEWHERE}:8443"])
def test_others_do_not_even_spend_the_ticket(user, origin):
    ticket, _ = issue_ticket(Credential.of(user))
    assert admit(handshake(origin=origin, ticket=ticket)) is None
    assert admit(handshake(origin=ELSEWHERE, ticket=ticket)).user == user


def test_not_under_a_name_that_is_not_ours(user):
    ticket, _ = issue_ticket(Credential.of(user))
    assert admit(handshake(origin=ELSEWHERE, ticket=ticket, host="evil.example")) is None


def test_by_default_there_is_no_elsewhere(user, settings):
    settings.CORS_ALLOWED_ORIGINS = []
    ticket, _ = issue_ticket(Credential.of(user))
    assert admit(handshake(origin=ELSEWHERE, ticket=ticket)) is None

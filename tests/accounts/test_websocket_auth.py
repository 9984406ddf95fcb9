"""Authentication and allowed origins of the event socket."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from pytest_django import DjangoAssertNumQueries, Settings

from smartscheduler.accounts import websocket_auth
from smartscheduler.accounts.credentials import Credential
from smartscheduler.accounts.models import User
from smartscheduler.accounts.websocket_auth import SIGNED_OUT, HandshakeRefused, Visitor, claim_of
from smartscheduler.accounts.websocket_tickets import issue_ticket
from smartscheduler.core.http import rate_limits
from smartscheduler.events.sockets import consumer
from smartscheduler.events.sockets.consumer import EventsConsumer
from tests.events.wire import session_cookie
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rate limits")]
ELSEWHERE = "https://board.example.com"
# A control frame has 125 bytes, two of them for the code (RFC 6455, section 5.5).
LONGEST_REASON = 123


@pytest.fixture(autouse=True)
def opened(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ELSEWHERE]
    settings.ALLOWED_HOSTS = ["scheduler.example.com"]


@pytest.fixture
def user() -> User:
    return UserFactory()


def handshake(
    *, origin: str | None, ticket: Any = None, cookie: str = "", host: str = "scheduler.example.com"
) -> dict[Any, Any]:
    headers = {"host": host, "origin": origin, "cookie": cookie}
    return {
        "type": "websocket",
        "scheme": "wss",
        "path": "/ws/events/",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items() if value],
        "subprotocols": ["events.v1", f"ticket.{ticket}"] if ticket else [],
    }


def visitor_of(scope: dict[str, Any]) -> Visitor | None:
    """The visitor of a handshake, as the socket finds it; None if it is refused."""
    try:
        return claim_of(scope).visitor()
    except HandshakeRefused as refusal:
        assert len(refusal.reason.encode()) <= LONGEST_REASON
        return None


def admitted(scope: dict[str, Any]) -> Visitor:
    visitor = visitor_of(scope)
    assert visitor
    return visitor


def test_a_page_elsewhere_that_may_use_the_api_comes_with_a_ticket(user: User) -> None:
    ticket, _ = issue_ticket(Credential.of(user))
    assert admitted(handshake(origin=ELSEWHERE, ticket=ticket)).user == user


def test_and_never_with_the_cookie(user: User) -> None:
    assert visitor_of(handshake(origin=ELSEWHERE, cookie=session_cookie(user))) is None
    assert admitted(handshake(origin="https://scheduler.example.com", cookie=session_cookie(user))).user == user


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://board.example.com", f"{ELSEWHERE}:8443"])
def test_others_do_not_even_spend_the_ticket(user: User, origin: str) -> None:
    ticket, _ = issue_ticket(Credential.of(user))
    assert visitor_of(handshake(origin=origin, ticket=ticket)) is None
    assert admitted(handshake(origin=ELSEWHERE, ticket=ticket)).user == user


def test_not_under_a_name_that_is_not_ours(user: User) -> None:
    ticket, _ = issue_ticket(Credential.of(user))
    assert visitor_of(handshake(origin=ELSEWHERE, ticket=ticket, host="evil.example")) is None


def test_by_default_there_is_no_elsewhere(user: User, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = []
    ticket, _ = issue_ticket(Credential.of(user))
    assert visitor_of(handshake(origin=ELSEWHERE, ticket=ticket)) is None


@pytest.mark.parametrize("by", ["ticket", "session"])
def test_what_a_quota_counts_is_known_before_the_database_is_asked(
    user: User, by: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    if by == "ticket":
        scope = handshake(origin=ELSEWHERE, ticket=issue_ticket(Credential.of(user))[0])
    else:
        scope = handshake(origin="https://scheduler.example.com", cookie=session_cookie(user))
    with django_assert_num_queries(0):
        claim = claim_of(scope)
    visitor = claim.visitor()
    assert visitor
    assert visitor.user == user
    assert (claim.key == str(user.pk)) == (by == "ticket")
    assert claim.key not in scope.get("cookie", "")


class TestQuotas:
    """A handshake with the consumer alone: what it answers, and whether it has looked an account up."""

    @pytest.fixture(autouse=True)
    def limits(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rate_limits.RoleThrottle, "_silent_until", 0.0)
        settings.RATE_LIMITS = True
        settings.QUOTAS_A_MINUTE = {"sockets": 2, "handshakes": 100}
        rate_limits.limiter(settings.REDIS_URL).storage.reset()

    @pytest.fixture
    def looked_up(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """The sessions that were looked up."""
        seen: list[Any] = []
        look_up = websocket_auth._by_session

        def note(request: Any) -> Any:
            seen.append(request)
            return look_up(request)

        monkeypatch.setattr(websocket_auth, "_by_session", note)
        monkeypatch.setattr(consumer, "database_sync_to_async", sync_to_async)
        return seen

    def knock(self, scope: Any) -> list[Any]:
        """Open the socket; the codes that it was closed with, 0 for accepted."""
        answers: list[Any] = []
        socket: Any = EventsConsumer()
        socket.scope = scope

        async def accept(subprotocol: Any = None) -> None:
            answers.append(0)

        async def close(code: int | None = None, reason: str | None = None) -> None:
            answers.append(code)

        async def send(text: str) -> None:
            answers.append("told")

        socket.accept, socket.close, socket.send = accept, close, send
        async_to_sync(socket.connect)()
        return answers

    def test_a_session_beyond_its_quota_is_not_looked_up_again(self, user: User, looked_up: list[Any]) -> None:
        scope = handshake(origin="https://scheduler.example.com", cookie=session_cookie(user))
        scope["query_string"] = b"after=nonsense"
        assert [self.knock(scope) for _ in range(2)] == [[0, "told", consumer.BAD_REQUEST]] * 2
        assert len(looked_up) == 2
        assert self.knock(scope) == [0, consumer.TOO_MANY_SOCKETS]
        assert len(looked_up) == 2

    def test_a_made_up_session_is_refused_however_often(self, looked_up: list[Any]) -> None:
        scope = handshake(origin="https://scheduler.example.com", cookie=f"{settings.SESSION_COOKIE_NAME}=made-up")
        assert [self.knock(scope) for _ in range(4)] == [[0, SIGNED_OUT]] * 4

    def test_an_address_that_failed_too_often_is_refused_before_accept(self, looked_up: list[Any]) -> None:
        settings.QUOTAS_A_MINUTE["handshakes"] = 2
        scope = handshake(origin=None)
        assert [self.knock(scope) for _ in range(3)] == [[0, SIGNED_OUT]] * 2 + [[None]]

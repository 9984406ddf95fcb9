"""Authentication of WebSocket handshakes: a session cookie from the same origin, or a single-use ticket."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib import auth
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.utils.http import is_same_domain
from django.utils.module_loading import import_string

from smartscheduler.accounts.credentials import Credential, Refusal, standing
from smartscheduler.accounts.models import User
from smartscheduler.accounts.session_store import NAME
from smartscheduler.accounts.websocket_tickets import spend_ticket

TICKET_PREFIX = "ticket."
Scope = Mapping[str, Any]


class HandshakeRefused(Exception):
    """Why a handshake is refused: a close code of the socket, and a sentence of at most 123 bytes."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


# docs/events.md describes how clients react to each code.
SIGNED_OUT, FORBIDDEN, TICKET_GONE = 4401, 4403, 4410


@dataclass(frozen=True)
class Visitor:
    """An authenticated account and its credential."""

    user: User
    credential: Credential

    def still(self) -> User | None:
        """The current account; None if the credential is no longer valid."""
        [result] = standing([self.credential])
        return None if isinstance(result, Refusal) else result


@dataclass(frozen=True)
class Claim:
    """Unverified identity of a handshake, before any database query.

    `key` identifies it for quotas: the account of a ticket, or a digest of the session key. `visitor` verifies it.
    """

    key: str
    visitor: Callable[[], Visitor | None]


def claim_of(scope: Scope) -> Claim:
    """The claim of a handshake. Raises HandshakeRefused without usable credentials, and for a foreign origin.

    Uses up a ticket, which can also come from one of CORS_ALLOWED_ORIGINS. A session cookie is accepted only with an
    `Origin` of this site: browsers always send one, and with the cookie alone any website could open the socket.
    """
    request = _as_request(scope)
    origin = request.headers.get("Origin")
    ours = origin is not None and _is_ours(origin, request)
    ticket = _ticket(scope)
    if ticket is None:
        return _claim_by_session(request, ours=ours)
    if origin is None or ours or _is_allowed(origin, request):
        return _claim_by_ticket(ticket)
    raise HandshakeRefused(FORBIDDEN, "Pages of this origin may not open the socket (CORS_ALLOWED_ORIGINS).")


@database_sync_to_async
def account_of_session(scope: Scope) -> str | None:
    """Id of the account of the session cookie in an HTTP scope; None without a valid session."""
    visitor = _by_session(ASGIRequest(scope, BytesIO()))
    return str(visitor.user.pk) if visitor else None


def _claim_by_ticket(ticket: str) -> Claim:
    spent = spend_ticket(ticket)
    if spent is None:
        raise HandshakeRefused(TICKET_GONE, "The ticket is unknown, expired or used. Get a new one.")
    return Claim(str(spent.user_id), partial(_by_credential, spent))


def _by_credential(credential: Credential) -> Visitor | None:
    [user] = standing([credential])
    return None if isinstance(user, Refusal) else Visitor(user, credential)


def _claim_by_session(request: HttpRequest, *, ours: bool) -> Claim:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key:
        raise HandshakeRefused(SIGNED_OUT, "There is no ticket and no session. Offer the subprotocol ticket.<value>.")
    if not ours:
        raise HandshakeRefused(FORBIDDEN, "A session is accepted from pages of this site only. Use a ticket.")
    return Claim(hashlib.sha256(key.encode()).hexdigest(), partial(_by_session, request))


def _by_session(request: HttpRequest) -> Visitor | None:
    session_store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    request.session = session_store(key)
    user = auth.get_user(request)
    return Visitor(user, Credential.of(user, request.session.get(NAME))) if isinstance(user, User) else None


def _ticket(scope: Scope) -> str | None:
    offered = [name for name in scope.get("subprotocols", ()) if name.startswith(TICKET_PREFIX)]
    return offered[0].removeprefix(TICKET_PREFIX) if offered else None


def _as_request(scope: Scope) -> ASGIRequest:
    """The handshake as a Django request, so that Django's rules for hosts, proxies and cookies apply."""
    scheme = {"wss": "https", "ws": "http"}.get(scope.get("scheme", "ws"), "http")
    return ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())


def _is_ours(origin: str, request: HttpRequest) -> bool:
    """The same rule as Django's for unsafe requests: this host, or one of CSRF_TRUSTED_ORIGINS."""
    host = _host(request)
    if host is None:
        return False
    own = f"{request.scheme}://{host}"
    return origin == own or any(_matches(origin, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS)


def _is_allowed(origin: str, request: HttpRequest) -> bool:
    """Whether the origin may use the API (CORS). Only for tickets, because cookies are not sent from there."""
    return _host(request) is not None and origin in settings.CORS_ALLOWED_ORIGINS


def _host(request: HttpRequest) -> str | None:
    """The requested host; None if it is not in ALLOWED_HOSTS."""
    try:
        return request.get_host()
    except DisallowedHost:
        return None


def _matches(origin: str, trusted: str) -> bool:
    if "*" not in trusted:
        return origin == trusted
    actual, pattern = urlsplit(origin), urlsplit(trusted)
    return actual.scheme == pattern.scheme and is_same_domain(actual.netloc, pattern.netloc.lstrip("*"))

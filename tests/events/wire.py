"""A WebSocket client for the event socket."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction
from websockets.sync import client
from websockets.sync.client import ClientConnection
from websockets.typing import Subprotocol

from smartscheduler.accounts.credentials import Credential
from smartscheduler.accounts.models import User
from smartscheduler.accounts.session_store import SessionStore
from smartscheduler.accounts.websocket_tickets import issue_ticket
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.publishing import RecommendationsUpdated, publish
from tests.events.declared import check_frame
from tests.events.processes import wait_until

# A full queue would hold up the closing handshake. A keepalive joins the thread that `recv` joins: in Python 3.11, two
# joins at the same moment can fail.
connect = partial(client.connect, max_queue=None, ping_interval=None)


def happen(count: int = 1, *, job_id: UUID | None = None) -> None:
    """Commit `count` events, each in a transaction of its own."""
    for _ in range(count):
        with transaction.atomic():
            publish(RecommendationsUpdated(job_id=job_id or uuid4()), actor=None)


def happen_numbered(count: int = 1, *, job_id: UUID | None = None) -> None:
    """Commit `count` events and wait until the relay has numbered them."""
    before = len(numbered())
    happen(count, job_id=job_id)
    wait_until(lambda: len(numbered()) == before + count)


def numbered() -> list[int]:
    """Every sequence number given, in order."""
    rows = OutboxEvent.objects.filter(sequence__isnull=False).order_by("sequence")
    return [number for number in rows.values_list("sequence", flat=True) if number is not None]


def session_cookie(user: User) -> str:
    """A `Cookie` header of a signed-in user."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


class Subscriber:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def frame(self, timeout: float = 120.0) -> dict[str, Any]:
        """The next frame, which is as docs/asyncapi.yaml declares it. Raises TimeoutError."""
        frame: dict[str, Any] = json.loads(self.connection.recv(timeout))
        check_frame(frame)
        return frame

    def frames(self, timeout: float = 120.0) -> Iterator[dict[str, Any]]:
        """Frames until the time is over: heartbeats alone do not prolong it. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while True:
            yield self.frame(max(0, deadline - time.monotonic()))

    def until(self, kind: str, timeout: float = 120.0) -> list[dict[str, Any]]:
        """The frames up to and including the first of `kind`."""
        frames = []
        for frame in self.frames(timeout):
            frames.append(frame)
            if kind in frame:
                break
        return frames

    def events(self, count: int, timeout: float = 120.0) -> list[dict[str, Any]]:
        """The next `count` envelopes; a resync or an error between them is not expected."""
        envelopes: list[dict[str, Any]] = []
        frames = self.frames(timeout)
        while len(envelopes) < count:
            frame = next(frames)
            assert frame.keys() <= {"event", "heartbeat", "ready"}, frame
            envelopes.extend([frame["event"]] if "event" in frame else [])
        return envelopes


@contextmanager
def subscribed(port: int, user: User, query: str = "", **options: Any) -> Iterator[Subscriber]:
    """A socket opened with a fresh ticket."""
    ticket, _ = issue_ticket(Credential.of(user))
    with connect(url(port, query), subprotocols=subprotocols(ticket), **options) as connection:
        yield Subscriber(connection)


def subprotocols(ticket: str) -> list[Subprotocol]:
    return [Subprotocol("events.v1"), Subprotocol(f"ticket.{ticket}")]


def url(port: int, query: str = "") -> str:
    return f"ws://127.0.0.1:{port}/ws/events/{query}"


def sequences(envelopes: list[dict[str, Any]]) -> list[int]:
    return [envelope["sequence"] for envelope in envelopes]

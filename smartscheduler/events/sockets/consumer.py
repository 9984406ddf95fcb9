"""The event WebSocket, `/ws/events/`."""

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Any

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from django.utils.translation import gettext
from rest_framework.exceptions import ValidationError

from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.websocket_auth import FORBIDDEN, SIGNED_OUT, Claim, HandshakeRefused, claim_of
from smartscheduler.core.http.client_networks import network_of
from smartscheduler.core.http.rate_limits import is_over_quota, takes_quota
from smartscheduler.core.observability import tracing
from smartscheduler.core.rest.problems import describe
from smartscheduler.core.rest.views import check_parameters
from smartscheduler.errors import InvalidInput
from smartscheduler.events import event_log
from smartscheduler.events.sockets import presence
from smartscheduler.events.sockets.connections import Connection, SignedOut, note_closed
from smartscheduler.events.sockets.frames import as_text
from smartscheduler.events.sockets.hub import Hub, hub
from smartscheduler.events.sockets.stream import Frame, Stream, TooSlow, TooTalkative
from smartscheduler.events.subscriptions import Selection

PATH = "/ws/events/"
SUBPROTOCOL = "events.v1"
# Query parameters, each with whether it may occur more than once.
PARAMETERS = {"after": False, "types": True, "topics": True}
LONGEST_MESSAGE, MOST_MESSAGES_A_MINUTE = 4096, 8

# Close codes; docs/events.md describes how clients react to each.
BAD_REQUEST, SLOW_CONSUMER, TOO_MANY_SOCKETS = 4400, 4008, 4429
POLICY_VIOLATION, TOO_BIG, TRY_AGAIN_LATER = 1008, 1009, 1013

log = structlog.get_logger(__name__)


class EventsConsumer(AsyncWebsocketConsumer):
    """A WebSocket of a subscriber: closed with the reason at once, or fed by a `Stream` until it closes."""

    # The hub receives the hints, once for all sockets of the process.
    channel_layer_alias = ""

    hub: Hub
    connection: Connection
    stream: Stream | None = None
    feeding: "asyncio.Task[None] | None" = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sent_at: deque[float] = deque()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stop_feeding()

    async def connect(self) -> None:
        connection = await self._admit()
        if connection is None:
            return
        try:
            stream = self._stream(connection)
        except (InvalidInput, TooManyFieldsSent, ValidationError) as error:
            await self.send(as_text({"error": problem(error)}, connection.reader))
            await self.close(BAD_REQUEST)
            return
        most = settings.EVENT_SOCKETS_PER_ACCOUNT
        if not await asyncio.to_thread(presence.enter, connection.account, connection.socket, most=most):
            await self.close(TOO_MANY_SOCKETS, "This account has too many open sockets. Close one of them.")
            return
        self.connection, self.stream = connection, stream
        self.feeding = asyncio.create_task(self._feed(stream))

    async def _admit(self) -> Connection | None:
        """Accept the socket and return its connection; None when it was rejected, or closed with the reason."""
        address = network_of((self.scope.get("client") or ("",))[0])
        # The one rejection before accept: it must be as cheap as possible.
        if await asyncio.to_thread(is_over_quota, "handshakes", address):
            await self.close()
            return None
        try:
            claim = await asyncio.to_thread(claim_of, self.scope)
            # Checked before any query: only a credential that was valid a moment ago can have used up this quota.
            if await asyncio.to_thread(is_over_quota, "sockets", claim.key):
                await self._accept()
                await self._close_over_quota()
                return None
            connection = await database_sync_to_async(_connection_of)(claim)
        except HandshakeRefused as refusal:
            # Only failures count for an address, because a whole office may share it.
            await asyncio.to_thread(takes_quota, "handshakes", address)
            # Browsers tell scripts only about a close after accept.
            await self._accept()
            await self.close(refusal.code, refusal.reason)
            return None
        await self._accept()
        if not await asyncio.to_thread(_takes_quotas, {connection.account, claim.key}):
            await self._close_over_quota()
            return None
        return connection

    async def _accept(self) -> None:
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in self.scope.get("subprotocols", ()) else None)

    async def _close_over_quota(self) -> None:
        await self.close(TOO_MANY_SOCKETS, "This account opened too many sockets in the last minute.")

    def _stream(self, connection: Connection) -> Stream:
        query = QueryDict(self.scope["query_string"])
        check_parameters(query, PARAMETERS)
        self.hub = hub()
        return Stream(
            log=self.hub.recent,
            connection=connection,
            stays=self.hub.stays,
            send=self._send_frame,
            end=self._end,
            selection=Selection.parse(**{name: ",".join(query.getlist(name)) for name in ("types", "topics")}),
            after=event_log.parse_after(query.get("after")),
            queue_size=settings.EVENT_SOCKET_QUEUE,
            send_timeout_seconds=settings.EVENT_SEND_TIMEOUT_SECONDS,
        )

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer any message of a client with an error, and close the socket after too many messages."""
        if self.stream is None:
            return
        if len(text_data or bytes_data or "") > LONGEST_MESSAGE:
            self._send_away(TOO_BIG, "The message is too long.")
            return
        if not self._may_send():
            self._send_away(POLICY_VIOLATION, "Too many messages.")
            return
        try:
            self.stream.reply({"error": problem(InvalidInput(gettext("This socket does not accept messages.")))})
        except TooTalkative:
            self._send_away(POLICY_VIOLATION, "Too many messages.")

    def _may_send(self) -> bool:
        now = time.monotonic()
        while self.sent_at and self.sent_at[0] < now - 60:
            self.sent_at.popleft()
        self.sent_at.append(now)
        return len(self.sent_at) <= MOST_MESSAGES_A_MINUTE

    async def disconnect(self, code: int) -> None:
        self._stop_feeding()
        if hasattr(self, "connection"):
            await asyncio.to_thread(note_closed, self.connection)

    async def _feed(self, stream: Stream) -> None:
        try:
            await self.hub.serve(stream)
        except Exception as error:
            self._end(error)

    def _end(self, error: Exception) -> None:
        match error:
            case TooSlow():
                self._send_away(SLOW_CONSUMER, "Too slow. Reconnect with ?after=<your last sequence>.")
            case SignedOut():
                self._send_away(SIGNED_OUT, "Sign in again.")
            case _:
                if not isinstance(error, OSError):  # an OSError means that the client disconnected
                    log.warning("event_socket_failed", error=repr(error))
                self._send_away(TRY_AGAIN_LATER, "Reconnect with ?after=<your last sequence>.")

    def _send_away(self, code: int, reason: str) -> None:
        """Stop feeding and close in a task, because the socket's buffer may be full."""
        if self.stream is not None:
            self._stop_feeding()
            self.feeding = asyncio.create_task(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        with suppress(OSError):
            await self.close(code, reason)

    def _stop_feeding(self) -> None:
        self.stream = None
        if self.feeding is not None:
            self.feeding.cancel()

    async def _send_frame(self, frame: Frame) -> None:
        traces = self.hub.traces
        parent = traces.get(frame["event"]["sequence"], "") if traces and "event" in frame else ""
        if not parent:
            await self._write(frame)
            return
        with tracing.span(f"socket {frame['event']['type']}", parent=parent, kind="consumer"):
            await self._write(frame)

    async def _write(self, frame: Frame) -> None:
        await self.send(as_text(frame, self.connection.reader))


def _connection_of(claim: Claim) -> Connection:
    """The connection of a verified claim. Raises HandshakeRefused."""
    visitor = claim.visitor()
    if visitor is None:
        raise HandshakeRefused(SIGNED_OUT, "The sign-in has ended. Sign in again.")
    if not visitor.user.allows(Permission.VIEW_EVENTS):
        raise HandshakeRefused(FORBIDDEN, "The role of this account may not read events.")
    return Connection(visitor)


def _takes_quotas(keys: set[str]) -> bool:
    """Count the socket for its account and its session. Both are counted, even when one is used up."""
    within = [takes_quota("sockets", key) for key in keys]
    return all(within)


def problem(error: Exception) -> dict[str, Any]:
    """An error as the same problem document as over HTTP."""
    return describe(error).as_json(instance=PATH, trace_id="")

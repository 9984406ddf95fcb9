"""The event WebSocket, `/ws/events/`."""

import asyncio
import sys
from typing import Any
from urllib.parse import parse_qs

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError

from smartscheduler import tracing
from smartscheduler.accounts.handshakes import Visitor, admit
from smartscheduler.accounts.models import User
from smartscheduler.accounts.policy import Permission
from smartscheduler.errors import InvalidInput
from smartscheduler.events import attendance, feed
from smartscheduler.events.channel import group
from smartscheduler.events.frames import as_text
from smartscheduler.events.selections import Selection
from smartscheduler.events.stream import Frame, Stream, TooSlow, TooTalkative
from smartscheduler.problems import describe

PATH = "/ws/events/"
SUBPROTOCOL = "events.v1"
LONGEST_MESSAGE = 4096
LONGEST_HEARTBEAT_SECONDS = 60.0

# Close codes; docs/events.md says what a client does about each.
BAD_REQUEST, SIGNED_OUT, SLOW_CONSUMER, TOO_MANY_SOCKETS = 4400, 4401, 4008, 4429
POLICY_VIOLATION, TOO_BIG, TRY_AGAIN_LATER = 1008, 1009, 1013

log = structlog.get_logger(__name__)


class SignedOut(Exception):
    """The credentials the socket was opened with no longer hold."""


class EventsConsumer(AsyncWebsocketConsumer):
    """One subscriber: refused before accept, or fed by a `Stream` until it leaves or is sent away."""

    visitor: Visitor
    reader: User
    stream: Stream | None = None
    feeding: "asyncio.Task[None] | None" = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Where events that are still to be sent stand in their traces; empty while nobody records these.
        self.traces: dict[int, str] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stop_feeding()

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels looks at the database connections before each message; a hint touches none.
        if message["type"] == "events.head":
            self.events_head(message)
        else:
            await super().dispatch(message)

    async def connect(self) -> None:
        visitor = await database_sync_to_async(admit)(self.scope)
        if visitor is None or not visitor.user.allows(Permission.VIEW_EVENTS):
            await self.close()
            return
        self.visitor, self.reader = visitor, visitor.user
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in self.scope.get("subprotocols", ()) else None)
        try:
            self.stream = self._stream()
        except InvalidInput as error:
            await self._send_frame({"error": problem(error)})
            await self.close(BAD_REQUEST)
            return
        if not await database_sync_to_async(self._enter)(settings.EVENT_SOCKETS_PER_ACCOUNT):
            self.stream = None
            await self.close(TOO_MANY_SOCKETS, "This account has too many sockets open; close one.")
            return
        # First subscribe, then replay: the other way round loses what is sent in between.
        await self.channel_layer.group_add(group(), self.channel_name)
        self.feeding = asyncio.create_task(self._feed(self.stream))

    def _stream(self) -> Stream:
        query = parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return Stream(
            send=self._send_frame,
            check=self._check,
            selection=Selection.parse(types=",".join(query.get("types", [])), topics=",".join(query.get("topics", []))),
            after=feed.parse_after(query["after"][-1] if "after" in query else None),
            heartbeat_seconds=min(settings.EVENT_HEARTBEAT_SECONDS, LONGEST_HEARTBEAT_SECONDS),
            queue_size=settings.EVENT_SOCKET_QUEUE,
            send_timeout_seconds=settings.EVENT_SEND_TIMEOUT_SECONDS,
        )

    def events_head(self, message: dict[str, Any]) -> None:
        """A hint of the relay."""
        if self.stream is None:
            return
        if tracing.is_recording():
            self._remember_traces(message)
        try:
            self.stream.hear(message["sequence"], message["envelopes"])
        except TooSlow:
            self._send_away(SLOW_CONSUMER, "Too slow; reconnect with ?after=<your last sequence>.")

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Clients have nothing to say here; they are told so, and sent away when they go on."""
        if self.stream is None:
            return
        if len(text_data or bytes_data or "") > LONGEST_MESSAGE:
            self._send_away(TOO_BIG, "Too long a message.")
            return
        try:
            self.stream.reply({"error": UNEXPECTED_MESSAGE})
        except TooTalkative:
            self._send_away(POLICY_VIOLATION, "Too many messages.")

    async def disconnect(self, code: int) -> None:
        self._stop_feeding()
        await self.channel_layer.group_discard(group(), self.channel_name)
        if hasattr(self, "visitor"):
            await database_sync_to_async(attendance.leave)(str(self.visitor.user.pk), self.channel_name)

    async def _feed(self, stream: Stream) -> None:
        try:
            await stream.run()
        except TooSlow:
            await self._close(SLOW_CONSUMER, "Too slow; reconnect with ?after=<your last sequence>.")
        except SignedOut:
            await self._close(SIGNED_OUT, "Sign in again.")
        except DatabaseError as error:
            log.warning("event_socket_lost_the_database", error=repr(error))
            await self._close(TRY_AGAIN_LATER, "Reconnect with ?after=<your last sequence>.")

    def _send_away(self, code: int, reason: str) -> None:
        """Stop feeding and close, without waiting for a socket that may be full."""
        self._stop_feeding()
        self.feeding = asyncio.create_task(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        self.stream = None
        await self.close(code, reason)

    def _stop_feeding(self) -> None:
        self.stream = None
        if self.feeding is not None:
            self.feeding.cancel()

    def _enter(self, most: int) -> bool:
        return attendance.enter(str(self.visitor.user.pk), self.channel_name, most=most)

    async def _check(self) -> None:
        await database_sync_to_async(self._enter)(sys.maxsize)
        user = await database_sync_to_async(self.visitor.still)()
        if user is None or not user.allows(Permission.VIEW_EVENTS):
            raise SignedOut
        self.reader = user  # with the role of now

    def _remember_traces(self, message: dict[str, Any]) -> None:
        numbers = [envelope["sequence"] for envelope in message["envelopes"]]
        if len(self.traces) > settings.EVENT_SOCKET_QUEUE:  # of events that were left out, or read from the table
            self.traces.clear()
        self.traces.update(zip(numbers, message.get("traces", []), strict=False))

    async def _send_frame(self, frame: Frame) -> None:
        parent = self.traces.pop(frame["event"]["sequence"], "") if "event" in frame else ""
        if not parent:
            await self._write(frame)
            return
        with tracing.span(f"socket {frame['event']['type']}", parent=parent, kind="consumer"):
            await self._write(frame)

    async def _write(self, frame: Frame) -> None:
        await self.send(text_data=as_text(frame, self.reader))


def problem(error: InvalidInput) -> dict[str, Any]:
    """An error as the problem document that HTTP would answer."""
    return describe(error).as_json(instance=PATH, trace_id="")


UNEXPECTED_MESSAGE = problem(InvalidInput("This socket only sends; it takes no messages."))

"""Per-process event hub: one channel-layer subscription and one poll of the event table, shared by all sockets.

Hints can be lost, so the hub also reads the table once a second and whenever a sequence number is missing. All code
here runs on the event loop of the sockets.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error

from smartscheduler.core.observability import tracing
from smartscheduler.events import event_log
from smartscheduler.events.event_log import Envelope
from smartscheduler.events.sockets import connections
from smartscheduler.events.sockets.connections import Connection
from smartscheduler.events.sockets.heartbeats import Heartbeats, MayStay, Step, run_every
from smartscheduler.events.sockets.listener import listen
from smartscheduler.events.sockets.ring_buffer import RingBuffer
from smartscheduler.events.sockets.stream import Stream
from smartscheduler.events.subscriptions import Selection

# The largest delay after a lost hint.
LOOK_EVERY_SECONDS = 1.0
LONGEST_HEARTBEAT_SECONDS = 60.0
# An event stays in the buffer for at least this long, and at most twice as long.
KEEP_SECONDS = 60.0
PAGE = 1_000


class Hub:
    """Serves streams; its tasks run from the first stream that joins until the last one leaves."""

    def __init__(self, *, may_stay: MayStay = connections.may_stay) -> None:
        heartbeat_seconds = min(settings.EVENT_HEARTBEAT_SECONDS, LONGEST_HEARTBEAT_SECONDS)
        self.recent = RingBuffer()
        # The `traceparent` of recent events by sequence number; empty while traces are not recorded.
        self.traces: dict[int, str] = {}
        self._look_seconds = min(LOOK_EVERY_SECONDS, heartbeat_seconds)
        self._position_before = 0
        self._heartbeats = Heartbeats(
            lambda: self.streams, leave=self.leave, heartbeat_seconds=heartbeat_seconds, may_stay=may_stay
        )
        self._streams: defaultdict[Selection, set[Stream]] = defaultdict(set)
        self._tasks: list[asyncio.Task[None]] = []
        self._join_lock, self._look_lock = asyncio.Lock(), asyncio.Lock()

    async def serve(self, stream: Stream) -> None:
        """Run `stream` in this hub. Never returns; raises DatabaseError."""
        await self.join(stream)
        try:
            await stream.run()
        finally:
            self.leave(stream)

    async def join(self, stream: Stream) -> None:
        """Notify `stream` of new events from now on. Raises DatabaseError when the head cannot be read."""
        async with self._join_lock:
            if not self._tasks:
                self.recent.begin(await database_sync_to_async(event_log.head)())
                steps = [asyncio.create_task(run_every(seconds, step)) for seconds, step in self._steps()]
                self._tasks = [asyncio.create_task(listen(self.on_hint)), *steps]
            self._heartbeats.schedule_first_heartbeat(stream)
            self._streams[stream.selection].add(stream)

    def _steps(self) -> Iterator[tuple[float, Step]]:
        yield self._look_seconds, self.look
        yield KEEP_SECONDS, self._forget
        yield from self._heartbeats.steps()

    def leave(self, stream: Stream) -> None:
        """Stop notifying `stream`; the last one to leave stops the tasks of the hub."""
        others = self._streams[stream.selection]
        others.discard(stream)
        if not others:
            del self._streams[stream.selection]
        if not self._streams:
            for task in self._tasks:
                task.cancel()
            self._tasks = []
            self.traces.clear()

    @property
    def streams(self) -> list[Stream]:
        """All streams of the hub."""
        return [stream for streams in self._streams.values() for stream in streams]

    async def on_hint(self, hint: dict[str, Any]) -> None:
        """Process a hint of the relay."""
        if tracing.is_recording():
            self._remember_traces(hint)
        with suppress(Error):  # the next poll reads the table again
            await self._add(hint["envelopes"])
            if hint["sequence"] > self.recent.position:
                await self.look()

    async def stays(self, connection: Connection) -> bool:
        """Whether the credential of a connection is valid. Raises Django's database errors."""
        return all(await self._heartbeats.stays([connection]))

    async def _add(self, envelopes: Sequence[Envelope]) -> None:
        """Notify the streams whose credentials are valid, and end the others. Raises Django's database errors."""
        if envelopes:
            await self._heartbeats.end_refused()
        self._notify(envelopes)

    def _notify(self, envelopes: Sequence[Envelope]) -> None:
        before = self.recent.position
        news = self.recent.add(envelopes)
        if news:
            for selection, streams in self._streams.items():
                matched = any(map(selection.matches, news))
                for stream in streams:
                    stream.notify(before, self.recent.position, matched=matched)

    async def look(self) -> None:
        """Read events that are missing in the buffer from the table. Raises DatabaseError."""
        async with self._look_lock:
            known = self.recent.position
            head = await database_sync_to_async(event_log.head)()
            if head < known:  # a backup was restored
                self._restart_at(head)
            while self.recent.position < head:
                page = await database_sync_to_async(event_log.read)(after=self.recent.position, limit=PAGE)
                if page.resync or not page.envelopes:
                    self._restart_at(page.head)
                    return
                await self._add(page.envelopes)
                if self.recent.position < page.upto:  # rows were deleted from the log
                    self._restart_at(page.upto)

    def _restart_at(self, head: int) -> None:
        """Clear the buffer and make all streams read the table again."""
        self.recent.begin(head)
        for stream in self.streams:
            stream.resync()

    async def _forget(self) -> None:
        """Drop events of the previous interval, so that erased personal data does not stay in memory."""
        self.recent.drop(self._position_before)
        self._position_before = self.recent.position

    def _remember_traces(self, hint: dict[str, Any]) -> None:
        numbers = [envelope["sequence"] for envelope in hint["envelopes"]]
        if len(self.traces) > 2 * PAGE:
            self.traces.clear()
        self.traces.update(zip(numbers, hint.get("traces", []), strict=False))


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the present event loop, one in each web process."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]

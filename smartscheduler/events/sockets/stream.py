"""Ordered delivery of events to one subscriber, without gaps and repeats. Independent of WebSockets.

A stream first replays the events of the table after the subscriber's last number, then sends the events of the hub.
A subscriber that falls behind the hub's buffer reads the table again.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async

from smartscheduler.events import event_log
from smartscheduler.events.sockets.connections import Connection, SignedOut
from smartscheduler.events.sockets.ring_buffer import RingBuffer
from smartscheduler.events.subscriptions import Selection

Frame = dict[str, Any]
# A socket is slow when a frame takes longer than this; before, a burst of events can be the cause.
STALL_SECONDS = 1.0
MOST_REPLIES = 8
SENT_AT_ONCE = 100


class TooSlow(Exception):
    """The subscriber does not keep up. It should reconnect with its last sequence number."""


class TooTalkative(Exception):
    """The subscriber sends messages faster than it reads the answers."""


class Stream:
    """The events of one subscriber.

    `send` sends a frame and returns when the socket has accepted it. `end` closes the socket and must not wait. `log`
    is the buffer of the hub, which calls `notify`, `resync`, and `heartbeat`. `stays` checks the credential (raises
    Django's database errors). Up to `queue_size` events may wait for a stalled socket.
    """

    def __init__(
        self,
        *,
        log: RingBuffer,
        connection: Connection,
        stays: Callable[[Connection], Awaitable[bool]],
        send: Callable[[Frame], Awaitable[None]],
        end: Callable[[Exception], None],
        selection: Selection,
        after: int | None,
        queue_size: int,
        send_timeout_seconds: float,
    ) -> None:
        self.connection, self.selection, self.end = connection, selection, end
        # Time of the next heartbeat on the loop's clock; set and read by the hub.
        self.heartbeat_due_at = 0.0
        self._log, self._stays, self._send_frame, self._after = log, stays, send, after
        self._queue_size, self._send_timeout_seconds = queue_size, send_timeout_seconds
        self._position = after or 0
        self._sending_since: float | None = None
        self._replies: deque[Frame] = deque()
        self._wake = asyncio.Event()
        self._idle = self._resync_due = self._heartbeat_due = False

    def notify(self, before: int, upto: int, *, matched: bool) -> None:
        """Events after `before` up to `upto` have arrived; `matched` when one of them matches the selection."""
        if self._idle and not matched and not self._resync_due and self._position >= before:
            self._position = max(self._position, upto)
        else:
            self._wake.set()

    def resync(self) -> None:
        """Read the table again, because the log was restored or its rows were deleted."""
        self._resync_due = True
        self._wake.set()

    def heartbeat(self) -> None:
        """Send a heartbeat after the waiting events."""
        self._heartbeat_due = True
        self._wake.set()

    def reply(self, frame: Frame) -> None:
        """Queue another frame, such as an error. Raises TooTalkative when too many are waiting."""
        if len(self._replies) >= MOST_REPLIES:
            raise TooTalkative
        self._replies.append(frame)
        self._wake.set()

    def end_if_stalled(self) -> None:
        """End with TooSlow when a frame takes too long, or when too many events wait behind a stalled frame."""
        since = self._sending_since
        if since is None:
            return
        stalled = asyncio.get_running_loop().time() - since
        if stalled > self._send_timeout_seconds or (stalled > STALL_SECONDS and self._waiting() > self._queue_size):
            self.end(TooSlow())

    def _waiting(self) -> int:
        """The number of waiting events in the buffer; 0 for a stream that is behind the buffer."""
        news = self._log.since(self._position) or []
        return len(news) if len(news) <= self._queue_size else sum(map(self.selection.matches, news))

    async def run(self) -> None:
        """Replay the table, send `ready`, and send new events; called by `Hub.serve`. Never returns.

        Raises DatabaseError.
        """
        if self._after is None:
            self._position = await database_sync_to_async(event_log.head)()
        else:
            await self._replay()
        await self._send({"ready": self._position})
        while True:
            await self._pass_on()
            self._idle = True
            await self._wake.wait()
            self._idle = False
            self._wake.clear()

    async def _pass_on(self) -> None:
        """Send all waiting frames."""
        while self._has_more():
            while self._replies:
                await self._send(self._replies.popleft())
            news = self._log.since(self._position, SENT_AT_ONCE)
            if self._resync_due or news is None:
                self._resync_due = False
                await self._replay()
                news = []
            for envelope in news:
                if self.selection.matches(envelope):
                    await self._send({"event": envelope})
                self._position = envelope["sequence"]
            if self._heartbeat_due:
                self._heartbeat_due = False
                await self._send({"heartbeat": self._position})
            if len(news) == SENT_AT_ONCE:  # let other sockets send
                await asyncio.sleep(0)

    def _has_more(self) -> bool:
        behind = self._position < self._log.position
        return behind or self._resync_due or self._heartbeat_due or bool(self._replies)

    async def _replay(self) -> None:
        """Send the events of the table up to its end."""
        while True:
            page = await database_sync_to_async(event_log.read)(after=self._position, selection=self.selection)
            if page.envelopes and not await self._stays(self.connection):
                raise SignedOut
            for envelope in page.envelopes:
                await self._send({"event": envelope})
            if page.resync:
                await self._send({"resync": page.head})
            self._position = page.upto
            if self._position >= page.head:
                break

    async def _send(self, frame: Frame) -> None:
        self._sending_since = asyncio.get_running_loop().time()
        await self._send_frame(frame)
        self._sending_since = None

"""What one subscriber gets, in order, without a gap and without a repeat. Knows nothing of sockets.

First comes what the table has after the subscriber's own number; then what the hub of the process tells of.
Who falls behind what the hub still keeps reads the table again.
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
# A socket that has not taken a frame for this long is slow; before, it is only our own burst.
STALL_SECONDS = 1.0
MOST_REPLIES = 8
SENT_AT_ONCE = 100


class TooSlow(Exception):
    """The subscriber does not keep up. It comes back with the last sequence it has."""


class TooTalkative(Exception):
    """The subscriber sends more than it reads answers to."""


class Stream:
    """`send` takes one frame and returns when the socket has; `end` stops it all from outside, and must not wait.

    `log` has the latest events, `stays` tells whether a member's credential still holds (raises Django's database
    errors). The hub that fills `log` calls `notify`, `resync` and `heartbeat`.

    `queue_size` events may wait for a socket that takes none.
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
        # When the next heartbeat is due, by the loop's clock; the hub sets and reads it.
        self.heartbeat_due_at = 0.0
        self._log, self._stays, self._send_frame, self._after = log, stays, send, after
        self._queue_size, self._send_timeout_seconds = queue_size, send_timeout_seconds
        self._position = after or 0
        self._sending_since: float | None = None
        self._replies: deque[Frame] = deque()
        self._wake = asyncio.Event()
        self._idle = self._resync_due = self._heartbeat_due = False

    def notify(self, before: int, upto: int, *, matched: bool) -> None:
        """Something has come after the number `before`, up to `upto`; `matched` when it concerns the subscriber."""
        if self._idle and not matched and not self._resync_due and self._position >= before:
            self._position = max(self._position, upto)
        else:
            self._wake.set()

    def resync(self) -> None:
        """The log is not what it was: look where we are."""
        self._resync_due = True
        self._wake.set()

    def heartbeat(self) -> None:
        """Send a heartbeat after whatever is to be sent now."""
        self._heartbeat_due = True
        self._wake.set()

    def reply(self, frame: Frame) -> None:
        """Send a frame of another kind in its turn. Raises TooTalkative when too many wait already."""
        if len(self._replies) >= MOST_REPLIES:
            raise TooTalkative
        self._replies.append(frame)
        self._wake.set()

    def end_if_stalled(self) -> None:
        """End with TooSlow when one frame takes too long, or too many events wait behind one that does not move."""
        since = self._sending_since
        if since is None:
            return
        stalled = asyncio.get_running_loop().time() - since
        if stalled > self._send_timeout_seconds or (stalled > STALL_SECONDS and self._waiting() > self._queue_size):
            self.end(TooSlow())

    def _waiting(self) -> int:
        """How many events wait of those that are kept; who is behind these has the time of one frame."""
        news = self._log.since(self._position) or []
        return len(news) if len(news) <= self._queue_size else sum(map(self.selection.matches, news))

    async def run(self) -> None:
        """Replay, say `ready`, go live; for `Hub.serve`. Returns never; raises DatabaseError."""
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
        """Everything that waits, until nothing does."""
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
            if len(news) == SENT_AT_ONCE:  # a socket that takes everything at once would let nobody else have a turn
                await asyncio.sleep(0)

    def _has_more(self) -> bool:
        behind = self._position < self._log.position
        return behind or self._resync_due or self._heartbeat_due or bool(self._replies)

    async def _replay(self) -> None:
        """Read the table to its end."""
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

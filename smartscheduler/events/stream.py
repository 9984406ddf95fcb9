"""What one subscriber gets, in order, without a gap and without a repeat. Knows nothing of sockets.

The table is read first, whenever something is missing, and at every heartbeat; in between, the
hints of the channel layer are passed on as they come. `hear` must be called for hints from before
`run` starts reading, so that nothing falls between the replay and the live part.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from channels.db import database_sync_to_async

from smartscheduler.events import feed
from smartscheduler.events.feed import Envelope
from smartscheduler.events.selections import Selection

Frame = dict[str, Any]
# A hint may be published before Valkey has taken our subscription; the first look comes early for that.
FIRST_LOOK_SECONDS = 1.0
# A socket that has not taken a frame for this long is slow; before, it is only our own burst.
STALL_SECONDS = 1.0
MOST_REPLIES = 8


class TooSlow(Exception):
    """The subscriber does not keep up. It comes back with the last sequence it has."""


class TooTalkative(Exception):
    """The subscriber sends more than it reads answers to."""


class Stream:
    """`send` takes one frame and returns when the socket has; `queue_size` events may wait for it."""

    def __init__(
        self,
        *,
        send: Callable[[Frame], Awaitable[None]],
        check: Callable[[], Awaitable[None]],
        selection: Selection,
        after: int | None,
        heartbeat_seconds: float,
        queue_size: int,
        send_timeout_seconds: float,
    ) -> None:
        self._send_frame, self._check = send, check
        self._selection, self._after = selection, after
        self._heartbeat_seconds, self._queue_size = heartbeat_seconds, queue_size
        self._send_timeout_seconds = send_timeout_seconds
        self._position = after or 0
        # The last number told of by a hint since the table was read.
        self._heard = 0
        self._sending_since: float | None = None
        self._waiting: deque[Envelope] = deque()
        self._replies: deque[Frame] = deque()
        self._wake = asyncio.Event()

    def hear(self, sequence: int, envelopes: list[Envelope]) -> None:
        """Take a hint, also while the table is read; never waits.

        Raises TooSlow when too many events wait for a socket that takes none. When it does take them, the
        burst is left to the table: what waits here is bounded either way.
        """
        self._heard = max(self._heard, sequence)
        self._waiting.extend(envelopes)
        if len(self._waiting) > self._queue_size:
            if self._stalled:
                raise TooSlow
            self._waiting.clear()
        self._wake.set()

    @property
    def _stalled(self) -> bool:
        since = self._sending_since
        return since is not None and asyncio.get_running_loop().time() - since > STALL_SECONDS

    def reply(self, frame: Frame) -> None:
        """Send a frame of another kind in its turn. Raises TooTalkative when too many wait already."""
        if len(self._replies) >= MOST_REPLIES:
            raise TooTalkative
        self._replies.append(frame)
        self._wake.set()

    async def run(self) -> None:
        """Replay, say `ready`, go live. Returns never; raises TooSlow, and whatever `check` raises."""
        if self._after is None:
            self._position = await database_sync_to_async(feed.head)()
        await self._replay()
        await self._send({"ready": self._position})
        loop = asyncio.get_running_loop()
        look_at = loop.time() + min(FIRST_LOOK_SECONDS, self._heartbeat_seconds)
        while True:
            if loop.time() >= look_at:
                await self._beat()
                look_at = loop.time() + self._heartbeat_seconds
            await self._pass_on()
            await self._sleep_until(look_at)

    async def _sleep_until(self, moment: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(moment):
                await self._wake.wait()
        self._wake.clear()

    async def _beat(self) -> None:
        """A head beyond all that was heard means that a hint was lost; one that went back, a restored backup."""
        await self._check()
        head = await database_sync_to_async(feed.head)()
        if not self._position <= head <= max(self._heard, self._position):
            await self._replay()
        await self._send({"heartbeat": self._position})

    async def _pass_on(self) -> None:
        """Everything that waits; from the table when a number is missing."""
        while self._replies:
            await self._send(self._replies.popleft())
        while self._waiting and self._waiting[0]["sequence"] <= self._position + 1:
            envelope = self._waiting.popleft()
            if envelope["sequence"] > self._position:
                await self._pass(envelope)
                self._position = envelope["sequence"]
        if self._heard > self._position:
            await self._replay()

    async def _replay(self) -> None:
        """Read the table to its end. What is heard meanwhile waits, and goes on from there.

        To read until nothing is heard any more would, with a thousand sockets, never end: the more there is to read,
        the more is heard meanwhile.
        """
        while True:
            # A number from before a restored backup would otherwise be waited for without end.
            self._heard = 0
            page = await database_sync_to_async(feed.read)(after=self._position, selection=self._selection)
            for envelope in page.envelopes:
                await self._send({"event": envelope})
            if page.resync:
                self._waiting.clear()
                await self._send({"resync": page.head})
            self._position = page.upto
            if self._position >= page.head:
                break

    async def _pass(self, envelope: Envelope) -> None:
        if self._selection.matches(envelope):
            await self._send({"event": envelope})

    async def _send(self, frame: Frame) -> None:
        self._sending_since = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._send_timeout_seconds):
                await self._send_frame(frame)
        except TimeoutError:
            raise TooSlow from None
        finally:
            self._sending_since = None

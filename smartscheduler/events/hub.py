"""What all sockets of a process have in common: one ear for the hints, one look at the table, one round of heartbeats.

The table is the truth and a hint is a hint: where a number is missing, and once a second, the hub looks at the
table, once for all its streams. Everything here happens on the loop of the sockets.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from smartscheduler import tracing
from smartscheduler.events import feed, members
from smartscheduler.events.channel import group
from smartscheduler.events.feed import Envelope
from smartscheduler.events.layer import Layer
from smartscheduler.events.members import Member, SignedOut
from smartscheduler.events.recent import Recent
from smartscheduler.events.selections import Selection

if TYPE_CHECKING:
    from smartscheduler.events.stream import Stream

# A hint that was lost costs so much time and no more.
LOOK_EVERY_SECONDS = 1.0
LONGEST_HEARTBEAT_SECONDS = 60.0
SILENCE_SECONDS = 1.0
# An event is kept so long, and no longer than twice that.
KEEP_SECONDS = 60.0
PAGE = 1_000

log = structlog.get_logger(__name__)


class Hub:
    """Serves its streams from the first that joins until the last leaves."""

    def __init__(self, *, may_stay: Callable[[Sequence[Member]], list[bool]] = members.may_stay) -> None:
        self.recent = Recent()
        self._position_before = 0
        # Where events that are still to be sent stand in their traces; empty while nobody records these.
        self.traces: dict[int, str] = {}
        self._may_stay = may_stay
        self._streams: defaultdict[Selection, set[Stream]] = defaultdict(set)
        self._tasks: list[asyncio.Task[None]] = []
        self._door, self._looking = asyncio.Lock(), asyncio.Lock()
        self._heartbeat_seconds = min(settings.EVENT_HEARTBEAT_SECONDS, LONGEST_HEARTBEAT_SECONDS)
        self._tick_seconds = min(LOOK_EVERY_SECONDS, self._heartbeat_seconds)

    async def join(self, stream: "Stream") -> None:
        """From now on `stream` is told of what comes. Raises DatabaseError when there is no telling where we are."""
        async with self._door:
            if not self._tasks:
                self.recent.begin(await database_sync_to_async(feed.head)())
                self._tasks = [
                    asyncio.create_task(self._hear()),
                    asyncio.create_task(_every(self._tick_seconds, self.look)),
                    asyncio.create_task(_every(self._tick_seconds / 2, self._beat)),
                    asyncio.create_task(_every(self._tick_seconds / 2, self._end_stalled)),
                    asyncio.create_task(_every(self._heartbeat_seconds, self._note_presence)),
                    asyncio.create_task(_every(KEEP_SECONDS, self._forget)),
                ]
            stream.beat_at = asyncio.get_running_loop().time() + self._heartbeat_seconds
            self._streams[stream.selection].add(stream)

    def leave(self, stream: "Stream") -> None:
        """Tell `stream` nothing more."""
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
    def streams(self) -> list["Stream"]:
        return [stream for some in self._streams.values() for stream in some]

    async def _hear(self) -> None:
        """Listen to the relay until cancelled."""
        layer = get_channel_layer()
        if not isinstance(layer, Layer):
            raise ImproperlyConfigured("CHANNEL_LAYERS has another default layer than smartscheduler.events.layer.")
        while not _is_over():
            channel = ""
            try:
                channel = await layer.new_channel()
                await layer.group_add(group(), channel)
                while not _is_over():
                    await self.hear(await layer.receive(channel))
            except Exception as error:
                # The looks at the table go on.
                log.warning("event_sockets_hear_no_hints", error=repr(error))
            finally:
                # When this is the end, nothing may come in its way.
                with suppress(Exception):
                    await layer.group_discard(group(), channel)
            layer.forget_channels()
            await asyncio.sleep(SILENCE_SECONDS)

    async def hear(self, hint: dict[str, Any]) -> None:
        """Take one hint of the relay."""
        if tracing.is_recording():
            self._remember_traces(hint)
        self._take(hint["envelopes"])
        if hint["sequence"] > self.recent.position:
            with suppress(DatabaseError):  # the next look will tell
                await self.look()

    def _take(self, envelopes: Sequence[Envelope]) -> None:
        before = self.recent.position
        news = self.recent.add(envelopes)
        if news:
            for selection, streams in self._streams.items():
                matched = any(map(selection.matches, news))
                for stream in streams:
                    stream.tell(before, self.recent.position, matched=matched)

    async def look(self) -> None:
        """Read what the table has and we have not. Raises DatabaseError."""
        async with self._looking:
            known = self.recent.position
            head = await database_sync_to_async(feed.head)()
            if head < known:  # a restored backup
                self._begin_anew(head)
            while self.recent.position < head:
                page = await database_sync_to_async(feed.read)(after=self.recent.position, limit=PAGE)
                if page.resync or not page.envelopes:
                    self._begin_anew(page.head)
                    return
                self._take(page.envelopes)
                if self.recent.position < page.upto:  # somebody has taken rows out of the log
                    self._begin_anew(page.upto)

    def _begin_anew(self, head: int) -> None:
        self.recent.begin(head)
        for stream in self.streams:
            stream.doubt()

    async def _end_stalled(self) -> None:
        for stream in self.streams:
            stream.end_if_stalled()

    async def _beat(self) -> None:
        """See to the heartbeats that are due: ask whether they may stay.

        While that cannot be told they stay for one more heartbeat, in silence.
        """
        now = asyncio.get_running_loop().time()
        due = [stream for stream in self.streams if stream.beat_at <= now]
        if not due:
            return
        try:
            stays = await database_sync_to_async(self._may_stay)([stream.member for stream in due])
        except Exception as error:
            for stream in due:
                if now - stream.beat_at > self._heartbeat_seconds:
                    stream.end(error)
            raise
        for stream, stay in zip(due, stays, strict=True):
            if stay:
                stream.beat_at = now + self._heartbeat_seconds
                stream.beat()
            else:
                stream.end(SignedOut())

    async def _note_presence(self) -> None:
        # Not in the one thread of the database: a Valkey that does not answer would hold up everybody.
        await asyncio.to_thread(members.say_present, [stream.member for stream in self.streams])

    async def _forget(self) -> None:
        """What has been erased from the log since is not to stay here; those who listen have it already."""
        self.recent.drop(self._position_before)
        self._position_before = self.recent.position

    def _remember_traces(self, hint: dict[str, Any]) -> None:
        numbers = [envelope["sequence"] for envelope in hint["envelopes"]]
        if len(self.traces) > 2 * PAGE:
            self.traces.clear()
        self.traces.update(zip(numbers, hint.get("traces", []), strict=False))


def _is_over() -> bool:
    """Whether this task was told to end; redis-py swallows that while it connects."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _every(seconds: float, step: Callable[[], Awaitable[None]]) -> None:
    """Take the step again and again, whatever goes wrong with one."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await step()
        except Exception as error:
            ours = not isinstance(error, DatabaseError)
            log.warning("event_sockets_step_failed", step=step.__name__, error=repr(error), exc_info=ours)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of this process."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]

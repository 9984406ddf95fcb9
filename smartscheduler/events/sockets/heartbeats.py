"""Periodic work for all sockets of a process: heartbeats, credential checks, and closing stalled sockets."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

import structlog
from channels.db import database_sync_to_async
from django.db import DatabaseError

from smartscheduler.events.sockets import connections
from smartscheduler.events.sockets.connections import Connection, SignedOut
from smartscheduler.events.sockets.stream import Stream

MayStay = Callable[[Sequence[Connection]], list[bool]]
Step = Callable[[], Awaitable[None]]

# Interval of the checks for due heartbeats and stalled sockets; shorter for very frequent heartbeats.
LOOK_EVERY_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Heartbeats:
    """The periodic work of a hub. `may_stay` checks the credentials of connections.

    A stream whose credential is no longer valid is passed to `leave` before it ends.
    """

    def __init__(
        self,
        streams: Callable[[], Sequence[Stream]],
        *,
        leave: Callable[[Stream], None],
        heartbeat_seconds: float,
        may_stay: MayStay,
    ) -> None:
        self._streams, self._leave = streams, leave
        self._heartbeat_seconds, self._may_stay = heartbeat_seconds, may_stay

    def steps(self) -> Iterator[tuple[float, Step]]:
        """The periodic steps with their intervals in seconds."""
        often = min(LOOK_EVERY_SECONDS, self._heartbeat_seconds / 2)
        yield often, self.send_heartbeats
        yield often, self.end_stalled
        yield self._heartbeat_seconds, self.note_presence

    def schedule_first_heartbeat(self, stream: Stream) -> None:
        """Schedule the first heartbeat of a new stream after a full interval."""
        stream.heartbeat_due_at = asyncio.get_running_loop().time() + self._heartbeat_seconds

    async def end_stalled(self) -> None:
        for stream in self._streams():
            stream.end_if_stalled()

    async def send_heartbeats(self) -> None:
        """Send the due heartbeats to streams with a valid credential, and end the others.

        When the check fails, streams stay open without a heartbeat for one more interval.
        """
        now = asyncio.get_running_loop().time()
        due = [stream for stream in self._streams() if stream.heartbeat_due_at <= now]
        if not due:
            return
        try:
            stays = await self.stays([stream.connection for stream in due])
        except Exception as error:
            for stream in due:
                if now - stream.heartbeat_due_at > self._heartbeat_seconds:
                    stream.end(error)
            raise
        for stream, stay in zip(due, stays, strict=True):
            if stay:
                stream.heartbeat_due_at = now + self._heartbeat_seconds
                stream.heartbeat()
            else:
                stream.end(SignedOut())

    async def end_refused(self) -> None:
        """End the streams without a valid credential, before events are sent. Raises Django's database errors."""
        streams = self._streams()
        stays = await self.stays([stream.connection for stream in streams])
        for stream, stay in zip(streams, stays, strict=True):
            if not stay:
                self._leave(stream)
                stream.end(SignedOut())

    async def stays(self, open_connections: Sequence[Connection]) -> list[bool]:
        """Whether each credential is valid. Raises Django's database errors."""
        return await database_sync_to_async(self._may_stay)(open_connections) if open_connections else []

    async def note_presence(self) -> None:
        # Not in the thread of the database: an unresponsive Valkey would block all queries.
        await asyncio.to_thread(connections.note_open, [stream.connection for stream in self._streams()])


async def run_every(seconds: float, step: Step) -> None:
    """Run `step` at a fixed interval; exceptions are logged and do not end the loop."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await step()
        except Exception as error:
            ours = not isinstance(error, DatabaseError)
            log.warning("event_sockets_step_failed", step=step.__name__, error=repr(error), exc_info=ours)

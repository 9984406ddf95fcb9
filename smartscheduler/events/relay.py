"""The relay assigns sequence numbers to committed events and sends hints to the sockets.

An advisory lock makes sure that only one relay is active; the others stand by. The active relay holds the lock on the
same connection that it numbers events with, so a relay that loses the lock cannot number events any more. A relay that
dies after the commit and before the hint loses nothing: the events are in the table, and the next active relay starts
by announcing the head.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing, suppress

import psycopg
import structlog
from channels.layers import BaseChannelLayer, get_channel_layer
from django.core.exceptions import ImproperlyConfigured

from smartscheduler.core.observability import tracing
from smartscheduler.events.channel_group import group, hint
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.outbox import NOTIFY_CHANNEL
from smartscheduler.events.sequencer import Session, last_number, number_unsent, open_session

log = structlog.get_logger(__name__)

# The key of the advisory lock ("SSRELA" in ASCII); no other lock of the database may use it.
RELAY_LOCK = 0x5353_5245_4C41
POLL_SECONDS = 0.25
STANDBY_SECONDS = 1.0
ANNOUNCE_SECONDS = 5.0
SEND_TIMEOUT_SECONDS = 2.0
SILENCE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 5.0
EVENTS_A_HINT = 50


class Relay:
    """The relay process. Runs until `stop` is called, and reconnects after restarts of PostgreSQL and Valkey."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._announce_at = 0.0
        self._silent_until = 0.0
        self._pause = 0.0

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                async with await open_session() as session:
                    await self._serve(session)
            except psycopg.Error as error:
                log.warning("relay_lost_the_database", error=str(error).strip())
                await self._back_off()

    async def _serve(self, session: Session) -> None:
        """Wait for the lock, then number and announce events until `stop` is called."""
        if not await self._win(session):
            return
        log.info("relay_active")
        await session.execute(f"LISTEN {NOTIFY_CHANNEL}")
        await self._announce([], await last_number(session))
        self._pause = 0.0
        while not self._stopping.is_set():
            events = await number_unsent(session)
            await self._deliver(session, events)
            if not events:
                await _sleep_until_notified(session)

    async def _win(self, session: Session) -> bool:
        """Wait for the lock. Returns False when `stop` was called first."""
        while not self._stopping.is_set():
            cursor = await session.execute("SELECT pg_try_advisory_lock(%s) AS won", [RELAY_LOCK])
            row = await cursor.fetchone()
            if row and row["won"]:
                return True
            await self._rest(STANDBY_SECONDS)
        return False

    async def _deliver(self, session: Session, events: list[OutboxEvent]) -> None:
        """Announce new events, and regularly the head alone, to make up for lost hints."""
        if events:
            for chunk in _chunks(events):
                await self._announce(chunk, chunk[-1].sequence or 0)
        elif asyncio.get_running_loop().time() >= self._announce_at:
            await self._announce([], await last_number(session))

    async def _announce(self, events: Sequence[OutboxEvent], sequence: int) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._silent_until:
            return
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                message = hint(sequence, [event.envelope() for event in events], _traces(events))
                await _layer().group_send(group(), message)
        except Exception as error:
            # Without Valkey, events are still numbered: sockets also read the table. The head is announced again soon.
            log.warning("relay_cannot_announce", sequence=sequence, error=repr(error))
            self._announce_at = self._silent_until = loop.time() + SILENCE_SECONDS
        else:
            self._announce_at = loop.time() + ANNOUNCE_SECONDS

    async def _back_off(self) -> None:
        self._pause = min(max(2 * self._pause, POLL_SECONDS), LONGEST_PAUSE_SECONDS)
        await self._rest(self._pause)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def _traces(events: Sequence[OutboxEvent]) -> list[str]:
    """The `traceparent` of a new span for each event; empty while traces are not recorded."""
    if not tracing.is_recording():
        return []
    places = []
    for event in events:
        with tracing.span(f"relay {event.type}", parent=event.traceparent, kind="producer", event__id=str(event.id)):
            places.append(tracing.traceparent())
    return places


def _layer() -> BaseChannelLayer:
    layer = get_channel_layer()
    if layer is None:
        raise ImproperlyConfigured("CHANNEL_LAYERS has no default layer.")
    return layer


async def _sleep_until_notified(session: Session) -> None:
    """Wait for a NOTIFY, at most POLL_SECONDS because notifications can be lost."""
    async with aclosing(session.notifies(timeout=POLL_SECONDS, stop_after=1)) as notifications:
        async for _ in notifications:
            break


def _chunks(events: Sequence[OutboxEvent]) -> Iterator[Sequence[OutboxEvent]]:
    for start in range(0, len(events), EVENTS_A_HINT):
        yield events[start : start + EVENTS_A_HINT]

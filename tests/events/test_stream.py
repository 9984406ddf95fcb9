"""The stream on its own: bursts, gaps and stalls, with the real table behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone

from smartscheduler.events import feed
from smartscheduler.events import stream as streams
from smartscheduler.events.models import EventHead, OutboxEvent
from smartscheduler.events.selections import EVERYTHING
from smartscheduler.events.stream import MOST_REPLIES, Stream, TooSlow, TooTalkative

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def leave_no_connection() -> AsyncIterator[None]:
    """Async code works in a thread of its own, with a connection of its own."""
    yield
    await sync_to_async(connections.close_all)()


class Subscriber:
    """Takes frames while `open` is set."""

    def __init__(self, **changes: Any) -> None:
        self.frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.open = asyncio.Event()
        self.open.set()
        usual = {"heartbeat_seconds": 60.0, "queue_size": 10, "send_timeout_seconds": 60.0}
        self.stream = Stream(send=self.take, check=self.check, selection=EVERYTHING, after=None, **{**usual, **changes})

    async def take(self, frame: dict[str, Any]) -> None:
        await self.open.wait()
        self.frames.put_nowait(frame)

    async def check(self) -> None:
        """The credentials hold."""

    async def sequences(self, count: int) -> list[int]:
        found: list[int] = []
        async with asyncio.timeout(10):
            while len(found) < count:
                frame = await self.frames.get()
                found += [frame["event"]["sequence"]] if "event" in frame else []
        return found


@asynccontextmanager
async def running(subscriber: Subscriber) -> AsyncIterator[Subscriber]:
    task = asyncio.create_task(subscriber.stream.run())
    try:
        assert await subscriber.frames.get() == {"ready": 0}
        yield subscriber
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, TooSlow):
            await task


@sync_to_async
def numbered(count: int) -> list[dict[str, Any]]:
    """`count` events as the relay leaves them, and their envelopes."""
    events = [
        OutboxEvent(sequence=n, type="JobCreated", occurred_at=timezone.now(), data={"job_id": str(uuid4())})
        for n in range(1, count + 1)
    ]
    OutboxEvent.objects.bulk_create(events)
    EventHead.objects.update_or_create(pk=1, defaults={"sequence": count})
    return [event.envelope() for event in events]


async def test_passes_on_hints_without_repeats():
    async with running(Subscriber()) as subscriber:
        envelopes = await numbered(3)
        subscriber.stream.hear(2, envelopes[:2])
        subscriber.stream.hear(2, envelopes[:2])
        subscriber.stream.hear(3, envelopes[1:])
        assert await subscriber.sequences(3) == [1, 2, 3]
        await asyncio.sleep(0)
        assert subscriber.frames.empty()


async def test_reads_the_table_when_a_number_is_missing():
    async with running(Subscriber()) as subscriber:
        envelopes = await numbered(4)
        subscriber.stream.hear(4, envelopes[3:])
        assert await subscriber.sequences(4) == [1, 2, 3, 4]


async def test_leaves_a_burst_to_the_table_when_the_socket_takes_frames():
    async with running(Subscriber(queue_size=10)) as subscriber:
        envelopes = await numbered(300)
        for start in range(0, 300, 50):
            subscriber.stream.hear(start + 50, envelopes[start : start + 50])
        assert len(subscriber.stream._waiting) <= 10
        assert await subscriber.sequences(300) == list(range(1, 301))


async def test_reads_once_though_more_is_heard_during_every_reading(monkeypatch):
    async with running(Subscriber(queue_size=100)) as subscriber:
        envelopes = await numbered(40)
        read, told = feed.read, iter(range(20, 40))
        reads = []

        def while_more_comes(**options: Any) -> feed.Page:
            EventHead.objects.update(sequence=(number := next(told)))
            page = read(**options)
            loop.call_soon_threadsafe(subscriber.stream.hear, number + 1, envelopes[number : number + 1])
            reads.append(page)
            return page

        loop = asyncio.get_running_loop()
        monkeypatch.setattr(feed, "read", while_more_comes)
        subscriber.stream.hear(20, [])
        assert await subscriber.sequences(21) == list(range(1, 22))
        assert len(reads) == 1


async def test_a_heartbeat_reads_nothing_that_was_heard(monkeypatch):
    async with running(Subscriber(heartbeat_seconds=0.05)) as subscriber:
        envelopes = await numbered(3)
        subscriber.stream.hear(3, envelopes)
        assert await subscriber.sequences(3) == [1, 2, 3]
        monkeypatch.setattr(feed, "read", None)
        while "heartbeat" not in await subscriber.frames.get():
            """Until one has gone by."""


async def test_gives_up_on_a_socket_that_takes_nothing_while_events_pile_up(monkeypatch):
    monkeypatch.setattr(streams, "STALL_SECONDS", 0.0)
    async with running(Subscriber(queue_size=10)) as subscriber:
        envelopes = await numbered(30)
        subscriber.open.clear()
        subscriber.stream.hear(1, envelopes[:1])
        async with asyncio.timeout(10):
            while not subscriber.stream._stalled:
                await asyncio.sleep(0)
        with pytest.raises(TooSlow):
            subscriber.stream.hear(30, envelopes[1:])
        assert subscriber.frames.empty()


async def test_gives_up_on_a_frame_that_takes_too_long():
    subscriber = Subscriber(send_timeout_seconds=0.05)
    subscriber.open.clear()
    with pytest.raises(TooSlow):
        await subscriber.stream.run()
    assert subscriber.frames.empty()


async def test_does_not_pile_up_answers():
    subscriber = Subscriber()
    for _ in range(MOST_REPLIES):
        subscriber.stream.reply({"error": {}})
    with pytest.raises(TooTalkative):
        subscriber.stream.reply({"error": {}})

"""Streams and the hub with the real table: bursts, gaps, and stalls."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone
from pytest_django import Settings
from redis import RedisError

from smartscheduler.accounts.credentials import Credential
from smartscheduler.accounts.websocket_auth import Visitor
from smartscheduler.events import event_log
from smartscheduler.events.channel_group import group, hint
from smartscheduler.events.models import EventHead, OutboxEvent
from smartscheduler.events.sockets import hub as hubs
from smartscheduler.events.sockets import listener
from smartscheduler.events.sockets import stream as streams
from smartscheduler.events.sockets.connections import Connection, SignedOut
from smartscheduler.events.sockets.hub import Hub
from smartscheduler.events.sockets.stream import MOST_REPLIES, Stream, TooSlow, TooTalkative
from smartscheduler.events.subscriptions import EVERYTHING, Selection
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def leave_no_connection() -> AsyncIterator[None]:
    """Async code works in a thread of its own, with a connection of its own."""
    yield
    await sync_to_async(connections.close_all)()


class Subscriber:
    """Takes frames while `open` is set."""

    def __init__(self, hub: Hub, **changes: Any) -> None:
        self.hub = hub
        self.frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.open = asyncio.Event()
        self.open.set()
        self.ended: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        user = UserFactory.build()
        usual = {"selection": EVERYTHING, "after": None, "queue_size": 10, "send_timeout_seconds": 60.0}
        self.stream = Stream(
            log=hub.recent,
            connection=Connection(Visitor(user, Credential.of(user))),
            stays=hub.stays,
            send=self.take,
            end=self.end,
            **{**usual, **changes},
        )

    async def take(self, frame: dict[str, Any]) -> None:
        await self.open.wait()
        self.frames.put_nowait(frame)

    def end(self, error: Exception) -> None:
        if not self.ended.done():
            self.ended.set_result(error)

    async def sequences(self, count: int) -> list[int]:
        numbers: list[int] = []
        async with asyncio.timeout(120):
            while len(numbers) < count:
                frame = await self.frames.get()
                numbers += [frame["event"]["sequence"]] if "event" in frame else []
        return numbers

    async def until(self, kind: str) -> Any:
        async with asyncio.timeout(120):
            while kind not in (frame := await self.frames.get()):
                """What comes before."""
        return frame[kind]


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(120):
        while not holds():
            await asyncio.sleep(0)


@asynccontextmanager
async def running(hub: Hub, **changes: Any) -> AsyncIterator[Subscriber]:
    subscriber = Subscriber(hub, **changes)
    task = asyncio.create_task(hub.serve(subscriber.stream))
    try:
        await subscriber.until("ready")
        yield subscriber
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def may_stay() -> list[Any]:
    """What is said of the credentials of all."""
    return [True]


@pytest.fixture
async def hub(settings: Settings, monkeypatch: pytest.MonkeyPatch, may_stay: list[Any]) -> Hub:
    """A hub that polls the table only when it has to, with a long heartbeat interval."""
    settings.EVENT_HEARTBEAT_SECONDS = 60.0
    monkeypatch.setattr(hubs, "LOOK_EVERY_SECONDS", 60.0)
    return Hub(may_stay=lambda connections: may_stay * len(connections))


@pytest.fixture
async def quick(settings: Settings, may_stay: list[Any]) -> Hub:
    """One with a heartbeat every moment."""
    settings.EVENT_HEARTBEAT_SECONDS = 0.05
    return Hub(may_stay=lambda connections: may_stay * len(connections))


@sync_to_async
def numbered(count: int, *, first: int = 1) -> list[dict[str, Any]]:
    """`count` events as the relay leaves them, and their envelopes."""
    events = [
        OutboxEvent(sequence=n, type="JobCreated", occurred_at=timezone.now(), data={"job_id": str(uuid4())})
        for n in range(first, first + count)
    ]
    OutboxEvent.objects.bulk_create(events)
    EventHead.objects.update_or_create(pk=1, defaults={"sequence": first + count - 1})
    return [event.envelope() for event in events]


async def test_passes_on_hints_without_repeats(hub: Hub) -> None:
    async with running(hub) as subscriber:
        envelopes = await numbered(3)
        await hub.on_hint(hint(2, envelopes[:2]))
        await hub.on_hint(hint(2, envelopes[:2]))
        await hub.on_hint(hint(3, envelopes[1:]))
        assert await subscriber.sequences(3) == [1, 2, 3]
        await until(lambda: subscriber.stream._idle)
        assert subscriber.frames.empty()


async def test_reads_nothing_that_was_heard(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(hub) as subscriber:
        envelopes = await numbered(3)
        monkeypatch.setattr(event_log, "read", None)
        await hub.on_hint(hint(3, envelopes))
        assert await subscriber.sequences(3) == [1, 2, 3]


async def test_what_is_missing_is_read_once_for_all(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Any] = []
    read = event_log.read

    def counted(**options: Any) -> Any:
        reads.append(options)
        return read(**options)

    async with running(hub) as first, running(hub) as other:
        envelopes = await numbered(4)
        monkeypatch.setattr(event_log, "read", counted)
        await hub.on_hint(hint(4, envelopes[3:]))
        assert await first.sequences(4) == await other.sequences(4) == [1, 2, 3, 4]
        assert len(reads) == 1


async def test_a_look_finds_what_no_hint_told_of(quick: Hub) -> None:
    async with running(quick) as subscriber:
        await numbered(2)
        assert await subscriber.sequences(2) == [1, 2]


async def test_goes_on_after_looks_that_failed(quick: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(quick) as subscriber:
        head, failures = event_log.head, iter([DatabaseError("away")] * 3)

        def fails_at_first() -> int:
            for failure in failures:
                raise failure
            return head()

        monkeypatch.setattr(event_log, "head", fails_at_first)
        await numbered(2)
        assert await subscriber.sequences(2) == [1, 2]


async def test_who_is_further_behind_than_is_kept_reads_the_table(hub: Hub) -> None:
    hub.recent._most = 20
    async with running(hub) as subscriber:
        subscriber.open.clear()
        envelopes = await numbered(300)
        for start in range(0, 300, 10):
            await hub.on_hint(hint(start + 10, envelopes[start : start + 10]))
            await asyncio.sleep(0)
        assert hub.recent.since(1) is None
        subscriber.open.set()
        assert await subscriber.sequences(300) == list(range(1, 301))


async def test_a_heartbeat_says_how_far_one_is_whose_events_are_others(quick: Hub) -> None:
    async with running(quick, selection=Selection.parse(types="JobCancelled")) as subscriber:
        envelopes = await numbered(3)
        await quick.on_hint(hint(3, envelopes))
        async with asyncio.timeout(120):
            while await subscriber.until("heartbeat") != 3:
                """The ones before."""
        assert not subscriber.stream._wake.is_set()


async def test_a_log_that_went_back_is_told_to_all(quick: Hub) -> None:
    await numbered(5)
    async with running(quick) as first, running(quick, after=5) as other:
        await OutboxEvent.objects.filter(sequence__gt=2).adelete()
        await EventHead.objects.aupdate(sequence=2)
        assert await first.until("resync") == await other.until("resync") == 2
        await numbered(1, first=3)
        assert await first.sequences(1) == await other.sequences(1) == [3]


async def test_a_log_with_a_hole_is_gone_on_with_behind_it(quick: Hub) -> None:
    async with running(quick) as first, running(quick, selection=Selection.parse(types="JobCreated")) as other:
        await numbered(5)
        await OutboxEvent.objects.filter(sequence__in=[1, 3]).adelete()
        assert await first.sequences(3) == await other.sequences(3) == [2, 4, 5]
        await numbered(1, first=6)
        assert await first.sequences(1) == await other.sequences(1) == [6]


async def test_each_gets_its_selection_and_is_not_woken_for_other_events(hub: Hub) -> None:
    mine = Selection.parse(types="JobCancelled,JobCreated")
    async with (
        running(hub, selection=mine) as first,
        running(hub, selection=Selection.parse(types="JobAssigned")) as other,
    ):
        envelopes = await numbered(2)
        await until(lambda: other.stream._idle)
        await hub.on_hint(hint(2, envelopes))
        assert not other.stream._wake.is_set()
        assert await first.sequences(2) == [1, 2]
        assert other.frames.empty()


async def test_who_may_not_stay_is_ended_and_the_others_are_not(settings: Settings) -> None:
    gone = []
    settings.EVENT_HEARTBEAT_SECONDS = 0.05
    hub = Hub(may_stay=lambda connections: [connection not in gone for connection in connections])
    async with running(hub) as first, running(hub) as other:
        await first.until("heartbeat")
        gone.append(first.stream.connection)
        async with asyncio.timeout(120):
            assert isinstance(await first.ended, SignedOut)
        await other.until("heartbeat")
        await other.until("heartbeat")
        assert not other.ended.done()


async def test_who_may_not_stay_is_ended_before_the_next_event_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[Any] = []
    settings.EVENT_HEARTBEAT_SECONDS = 60.0
    monkeypatch.setattr(hubs, "LOOK_EVERY_SECONDS", 60.0)
    hub = Hub(may_stay=lambda connections: [connection not in gone for connection in connections])
    async with running(hub) as first, running(hub) as other:
        envelopes = await numbered(2)
        await hub.on_hint(hint(1, envelopes[:1]))
        assert await first.sequences(1) == [1]
        gone.append(first.stream.connection)
        await hub.on_hint(hint(2, envelopes[1:]))
        assert await other.sequences(2) == [1, 2]
        assert isinstance(await first.ended, SignedOut)
        assert first.frames.empty()


async def test_who_may_not_stay_gets_nothing_of_the_past(hub: Hub, may_stay: list[Any]) -> None:
    may_stay[0] = False
    await numbered(3)
    subscriber = Subscriber(hub, after=0)
    async with asyncio.timeout(60):
        with pytest.raises(SignedOut):
            await hub.serve(subscriber.stream)
    assert subscriber.frames.empty()


@pytest.mark.parametrize("error", [DatabaseError, InterfaceError, ValueError])
async def test_sockets_end_soon_while_credentials_cannot_be_checked(
    settings: Settings, error: type[DatabaseError] | type[InterfaceError] | type[ValueError]
) -> None:
    def cannot_tell(members: Any) -> list[bool]:
        asked.append(members)
        raise error("away")

    settings.EVENT_HEARTBEAT_SECONDS = 0.1
    asked: list[Any] = []
    async with running(Hub(may_stay=cannot_tell)) as subscriber, asyncio.timeout(120):
        assert isinstance(await subscriber.ended, error)
        assert len(asked) > 1


async def test_gives_up_on_a_socket_that_takes_nothing_while_events_pile_up(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "STALL_SECONDS", 0.0)
    async with running(hub, queue_size=10) as subscriber:
        envelopes = await numbered(30)
        subscriber.open.clear()
        await hub.on_hint(hint(1, envelopes[:1]))
        await until(lambda: subscriber.stream._sending_since is not None)
        subscriber.stream.end_if_stalled()
        assert not subscriber.ended.done()
        await hub.on_hint(hint(30, envelopes[1:]))
        subscriber.stream.end_if_stalled()
        assert isinstance(await subscriber.ended, TooSlow)
        assert subscriber.frames.empty()


async def test_gives_up_on_a_frame_that_takes_too_long(quick: Hub) -> None:
    async with running(quick, send_timeout_seconds=0.05) as subscriber:
        subscriber.open.clear()
        async with asyncio.timeout(120):
            assert isinstance(await subscriber.ended, TooSlow)


async def test_does_not_pile_up_answers(hub: Hub) -> None:
    subscriber = Subscriber(hub)
    for _ in range(MOST_REPLIES):
        subscriber.stream.reply({"error": {}})
    with pytest.raises(TooTalkative):
        subscriber.stream.reply({"error": {}})


async def test_the_hub_rests_when_all_have_left_and_comes_back(hub: Hub) -> None:
    for count in (1, 2):
        async with running(hub) as subscriber:
            envelopes = await numbered(1, first=count)
            await hub.on_hint(hint(count, envelopes))
            assert await subscriber.sequences(1) == [count]
        assert not hub._tasks
        assert not hub.streams


async def test_no_listener_stays_after_a_failed_leave(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Valkey is away while the last one leaves: the listener ends all the same, and the next one hears."""
    layer: Any = get_channel_layer()
    assert layer

    async def fails(*_: Any) -> None:
        raise RedisError("away")

    async with running(hub):
        await until(lambda: layer.groups)
        (listener, *_) = hub._tasks
        monkeypatch.setattr(layer._get_layer(), "group_discard", fails)
        monkeypatch.setattr(layer._get_layer()._shards[0], "unsubscribe", fails)
    assert await asyncio.wait([listener], timeout=120) == ({listener}, set())
    monkeypatch.undo()
    async with running(hub) as subscriber:
        await until(lambda: layer.channels)
        envelopes = await numbered(1)
        await until_heard(layer, envelopes, subscriber)
        assert await subscriber.sequences(1) == [1]


async def until_heard(layer: Any, envelopes: list[dict[str, Any]], subscriber: Subscriber) -> None:
    """Send until the subscription is there; more than once does no harm."""
    async with asyncio.timeout(120):
        while subscriber.frames.empty():
            await layer.group_send(group(), hint(1, envelopes))
            await asyncio.sleep(0.05)


async def test_listens_again_after_it_could_not(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "SILENCE_SECONDS", 0.01)
    layer: Any = get_channel_layer()
    assert layer
    loop_layer = layer._get_layer()
    add, failures = loop_layer.group_add, iter([RedisError("away")] * 2)

    async def fails_at_first(*arguments: Any) -> None:
        for failure in failures:
            raise failure
        await add(*arguments)

    monkeypatch.setattr(loop_layer, "group_add", fails_at_first)
    async with running(hub) as subscriber:
        await until(lambda: layer.groups)
        assert len(layer.channels) == 1
        await until_heard(layer, await numbered(1), subscriber)
        assert await subscriber.sequences(1) == [1]

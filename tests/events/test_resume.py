"""Reconnecting and slow clients receive every event once."""

import random
import socket
import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from smartscheduler.accounts.models import User
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.outbox import NOTIFY_CHANNEL
from tests.events import processes
from tests.events.wire import Subscriber, happen, happen_numbered, sequences, subscribed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]


def test_a_client_that_was_away_gets_what_it_missed_and_nothing_twice(web: int, relay: None, user: User) -> None:
    with subscribed(web, user) as subscriber:
        subscriber.until("ready")
        happen(3)
        received = sequences(subscriber.events(3))
    happen_numbered(4)
    with subscribed(web, user, f"?after={received[-1]}") as subscriber:
        received += sequences(subscriber.events(4))
        assert subscriber.until("ready")[-1] == {"ready": 7}
        happen(2)
        received += sequences(subscriber.events(2))
    assert received == list(range(1, 10))


def test_clients_that_reconnect_all_the_time_while_events_are_written(web: int, relay: None, user: User) -> None:
    """The window between replay and live is where things get lost; forty reconnects look for it."""
    total = 400

    def write() -> None:
        try:
            for _ in range(total):
                happen()
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    received: list[int] = []
    while len(received) < total:
        after = received[-1] if received else 0
        with subscribed(web, user, f"?after={after}") as subscriber:
            received += some_events(subscriber, random.randint(1, 20), total - len(received))
    writer.join()
    assert received == list(range(1, total + 1))


def some_events(subscriber: Subscriber, most: int, left: int) -> list[int]:
    sequences: list[int] = []
    while len(sequences) < min(most, left):
        frame = subscriber.frame()
        sequences += [frame["event"]["sequence"]] if "event" in frame else []
    return sequences


def test_a_slow_client_is_cut_off_and_resumes_where_it_was(relay: None, user: User) -> None:
    """It stops reading; events as large as 8 KB fill every buffer on the way, then its queue."""
    small = {"EVENT_SOCKET_QUEUE": "50", "EVENT_SEND_TIMEOUT_SECONDS": "2", "EVENT_HEARTBEAT_SECONDS": "5"}
    total = 1500
    with processes.web(**small) as port:
        unread: dict[str, Any] = {"sock": narrow_socket(port), "max_queue": 1, "compression": None}
        with subscribed(port, user, **unread) as subscriber:
            subscriber.until("ready")
            large_events(total)
            with subscribed(port, user, "?after=0") as witness:
                assert sequences(witness.events(total, timeout=120)) == list(range(1, total + 1))
            time.sleep(3)
            received, code = drained(subscriber)
        assert code == 4008
        assert received == list(range(1, len(received) + 1))
        assert len(received) < total
        with subscribed(port, user, f"?after={received[-1]}") as subscriber:
            received += sequences(subscriber.events(total - len(received), timeout=120))
    assert received == list(range(1, total + 1))


def narrow_socket(port: int) -> socket.socket:
    """A connection whose receive buffer does not grow with what is sent."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 128 * 1024)
    narrow.connect(("127.0.0.1", port))
    return narrow


def large_events(count: int) -> None:
    with transaction.atomic():
        OutboxEvent.objects.bulk_create(
            OutboxEvent(
                type="RulesPublished",
                occurred_at=timezone.now(),
                data={"version": 1, "changed": {"padding": "x" * 8192}, "previous": {}},
            )
            for _ in range(count)
        )
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {NOTIFY_CHANNEL}")


def drained(subscriber: Subscriber) -> tuple[list[int], int]:
    """Everything that still arrives, and the close code behind it."""
    sequences: list[int] = []
    with pytest.raises(ConnectionClosed) as end:
        sequences.extend(frame["event"]["sequence"] for frame in subscriber.frames() if "event" in frame)
    return sequences, end.value.rcvd.code if end.value.rcvd else 1006

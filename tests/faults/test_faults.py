"""Committed events reach every subscriber once and in order during faults.

`make faults` runs each fault as often as docs/events.md says.
"""

import asyncio
import random
import threading
import time
from collections import Counter
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.faults.crowd import crowd
from tests.faults.invariants import check
from tests.faults.stack import Stack, times
from tests.products import free_port, wait_until

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("faults")]


def test_an_app_is_killed_between_the_commit_and_the_publication(product: Stack) -> None:
    rounds = times(10, 100)
    product.relay()
    product.writer("suicide", rounds).committed()
    assert check(product) == rounds


def test_relays_are_killed_while_two_race(product: Stack) -> None:
    kills = times(4, 100)
    port = product.web()
    relays = [product.relay(), product.relay()]
    with crowd(port, product.cookie, 4) as listeners:
        writer = product.writer("steady")
        for _ in range(kills):
            before = head(product)
            wait_until(lambda before=before: head(product) > before)
            active = active_relay(product)
            product.kill(next(relay for relay in relays if relay.pid == active))
            relays = [*(relay for relay in relays if relay.pid != active), product.relay()]
        writer.process.terminate()
        check(product, committed=writer.committed(), crowd=listeners)


def active_relay(product: Stack) -> int:
    """The process number of the relay that holds the lock."""
    query = "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory'"
    ((name,),) = product.rows(f"{query} AND granted AND application_name LIKE 'smartscheduler-relay %'")
    return int(name.split()[1])


def head(product: Stack) -> int:
    rows = product.rows("SELECT sequence FROM events_eventhead")
    return int(rows[0][0]) if rows else 0


class Mailbox:
    """A mail server that takes its time, and what it has said yes to: Message-IDs, in order."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        text = envelope.content.decode()
        await asyncio.sleep(0.02)
        self.taken.append(text.split("Message-ID: <", 1)[1].split("@", 1)[0])
        return "250 OK"


def test_workers_are_killed_with_mails_in_hand(product: Stack) -> None:
    kills = times(2, 20)
    mailbox, port = Mailbox(), free_port()
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        # The lease of a killed worker blocks the next one; the default is a minute.
        quick = {"MAIL_DELAY_SECONDS": "0", "LEASE_SECONDS": "2"}
        address = {"EMAIL_URL": f"smtp://127.0.0.1:{port}", **quick}
        product.relay()
        booked = product.writer("booking", 15 * kills).committed()
        for _ in range(kills):
            worker, before = product.worker(**address), len(mailbox.taken)
            wait_until(lambda before=before: len(mailbox.taken) >= before + random.randint(1, 12))
            product.kill(worker)
        product.worker(**address)
        wait_until(
            lambda: product.rows("SELECT count(*) FROM notifications_mail WHERE state = 'sent'") == [(len(booked),)]
        )
    finally:
        server.stop()
    announced = {str(key) for (key,) in product.rows("SELECT id FROM events_outboxevent WHERE type = 'JobAssigned'")}
    assert set(mailbox.taken) == announced
    assert len(announced) == len(booked)
    # At most the one mail that each killed worker had in hand went out a second time.
    assert sum(Counter(mailbox.taken).values()) - len(announced) <= kills
    check(product, committed=booked)


def test_valkey_restarts_without_its_data_and_stays_away_under_writes(product: Stack) -> None:
    rounds, seconds = times(1, 5), times(3, 30)
    port = product.web()
    product.relay()
    with crowd(port, product.cookie, times(20, 50)) as listeners:
        wait_until(listeners.connected)
        committed = []
        for _ in range(rounds):
            writer = product.writer("plain", 100)
            product.kill_valkey()
            product.valkey.start()
            committed += writer.committed()
            check(product, committed=committed, crowd=listeners)
            product.kill_valkey()
            writer = product.writer("plain", 100)
            committed += writer.committed()
            time.sleep(seconds)
            product.valkey.start()
            check(product, committed=committed, crowd=listeners)
        # No socket had to reconnect, because the table was available all the time.
        assert {client.connections for client in listeners.clients} == {1}


def test_postgresql_crashes_under_load(product: Stack) -> None:
    port = product.web()
    product.relay()
    with crowd(port, product.cookie, 8) as listeners:
        wait_until(listeners.connected)
        committed = []
        for _ in range(times(1, 5)):
            before = head(product)
            writers = [product.writer("plain", 300) for _ in range(3)]
            wait_until(lambda before=before: head(product) > before + 50)
            product.crash_postgresql()
            for writer in writers:
                committed += writer.committed()
            check(product, committed=committed, crowd=listeners)


def test_sockets_are_cut_at_random(product: Stack) -> None:
    events, cuts = times(300, 3000), times(40, 400)
    port = product.web()
    product.relay()
    with crowd(port, product.cookie, 8) as listeners:
        wait_until(listeners.connected)
        writers = [product.writer("plain", events // 2) for _ in range(2)]
        done = 0
        while done < cuts:
            due = done * events / cuts
            wait_until(lambda due=due: head(product) >= due)
            done += listeners.cut_one()
        committed = [key for writer in writers for key in writer.committed()]
        assert check(product, committed=committed, crowd=listeners) == events
        assert sum(client.connections for client in listeners.clients) >= cuts


def test_a_reader_stalls(product: Stack) -> None:
    rounds, events = times(1, 10), 500
    port = product.web(EVENT_SOCKET_QUEUE="20", EVENT_SEND_TIMEOUT_SECONDS="1")
    product.relay()
    with crowd(port, product.cookie, 2, narrow=True) as listeners:
        wait_until(listeners.connected)
        stalled, witness = listeners.clients
        for turn in range(1, rounds + 1):
            listeners.stall(stalled)
            committed = product.writer("large", events).committed()
            wait_until(lambda turn=turn: witness.position == turn * events)
            seen = witness.heartbeats
            wait_until(lambda seen=seen: witness.heartbeats >= seen + 3)  # longer than the server has patience
            assert stalled.position < turn * events
            listeners.go_on(stalled)
            assert check(product, committed=committed, crowd=listeners) == turn * events
        # It received the reason and reconnected for the remaining events.
        assert 4008 in stalled.codes


def test_transactions_commit_late_or_never(product: Stack) -> None:
    count, seconds = times(10, 50), times(1, 5)
    port = product.web()
    product.relay()
    with crowd(port, product.cookie, 2) as listeners:
        wait_until(listeners.connected)
        late = product.writer("late", count, seconds)
        meanwhile_committed: list[str] = []
        meanwhile = threading.Thread(
            target=lambda: meanwhile_committed.extend(product.writer("plain", 200).committed())
        )
        meanwhile.start()
        committed = late.committed()
        meanwhile.join()
        assert len(committed) == count // 2
        assert check(product, committed=committed + meanwhile_committed, crowd=listeners) == count // 2 + 200

"""The relay process: gapless numbers, one active relay, and no losses after a kill."""

import signal
import threading
from uuid import uuid4

import pytest
from django.db import connection, transaction

from smartscheduler.accounts.models import User
from smartscheduler.events.models import EventHead, OutboxEvent
from smartscheduler.events.publishing import RecommendationsUpdated, publish
from tests.events import processes
from tests.events.processes import active_relay, black_hole, relay, wait_until
from tests.events.wire import happen, numbered, sequences, subscribed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]


def test_numbers_follow_each_other_whatever_the_writers_do(user: User) -> None:
    """Eight writers; every fifth transaction is rolled back, and one commits after all others."""
    started, finish = threading.Event(), threading.Event()

    def write(count: int) -> None:
        try:
            for turn in range(count):
                with transaction.atomic():
                    publish(RecommendationsUpdated(job_id=uuid4()), actor=None)
                    transaction.set_rollback(turn % 5 == 4)
        finally:
            connection.close()

    def write_late() -> None:
        try:
            with transaction.atomic():
                publish(RecommendationsUpdated(job_id=late), actor=None)
                started.set()
                finish.wait(300)
        finally:
            connection.close()

    late = uuid4()
    last = threading.Thread(target=write_late)
    last.start()
    assert started.wait(120)
    with relay():
        writers = [threading.Thread(target=write, args=[50]) for _ in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        wait_until(lambda: len(numbered()) == 320)
        finish.set()
        last.join()
        wait_until(lambda: len(numbered()) == 321)
    assert numbered() == list(range(1, 322))
    written_first = OutboxEvent.objects.order_by("position").first()
    assert written_first is not None
    assert (written_first.data, written_first.sequence) == ({"job_id": str(late)}, 321)
    assert EventHead.objects.get().sequence == 321


def test_a_rollback_is_never_numbered() -> None:
    with relay():
        wait_until(active_relay)
        with transaction.atomic():
            publish(RecommendationsUpdated(job_id=uuid4()), actor=None)
            transaction.set_rollback(True)
        happen()
        wait_until(numbered)
    assert OutboxEvent.objects.count() == 1
    assert numbered() == [1]


def test_nothing_is_lost_when_it_is_killed_between_commit_and_send(user: User) -> None:
    """Without heartbeats, an idle client receives the event because its process polls the table."""
    with processes.web(EVENT_HEARTBEAT_SECONDS="60") as port, subscribed(port, user) as subscriber:
        subscriber.until("ready")
        with black_hole() as nowhere, relay(REDIS_URL=nowhere) as doomed:
            happen(3)
            wait_until(lambda: len(numbered()) == 3)
            doomed.send_signal(signal.SIGKILL)
            doomed.wait()
        assert sequences(subscriber.events(3)) == [1, 2, 3]
        with relay():
            happen()
            assert sequences(subscriber.events(1)) == [4]


def test_a_heartbeat_finds_what_no_hint_told_of(web: int, user: User) -> None:
    """Hints go to a Valkey without subscribers; the sockets read the table."""
    with subscribed(web, user) as subscriber, black_hole() as nowhere, relay(REDIS_URL=nowhere):
        subscriber.until("ready")
        happen(2)
        assert sequences(subscriber.events(2)) == [1, 2]


def test_one_is_active_and_another_takes_over_within_five_seconds(user: User) -> None:
    with relay() as first:
        wait_until(active_relay)
        backend = active_relay()
        with relay() as second:
            wait_until(lambda: standing_by(backend))
            happen()
            wait_until(lambda: numbered() == [1])
            assert active_relay() == backend
            first.send_signal(signal.SIGKILL)
            wait_until(lambda: active_relay() not in {None, backend})
            happen()
            wait_until(lambda: numbered() == [1, 2])
            assert second.poll() is None


def test_leaves_at_once_and_cleanly_when_asked_to() -> None:
    with relay() as active, relay() as standby:
        wait_until(active_relay)
        wait_until(lambda: standing_by(active_relay()))
        for process in (standby, active):
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0
    assert active_relay() is None


def test_outlives_the_loss_of_its_connection() -> None:
    with relay() as process:
        wait_until(active_relay)
        backend = active_relay()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
        happen()
        wait_until(lambda: numbered() == [1])
        assert active_relay() not in {None, backend}
        assert process.poll() is None


def standing_by(active: int | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'smartscheduler-relay %%'"
            " AND datname = current_database() AND pid <> %s",
            [active],
        )
        return cursor.fetchone() is not None

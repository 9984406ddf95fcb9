"""Liveness and readiness: each check fails for its own reason only."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import psycopg
import pytest
import redis
from django.db import OperationalError, connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client
from pytest_django import Settings

from smartscheduler.core.observability.metrics import heartbeats
from smartscheduler.core.observability.metrics.celery_queue import queue_names
from smartscheduler.core.redis import valkey
from smartscheduler.ops import health, write_probe
from smartscheduler.ops.models import WriteProbe
from tests.api import V1

pytestmark = pytest.mark.django_db(transaction=True)
ALL = {"database": "ok", "writes": "ok", "valkey": "ok", "events": "ok", "workers": "ok"}


@pytest.fixture(autouse=True)
def all_well(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A relay is active, workers have just run something, and nothing is remembered from other tests."""
    monkeypatch.setattr(health, "is_relay_active", lambda: True)
    for name in queue_names():
        heartbeats.stamp(name)
    health.QUESTIONS["writes"].forget()
    client = valkey()
    yield
    health.QUESTIONS["writes"].forget()
    client.delete(heartbeats._key())


def readiness() -> tuple[int, str, dict[str, str]]:
    answer = Client().get(f"{V1}/health/ready")
    return answer.status_code, answer.json()["status"], answer.json()["checks"]


@pytest.mark.parametrize("path", ["health/live", "health/live/", "health/ready", "health/ready/"])
def test_liveness_and_readiness_need_no_account(path: str) -> None:
    answer = Client().get(f"{V1}/{path}")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_every_check_is_named() -> None:
    assert readiness() == (200, "ok", ALL)


def test_without_valkey(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert readiness() == (200, "degraded", ALL | {"valkey": "failed", "workers": "failed"})


def test_without_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any) -> NoReturn:
        raise OperationalError("no route")

    monkeypatch.setattr(DatabaseWrapper, "cursor", gone)
    failed = {"database": "failed", "writes": "failed", "events": "failed"}
    assert readiness() == (503, "failed", ALL | failed)


def test_a_database_that_says_nothing_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setitem(health.QUESTIONS, "database", health.Question(lambda: answered.wait(60)))
    began = time.monotonic()
    code, _, checks = readiness()
    assert time.monotonic() - began < 30
    assert (code, checks["database"]) == (503, "failed")
    answered.set()


def test_a_standby_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "IN_RECOVERY", "SELECT true")
    assert readiness() == (503, "failed", ALL | {"database": "failed"})


@contextmanager
def database_setting(assignment: str, reset: str) -> Iterator[None]:
    """A default of this database, for sessions that begin from now on."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with psycopg.connect(**plain_parameters(), autocommit=True) as session:
        session.execute("SET default_transaction_read_only = off")
        session.execute(f"ALTER DATABASE {name} SET {assignment}")
        try:
            yield
        finally:
            session.execute(f"ALTER DATABASE {name} RESET {reset}")


def plain_parameters() -> dict[str, Any]:
    parameters = connection.get_connection_params()
    return {name: parameters[name] for name in ("dbname", "user", "host") if parameters.get(name)}


def test_a_database_that_only_reads_is_degraded() -> None:
    with database_setting("default_transaction_read_only = on", "default_transaction_read_only"):
        assert readiness() == (200, "degraded", ALL | {"writes": "failed"})
    health.QUESTIONS["writes"].forget()
    assert readiness() == (200, "ok", ALL)


def test_a_refused_write_is_degraded(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> NoReturn:
        raise OperationalError('could not extend file "base/1/2": No space left on device')

    monkeypatch.setitem(health.QUESTIONS, "writes", health.Question(full))
    assert readiness() == (200, "degraded", ALL | {"writes": "failed"})


@pytest.mark.parametrize("option", ["maxmemory", "min-replicas-to-write"], ids=["full", "no replica"])
def test_a_valkey_that_answers_and_takes_no_writes(own_valkey: redis.Redis, option: str) -> None:
    for name in queue_names():
        heartbeats.stamp(name)
    own_valkey.config_set(option, "1")
    assert own_valkey.ping()
    assert readiness() == (200, "degraded", ALL | {"valkey": "failed"})


def test_without_a_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "is_relay_active", lambda: False)
    assert readiness() == (200, "degraded", ALL | {"events": "failed"})


class TestWorkers:
    @pytest.fixture
    def two_queues(self, settings: Settings) -> Iterator[None]:
        from celery import current_app

        before = current_app.conf.task_routes
        current_app.conf.task_routes = {"some.task": {"queue": "imports"}}
        yield
        current_app.conf.task_routes = before

    def test_a_queue_without_a_heartbeat_is_named(self, two_queues: None) -> None:
        assert queue_names() == ["celery", "imports"]
        answer = Client().get(f"{V1}/health/ready").json()
        assert (answer["status"], answer["checks"]["workers"]) == ("degraded", "failed")
        assert answer["late_queues"] == ["imports"]
        heartbeats.stamp("imports")
        assert Client().get(f"{V1}/health/ready").json()["late_queues"] == []

    def test_an_old_heartbeat_is_late(self, settings: Settings) -> None:
        valkey().hset(heartbeats._key(), "celery", str(heartbeats._now() - settings.WORKER_LATE_SECONDS - 1))
        assert heartbeats.late_queues() == ["celery"]
        assert heartbeats.ages()["celery"] >= settings.WORKER_LATE_SECONDS

    def test_beat_sends_a_heartbeat_into_every_queue(self, two_queues: None) -> None:
        from celery import Celery

        app = Celery("other", set_as_current=False)
        app.conf.task_routes = {"some.task": {"queue": "imports"}}
        heartbeats.schedule(app)
        sent = {entry["options"]["queue"]: entry["args"] for entry in app.conf.beat_schedule.values()}
        assert sent == {"celery": ("celery",), "imports": ("imports",)}


class TestWriteProbe:
    @pytest.fixture(autouse=True)
    def no_earlier_probes(self) -> None:
        """Rows outlive the tests of other modules whose readiness checks commit in threads of their own."""
        WriteProbe.objects.all().delete()

    def test_many_who_ask_make_one_write(self) -> None:
        for _ in range(20):
            health.QUESTIONS["writes"].forget()  # as so many web processes
            assert readiness()[0] == 200
        assert WriteProbe.objects.count() == 1

    def test_each_write_takes_new_space(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(write_probe, "FRESH_SECONDS", 0)
        sizes = []
        for _ in range(4):
            write_probe.check_writes()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_total_relation_size('ops_writeprobe')")
                sizes.append(cursor.fetchone()[0])
        assert len(set(sizes)) == len(sizes)

    def test_the_table_is_emptied_now_and_then(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(write_probe, "FRESH_SECONDS", 0)
        monkeypatch.setattr(write_probe, "MOST_ROWS", 3)
        for _ in range(9):
            write_probe.check_writes()
        assert WriteProbe.objects.count() <= 3

    def test_a_dump_that_reads_the_table_does_not_hold_it_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(write_probe, "FRESH_SECONDS", 0)
        monkeypatch.setattr(write_probe, "MOST_ROWS", 1)
        with psycopg.connect(**plain_parameters()) as dump:
            dump.execute("LOCK TABLE ops_writeprobe IN ACCESS SHARE MODE")
            write_probe.check_writes()
            write_probe.check_writes()
        assert WriteProbe.objects.count() == 2

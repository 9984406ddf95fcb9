"""Environment checks of the doctor, with real faults."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest
import redis
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from recommendations.planning.models import Plan
from smartscheduler.core.observability.metrics import heartbeats
from smartscheduler.core.redis import valkey
from smartscheduler.events.models import EventReader
from smartscheduler.events.relay import RELAY_LOCK
from smartscheduler.events.tasks import prune_events
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import Mail
from smartscheduler.ops import backlog, disks, doctor
from smartscheduler.ops.doctor import environment, examine
from smartscheduler.privacy.erasure_log import lines
from smartscheduler.privacy.models import Erasure
from tests.events.test_event_log import numbered_events
from tests.events.test_lag import waiting_for
from tests.factories import AssignmentFactory, PlanFactory
from tests.ops.broken import run

pytestmark = pytest.mark.django_db
QUEUES = ("celery", "files", "plans")


def findings(name: str) -> list[str]:
    (outcome,) = examine(doctor.chosen(names=[name]), show=5)
    assert not outcome.failure
    return outcome.findings.shown


def test_the_time_of_statements(settings: Settings) -> None:
    assert findings("statement-timeouts") == []
    settings.DATABASE_WEB_OPTION = ""  # as behind a pooler that lets no options pass
    (sentence,) = findings("statement-timeouts")
    assert "DATABASE_STATEMENT_SECONDS" in sentence
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '40s'")
    assert findings("statement-timeouts")[0].startswith("statement_timeout is 40s for every session")


def test_events_that_wait() -> None:
    assert findings("events-sent") == []
    waiting_for(60)
    (sentence,) = findings("events-sent")
    assert sentence.startswith("events without a number: 1, the oldest for 6")


@pytest.mark.django_db(transaction=True)
def test_a_relay_is_active_or_not() -> None:
    assert findings("relay-active") == ["no relay holds the lock"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [RELAY_LOCK])
        assert findings("relay-active") == []
        cursor.execute("SELECT pg_advisory_unlock(%s)", [RELAY_LOCK])


def test_a_worker_that_has_stopped_reading() -> None:
    numbered_events(3, days_old=1)
    EventReader.objects.create(name="mails", sequence=3)
    assert findings("worker-keeps-up") == []
    EventReader.objects.update(sequence=2)
    (sentence,) = findings("worker-keeps-up")
    assert sentence.startswith("mails has not read events since ")


def test_a_mail_that_failed_for_good() -> None:
    mail = Mail.objects.create(
        id="00000000-0000-0000-0000-000000000001",
        kind="assigned",
        assignment=AssignmentFactory(),
        revision=0,
        state="failed",
        recipient="crew@example.com",
        error="550 no such user",
        due_at=timezone.now(),
    )
    (sentence,) = findings("mails-delivered")
    assert "crew@example.com" in sentence
    assert "550 no such user" in sentence
    Mail.objects.filter(pk=mail.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert findings("mails-delivered") == []


def test_a_file_that_no_worker_processes() -> None:
    run_ = ImportRun.objects.create(kind="jobs", name="jobs.csv", content=b"", total=9)
    assert findings("imports-move") == []
    ImportRun.objects.filter(pk=run_.pk).update(created_at=timezone.now() - timedelta(hours=2))
    assert findings("imports-move") == ["jobs.csv (checking), at row 0 of 9"]
    ImportRun.objects.filter(pk=run_.pk).update(touched_at=timezone.now())
    assert findings("imports-move") == []


def test_a_plan_that_no_worker_makes() -> None:
    plan = PlanFactory()
    assert findings("plans-move") == []
    Plan.objects.update(updated_at=timezone.now() - timedelta(hours=2))
    (sentence,) = findings("plans-move")
    assert sentence.startswith(f"{plan.number} (queued), requested at ")
    Plan.objects.update(state="running", leased_until=timezone.now() + timedelta(seconds=30))
    assert findings("plans-move") == []
    Plan.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert len(findings("plans-move")) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("session_replication_role", "replica"), ("jit", "on"), ("TimeZone", "America/Chicago")],
)
def test_settings_of_postgresql_that_matter(name: str, value: str) -> None:
    before = set(findings("postgresql"))
    run(f"SET LOCAL {name} = '{value}'")
    assert set(findings("postgresql")) - before == {
        f"{name} is {value}; it should be {environment.NEEDED[name]}",
    }


def test_a_server_that_may_lose_what_was_committed() -> None:
    # The server of the tests is one: it was started without fsync.
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        assert cursor.fetchone()[0] == "off"
    assert "fsync is off; it should be on" in findings("postgresql")


def test_a_postgresql_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "OLDEST_POSTGRESQL", 99)
    assert any("it must be 99 or newer" in sentence for sentence in findings("postgresql"))


def test_a_valkey_that_throws_keys_away(own_valkey: redis.Redis) -> None:
    assert findings("valkey") == []
    own_valkey.config_set("maxmemory-policy", "allkeys-lru")
    (sentence,) = findings("valkey")
    assert sentence.startswith("maxmemory-policy is allkeys-lru")


def test_a_valkey_that_is_away(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    (outcome,) = examine(doctor.chosen(names=["valkey"]), show=5)
    assert outcome.is_broken
    assert "Connection refused" in outcome.failure


def test_clocks_that_disagree(monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings("clock") == []
    here = time.time
    monkeypatch.setattr("smartscheduler.ops.clock_offset.time.time", lambda: here() - 60)
    (sentence,) = findings("clock")
    assert sentence.startswith("PostgreSQL's clock is 60.")
    assert sentence.endswith("ahead of this machine's")


def test_a_disk_that_is_nearly_full(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = settings.DATA_DIR / "not" / "there" / "yet"
    assert findings("disk-space") == []
    monkeypatch.setattr(disks, "LEAST_FREE_SHARE", 1.0)
    sentences = findings("disk-space")
    assert len(sentences) == 2  # of the data, and of temporary files
    assert all("GiB" in sentence and "are free at /" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("free", "total", "free_files", "files", "is_short"),
    [
        (60, 1000, 9, 10, False),
        (40, 1000, 9, 10, True),
        (0.9, 10, 9, 10, True),  # less than a gigabyte
        (0.06, 0.25, 9, 10, False),  # a small one, such as the temporary folder of a container
        (0.04, 0.25, 9, 10, True),
        (500, 1000, 4, 100, True),  # room, but no number for another file
        (500, 1000, 0, 0, False),  # a file system that does not count files
    ],
)
def test_when_a_disk_is_short_of_room(free: float, total: float, free_files: int, files: int, is_short: bool) -> None:
    disk = disks.Disk("data", Path("/"), int(free * disks.GIB), int(total * disks.GIB), free_files, files)
    assert disk.is_short is is_short


def test_writes_that_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings("writes") == []

    def full() -> NoReturn:
        raise OperationalError('could not extend file "base/1/2": No space left on device')

    monkeypatch.setattr(environment, "check_writes", full)
    (sentence,) = findings("writes")
    assert sentence.endswith("No space left on device")


def test_a_valkey_that_refuses_writes(own_valkey: redis.Redis) -> None:
    own_valkey.config_set("maxmemory", "1")
    refused, full = findings("valkey")
    assert refused.startswith("it refuses writes: OOM") or "command not allowed" in refused
    assert "of maxmemory is used" in full


class TestWorkers:
    @pytest.fixture(autouse=True)
    def empty(self) -> Iterator[None]:
        client, keys = valkey(), (*QUEUES, heartbeats._key())
        client.delete(*keys)
        yield
        client.delete(*keys)

    def test_without_beat_nothing_is_sent(self) -> None:
        assert findings("tasks-move") == []
        silent = [f"no task of the queue {name} has run yet: beat sends no tasks" for name in QUEUES]
        assert findings("workers-alive") == silent
        for name in QUEUES:
            heartbeats.stamp(name)
        assert findings("workers-alive") == []

    def test_without_a_worker_tasks_wait(self) -> None:
        with time_machine.travel(timezone.now() - timedelta(minutes=3)):
            prune_events.delay()
        (waiting,) = findings("tasks-move")
        assert waiting.startswith("tasks in the queue celery: 1, the oldest for 18")
        heartbeats.stamp("files")
        heartbeats.stamp("plans")
        valkey().hset(heartbeats._key(), "celery", str(heartbeats._now() - 90))
        (silent,) = findings("workers-alive")
        assert silent.startswith("no task of the queue celery has run for 9")
        assert silent.endswith("seconds: no worker takes its tasks")


def test_mails_that_nothing_sends() -> None:
    mail = Mail.objects.create(
        id=uuid4(), kind="assigned", assignment=AssignmentFactory(), revision=0, due_at=timezone.now()
    )
    assert findings("mails-move") == []
    Mail.objects.filter(pk=mail.pk).update(due_at=timezone.now() - timedelta(minutes=11))
    (sentence,) = findings("mails-move")
    assert sentence.startswith("overdue emails: 1, the oldest since ")


def test_a_mail_that_fails_again_and_again() -> None:
    Mail.objects.create(
        id=uuid4(),
        kind="assigned",
        assignment=AssignmentFactory(),
        revision=0,
        attempts=3,
        error="451 greylisted",
        due_at=timezone.now() + timedelta(minutes=5),
    )
    (sentence,) = findings("mails-delivered")
    assert sentence.endswith("451 greylisted")


def test_what_waits_and_for_how_long() -> None:
    nothing = (0, 0.0)
    assert backlog.waiting() == {"mails": nothing, "messages": nothing, "plans": nothing, "imports": nothing}
    ImportRun.objects.create(kind="jobs", name="jobs.csv", content=b"", total=9)
    ImportRun.objects.update(created_at=timezone.now() - timedelta(hours=2))
    due_at = timezone.now() - timedelta(minutes=20)
    Mail.objects.create(id=uuid4(), kind="assigned", assignment=AssignmentFactory(), revision=0, due_at=due_at)
    numbered_events(3, days_old=1)
    EventReader.objects.create(name="mails", sequence=2)
    waiting = backlog.waiting()
    assert waiting["mails"].oldest_seconds == pytest.approx(1200, abs=300)
    assert waiting["imports"].oldest_seconds == pytest.approx(7200, abs=300)
    assert backlog.reader_ages()["mails"] == pytest.approx(86_400, abs=300)


def test_settings_that_cannot_be_worked_with(settings: Settings) -> None:
    settings.DEBUG = True
    assert findings("settings") == []
    settings.HORIZON_DAYS = 31
    assert findings("settings") == ["smartscheduler.E008: HORIZON_DAYS must be 0 to 30; it is 31."]


@pytest.mark.parametrize(
    ("changes", "starts"),
    [
        ({"SECRET_KEY": "short"}, ["SECRET_KEY has 5 characters; it should have 50 random ones"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["ALLOWED_HOSTS allows every name"]),
        ({"ALLOWED_HOSTS": ["localhost"]}, ["ALLOWED_HOSTS contains only this machine"]),
        ({}, []),
    ],
)
def test_settings_that_are_not_for_production(settings: Settings, changes: dict[str, Any], starts: list[str]) -> None:
    good = {"DEBUG": False, "SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": ["scheduler.example.com"]}
    for name, value in (good | changes).items():
        setattr(settings, name, value)
    sentences = findings("settings-for-production")
    assert len(sentences) == len(starts)
    assert all(sentence.startswith(start) for sentence, start in zip(sentences, starts, strict=True))


def test_debug_with_a_database_elsewhere(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEBUG = True
    assert findings("settings-for-production") == []
    monkeypatch.setitem(connection.settings_dict, "HOST", "db.example.com")
    (sentence,) = findings("settings-for-production")
    assert sentence.startswith("DEBUG is on")


def test_a_warning_is_no_failure() -> None:
    (outcome,) = examine(doctor.chosen(names=["relay-active"]), show=5)
    assert (outcome.is_broken, outcome.is_clean, outcome.as_json()["state"]) == (False, False, "warning")


def test_an_erasure_that_is_in_no_external_list(settings: Settings, tmp_path: Path) -> None:
    settings.ERASURE_LIST = str(tmp_path / "erasures.jsonl")
    gone = [Erasure(kind="user", number=n, subject=uuid4(), erased_at=timezone.now()) for n in (1, 2)]
    Erasure.objects.bulk_create(gone)
    (tmp_path / "erasures.jsonl").write_text("\n".join(lines(gone[:1])))
    assert findings("erasures") == [f"Former user 2 is not in {settings.ERASURE_LIST}"]
    (tmp_path / "erasures.jsonl").write_text("\n".join(lines(gone)))
    assert findings("erasures") == []
    (tmp_path / "erasures.jsonl").write_text("no list")
    assert findings("erasures") == [f"Line 1 of {settings.ERASURE_LIST} is not an erasure."]
    settings.ERASURE_LIST = ""
    assert len(findings("erasures")) == 2

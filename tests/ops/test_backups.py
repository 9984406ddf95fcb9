"""Backups and restores on a real server: complete or not at all, and never over existing data."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from assignments.models import Assignment
from assignments.services import assign_job
from contractors.models import Contractor
from jobs.linking import link_customers
from jobs.models import Job
from smartscheduler.accounts.models import TokenFamily
from smartscheduler.audit.models import AuditEntry
from smartscheduler.events import event_log
from smartscheduler.events.models import EventHead, OutboxEvent
from smartscheduler.ops.backups import BackupError, pg_tools, postgres
from smartscheduler.ops.backups.create import UNFINISHED, forget_old, take_dump, verify
from smartscheduler.ops.backups.manifest import DUMP, MANIFEST, Manifest, counted
from smartscheduler.ops.backups.pg_tools import Program, environment
from smartscheduler.ops.backups.restore import drill, restore
from smartscheduler.ops.local.servers.file_lock import Lock
from smartscheduler.privacy.services import erase_contractor
from tests.factories import ContractorFactory, JobFactory, UserFactory, at
from tests.ops.broken import number_all_events, run

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("backups")]


@pytest.fixture
def booked() -> Assignment:
    """A booking of the service, with numbered events and a signed-in user."""
    user = UserFactory()
    assignment = assign_job(
        job_id=JobFactory().pk, contractor_id=ContractorFactory().pk, start=at(9, days=1), actor=user
    )
    link_customers()
    number_all_events()
    TokenFamily.objects.create(user=user, current="one", expires_at=timezone.now())
    return assignment


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The name of an empty database; it and the databases that a restore renames are dropped afterwards."""
    # Short: derived names are cut at 63 bytes, and the number of digits of a process id varies.
    name = f"else_{os.getpid()}"
    postgres.create(name)
    yield name
    for (database,) in postgres.rows(f"SELECT datname FROM pg_database WHERE datname LIKE '{name}%'"):
        postgres.drop(database)


@pytest.mark.parametrize("length", [1, 40, 62, 63])
def test_a_derived_name_is_not_cut_by_the_server(length: int) -> None:
    suffix = "before_20261129_184013_294748"
    name = postgres.beside("d" * length, suffix)
    assert len(name) <= postgres.LONGEST_NAME
    assert name.endswith(f"d_{suffix}")


def databases_there() -> set[str]:
    return {name for (name,) in postgres.rows("SELECT datname FROM pg_database")}


def test_a_dump_may_take_longer_than_transactions_may_be_left_open(
    booked: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("SET idle_in_transaction_session_timeout = '200ms'")
    dump = pg_tools.run

    def slowly(*arguments: Any) -> Any:
        time.sleep(0.5)
        return dump(*arguments)

    monkeypatch.setattr(pg_tools, "run", slowly)
    try:
        assert verify(take_dump(tmp_path)).tables == counted()
    finally:
        run("RESET idle_in_transaction_session_timeout")


def test_what_is_restored_is_what_was_there(booked: Assignment, elsewhere: str, tmp_path: Path) -> None:
    before = counted()
    backup = take_dump(tmp_path)
    assert verify(backup).tables == before
    with postgres.visiting(elsewhere):
        assert restore(backup).broken == []
        # The only differences: all users are signed out, and the audit log has an entry.
        assert {**counted(), "accounts_tokenfamily": 1, "audit_auditentry": before["audit_auditentry"]} == before
        assert AuditEntry.objects.get(act="backup-restored").details["taken_at"]
        assert Job.objects.get().status == "assigned"
        assert Contractor.objects.get().assignments.get().pk == booked.pk
    assert counted() == before


def test_all_users_are_signed_out(booked: Assignment, elsewhere: str, tmp_path: Path) -> None:
    backup = take_dump(tmp_path)
    with postgres.visiting(elsewhere):
        restore(backup)
        assert not TokenFamily.objects.exists()
    assert TokenFamily.objects.exists()


def test_a_client_with_later_events_gets_a_resync(booked: Assignment, elsewhere: str, tmp_path: Path) -> None:
    backup = take_dump(tmp_path)
    seen = event_log.head()
    with postgres.visiting(elsewhere):
        restored = restore(backup)
        for after in (0, seen, seen + 1, seen + 1_000):
            page = event_log.read(after=after)
            assert (page.resync, page.envelopes, page.head) == (True, [], restored.head)
        run(
            "INSERT INTO events_outboxevent (id, sequence, type, occurred_at, request_id, data) "
            f"VALUES (gen_random_uuid(), {restored.head + 1}, 'JobCreated', now(), '', '{{}}')",
            f"UPDATE events_eventhead SET sequence = {restored.head + 1}",
        )
        assert event_log.read(after=seen + 1_000).resync
        assert [envelope["sequence"] for envelope in event_log.read(after=restored.head).envelopes] == [
            restored.head + 1
        ]
        assert OutboxEvent.objects.filter(sequence__lte=seen).count() == seen  # for people to read


def test_the_log_goes_on_beyond_what_the_replaced_database_has_given(
    booked: Assignment, elsewhere: str, tmp_path: Path
) -> None:
    backup = take_dump(tmp_path)
    with postgres.visiting(elsewhere):
        restore(backup)
        EventHead.objects.update(sequence=10**12, pruned_to=10**12)
        assert restore(backup, replace=elsewhere).head == 10**12 + 1


def test_a_full_database_is_left_alone_unless_it_is_named(booked: Assignment, elsewhere: str, tmp_path: Path) -> None:
    backup = take_dump(tmp_path)
    with postgres.visiting(elsewhere):
        restore(backup)
        Job.objects.update(customer_name="Written since")
        there, before = databases_there(), counted()
        for name in ("", "smartscheduler", elsewhere.upper()):
            with pytest.raises(BackupError, match=rf"is not empty, and nothing was changed.*--replace {elsewhere}\."):
                restore(backup, replace=name)
        assert (databases_there(), counted()) == (there, before)

        restored = restore(backup, replace=elsewhere)
        assert Job.objects.get().customer_name == booked.job.customer_name
    assert restored.kept_as.startswith(f"{elsewhere}_before_")
    with postgres.visiting(restored.kept_as):
        assert Job.objects.get().customer_name == "Written since"
    assert databases_there() == there | {restored.kept_as}


def test_erasures_since_the_backup_are_repeated(elsewhere: str, tmp_path: Path, settings: Settings) -> None:
    """From the list of the replaced database and from the external list."""
    listed, outside, busy = (ContractorFactory() for _ in range(3))
    backup = take_dump(tmp_path)
    settings.ERASURE_LIST = str(tmp_path / "erasures.jsonl")
    with postgres.visiting(elsewhere):
        restore(backup)
        erase_contractor(contractor_id=outside.pk, actor=None)
        lines = (tmp_path / "erasures.jsonl").read_text()
        again = restore(backup, replace=elsewhere)
        assert (again.broken, list(again.not_erased)) == ([], [])
        settings.ERASURE_LIST = ""
        erase_contractor(contractor_id=listed.pk, actor=None)
        restore(backup, replace=elsewhere)
        names = set(Contractor.objects.values_list("name", flat=True))
    assert names == {"Former contractor 1", "Former contractor 2", busy.name}
    assert lines.count("\n") == 1


def test_not_while_others_are_connected(booked: Assignment, elsewhere: str, tmp_path: Path) -> None:
    backup = take_dump(tmp_path)
    parameters = {**connection.get_connection_params(), "dbname": elsewhere, "application_name": "the web"}
    for name in ("context", "cursor_factory", "prepare_threshold"):
        parameters.pop(name, None)
    with closing(psycopg.connect(**parameters)), postgres.visiting(elsewhere):
        with pytest.raises(BackupError, match=r"Other sessions are connected to .*: the web \(1\)\. Stop web"):
            restore(backup)
        assert postgres.is_empty()


def test_a_drill_leaves_nothing_behind(booked: Assignment, tmp_path: Path) -> None:
    before, there, families = counted(), databases_there(), TokenFamily.objects.count()
    assert drill(take_dump(tmp_path)).broken == []
    assert (counted(), databases_there(), TokenFamily.objects.count()) == (before, there, families)


def test_the_doctor_says_what_was_broken_when_the_backup_was_made(booked: Assignment, tmp_path: Path) -> None:
    run("DELETE FROM contractors_workinghours")
    (outcome,) = drill(take_dump(tmp_path)).broken
    assert outcome.check.name == "working-hours"
    with pytest.raises(CommandError, match="was made, but the doctor reports broken checks:\n  Every contractor"):
        call_command("backup", to=tmp_path / "other", verify=True, stdout=StringIO())


class TestABackupThatIsNotWhole:
    @pytest.fixture
    def backup(self, booked: Assignment, tmp_path: Path) -> Path:
        return take_dump(tmp_path)

    def refused(self, backup: Path, message: str) -> None:
        there, before = databases_there(), counted()
        for act in (verify, drill, lambda path: restore(path, replace=postgres.present())):
            with pytest.raises(BackupError, match=message):
                act(backup)
        assert (databases_there(), counted()) == (there, before)

    def test_a_flipped_bit(self, backup: Path) -> None:
        content = bytearray((backup / DUMP).read_bytes())
        content[len(content) // 2] ^= 1
        (backup / DUMP).write_bytes(content)
        self.refused(backup, "was changed: its SHA-256 checksum is different")

    def test_a_file_cut_short(self, backup: Path) -> None:
        os.truncate(backup / DUMP, 5_000)
        self.refused(backup, "was changed")

    def test_no_file(self, backup: Path) -> None:
        (backup / DUMP).unlink()
        self.refused(backup, "is missing")

    def test_no_manifest(self, backup: Path) -> None:
        (backup / MANIFEST).unlink()
        self.refused(backup, "is not a backup: it does not contain manifest.json")

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1}', '{"format": 1, "kind": "dump"}'])
    def test_an_odd_manifest(self, backup: Path, text: str) -> None:
        (backup / MANIFEST).write_text(text)
        self.refused(backup, "cannot be read")

    def change(self, backup: Path, **changes: object) -> None:
        manifest = json.loads((backup / MANIFEST).read_text())
        (backup / MANIFEST).write_text(json.dumps(manifest | changes))

    def test_one_of_a_newer_version_of_the_product(self, backup: Path) -> None:
        migrations = [*Manifest.read(backup).migrations, "jobs.0099_later"]
        self.change(backup, migrations=migrations)
        for act in (drill, restore):
            with pytest.raises(BackupError, match=r"a newer version of the product: jobs\.0099_later is unknown"):
                act(backup)

    def test_one_from_before_the_first_release(self, backup: Path) -> None:
        self.change(backup, migrations=["contractors.0001_initial", "exchange.0001_initial"])
        for act in (drill, restore):
            with pytest.raises(BackupError, match=r"before 0\.1\.0 .*\. Restore it with the version that made it"):
                act(backup)

    def test_one_of_a_newer_postgresql(self, backup: Path) -> None:
        self.change(backup, server="99.1")
        with pytest.raises(BackupError, match=r"of PostgreSQL 99 or newer is needed; installed: .*\. Install"):
            drill(backup)

    def test_rows_that_are_not_as_many_as_were_counted(self, backup: Path) -> None:
        there = databases_there()
        self.change(backup, tables={**Manifest.read(backup).tables, "jobs_job": 7})
        with pytest.raises(BackupError, match="jobs_job has 1 rows instead of 7"):
            drill(backup)
        assert databases_there() == there


def test_one_of_an_older_version_is_migrated(booked: Assignment, elsewhere: str, tmp_path: Path) -> None:
    run("DROP TABLE idempotency_keptanswer", "DELETE FROM django_migrations WHERE app = 'idempotency'")
    try:
        backup = take_dump(tmp_path)
        with postgres.visiting(elsewhere):
            assert restore(backup).broken == []
            assert "idempotency_keptanswer" in connection.introspection.table_names()
    finally:
        call_command("migrate", verbosity=0)


def test_a_name_is_given_to_complete_ones_alone(
    booked: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_by_a_killed_one = tmp_path / f"{UNFINISHED}12345"
    left_by_a_killed_one.mkdir()
    monkeypatch.setattr(pg_tools, "environment", lambda database=None: environment("no such database"))
    with pytest.raises(BackupError, match=r'pg_dump failed: .*database "no such database" does not exist'):
        take_dump(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_mix(booked: Assignment, tmp_path: Path) -> None:
    with Lock(tmp_path), pytest.raises(BackupError, match="Another backup is being written"):
        take_dump(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_other_accounts_cannot_read_them(booked: Assignment, tmp_path: Path) -> None:
    backup = take_dump(tmp_path / "new")
    assert [path.stat().st_mode & 0o077 for path in (backup, backup.parent)] == [0, 0]


def test_keeps_the_last_ones_of_this_database_and_touches_nothing_else(booked: Assignment, tmp_path: Path) -> None:
    made = []
    for number in range(3):
        backup = take_dump(tmp_path)
        manifest = json.loads((backup / MANIFEST).read_text())
        (backup / MANIFEST).write_text(json.dumps(manifest | {"taken_at": f"2026-01-0{number + 1}T00:00:00+00:00"}))
        made.append(backup.rename(tmp_path / f"smartscheduler-{number}"))
    other = take_dump(tmp_path)
    (other / MANIFEST).write_text(json.dumps(manifest | {"database": "other", "taken_at": "2020-01-01T00:00:00+00:00"}))
    (tmp_path / "smartscheduler-notes").mkdir()
    assert forget_old(tmp_path, kind="dump", keep=2) == made[:1]
    assert {path.name for path in tmp_path.iterdir()} == {
        other.name,
        made[1].name,
        made[2].name,
        "smartscheduler-notes",
    }


def test_an_empty_database_is_not_backed_up(elsewhere: str, tmp_path: Path) -> None:
    with postgres.visiting(elsewhere), pytest.raises(BackupError, match="No backup was written"):
        take_dump(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_password_is_not_visible_to_other_accounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "s3cret")
    program = tmp_path / "pg_dump"
    program.write_text(
        f"#!{sys.executable}\nimport os, pathlib, sys\n"
        "print(pathlib.Path('/proc/self/cmdline').read_bytes(), os.environ['PGPASSWORD'], os.environ['PGDATABASE'])\n"
        "sys.exit('failed')\n"
    )
    program.chmod(0o755)
    with pytest.raises(BackupError) as refused:
        pg_tools.run(Program(program, 18), ["--format=custom"])
    assert "s3cret" not in str(refused.value)
    program.write_text(program.read_text().replace("sys.exit('failed')\n", ""))
    command, password, _ = pg_tools.run(Program(program, 18), ["--format=custom"]).split(" ")
    assert "s3cret" not in command
    assert password == "s3cret"


class TestTheProgramsOfPostgreSQL:
    def script(self, folder: Path, major: int) -> Path:
        folder.mkdir()
        script = folder / "pg_odd"
        script.write_text(f"#!/bin/sh\necho 'pg_odd (PostgreSQL) {major}.3'\n")
        script.chmod(0o755)
        return script

    def test_the_version_of_the_server_before_a_newer_one_and_never_an_older_one(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        scripts = {major: self.script(tmp_path / str(major), major) for major in (14, 19, 17)}
        monkeypatch.setenv("PATH", os.pathsep.join(str(script.parent) for script in scripts.values()))
        assert pg_tools.find("pg_odd", at_least=17) == (scripts[17], 17)
        with pytest.raises(BackupError, match=r"pg_odd of PostgreSQL 15 is needed; installed: 14, 17, 19\. Install"):
            pg_tools.find("pg_odd", at_least=15)  # newer ones set what a 15 does not know
        assert pg_tools.find("pg_odd", at_least=18) == (scripts[19], 19)
        with pytest.raises(BackupError, match=r"pg_odd of PostgreSQL 18 is needed; installed: 14, 17, 19\. Install"):
            pg_tools.find("pg_odd", at_least=18, exactly=True)

    def test_says_what_to_install_when_there_is_none(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(BackupError, match=r"installed: none\. Install postgresql-client-16 .*pip install"):
            pg_tools.find("pg_odd", at_least=16)

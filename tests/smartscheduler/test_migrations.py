"""Migrations go down and up again, and say all that the models say."""

from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg.errors import LockNotAvailable

from smartscheduler.management.commands import migrate

OURS = ["imports", "notifications", "assignments", "jobs", "contractors", "events", "accounts"]


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_down_to_nothing_and_up_again():
    before = schema()
    for app in OURS:
        call_command("migrate", app, "zero", verbosity=0)
    assert not {name for name in connection.introspection.table_names() if name.partition("_")[0] in OURS}
    call_command("migrate", verbosity=0)
    assert schema() == before


def schema():
    """Every constraint and index of our tables, as PostgreSQL words them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND conname !~ '[0-9a-f]{8}' UNION ALL"
            " SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " AND indexname !~ '[0-9a-f]{8}' ORDER BY 1, 2, 3"
        )
        return [row for row in cursor.fetchall() if row[0].partition("_")[0] in OURS]


@pytest.mark.django_db
def test_no_model_is_ahead_of_its_migrations():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_a_constraint_is_added_and_validated_in_two_migrations():
    """Outside of a transaction the first waits for its lock without a limit, and cannot be repeated after the other."""
    for migration in MigrationLoader(connection).disk_migrations.values():
        kinds = {type(operation) for operation in migration.operations}
        assert not kinds >= {AddConstraintNotValid, ValidateConstraint}, migration
        assert migration.atomic or AddConstraintNotValid not in kinds, migration


@pytest.mark.django_db(transaction=True)
def test_migrating_waits_a_second_for_a_lock_and_comes_again(monkeypatch, capsys):
    turns = []

    def handle(*_: Any, **__: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            turns.append(cursor.fetchone()[0])
        if len(turns) < 3:
            raise OperationalError from LockNotAvailable()

    monkeypatch.setattr(migrate.DjangosCommand, "handle", handle)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.0)
    call_command("migrate")
    assert turns == ["1s"] * 3
    assert capsys.readouterr().out.count("giving way") == 2
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db
def test_migrating_gives_up_with_a_sentence_and_other_errors_are_its_own(monkeypatch):
    errors = [OperationalError("the disk is full"), OperationalError()]
    errors[1].__cause__ = LockNotAvailable()

    def handle(*_: Any, **__: Any) -> None:
        raise errors[0]

    monkeypatch.setattr(migrate.DjangosCommand, "handle", handle)
    monkeypatch.setattr(migrate, "PATIENCE_SECONDS", -1.0)
    with pytest.raises(OperationalError, match="disk is full"):
        call_command("migrate")
    errors.pop(0)
    with pytest.raises(CommandError, match="find the transaction in pg_stat_activity"):
        call_command("migrate")

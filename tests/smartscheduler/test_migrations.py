"""Migrations are reversible and match the models."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg.errors import LockNotAvailable

from smartscheduler.management.commands import migrate
from tests.lint_settings import MIGRATION_LINTER_OPTIONS

PACKAGES = {"smartscheduler", "contractors", "customers", "jobs", "assignments", "recommendations"}
# Hashes in the names of constraints, indexes, and sequences do not matter.
SCHEMA = """
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conname !~ '[0-9a-f]{8}'
UNION ALL
SELECT 'index', tablename, indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND indexname !~ '[0-9a-f]{8}'
UNION ALL
SELECT 'column', table_name, column_name, concat_ws(' ', data_type, udt_name, is_nullable, column_default)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'function', '', proname, pg_get_functiondef(oid) FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
UNION ALL
SELECT 'extension', '', extname, '' FROM pg_extension
ORDER BY 1, 2, 3, 4
"""


def ours() -> list[str]:
    """Labels of the apps of the product that have migrations."""
    labels = MigrationLoader(None).migrated_apps
    return sorted(label for label in labels if apps.get_app_config(label).name.split(".")[0] in PACKAGES)


def schema() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        return list(cursor.fetchall())


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_down_to_nothing_and_up_again() -> None:
    before = schema()
    for app in ours():
        call_command("migrate", app, "zero", verbosity=0)
    left = {name for name in connection.introspection.table_names() if name.partition("_")[0] in ours()}
    assert left == set()
    assert [name for kind, _, name, _ in schema() if kind == "trigger"] == []
    functions = [name for kind, _, name, _ in schema() if kind == "function"]
    # Both libraries keep the functions of removed triggers, and replace them when the triggers are created again.
    assert [name for name in functions if not name.startswith(("pgtrigger_", "_pgtrigger_", "_pgh_"))] == []
    call_command("migrate", verbosity=0)
    assert schema() == before
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_each_app_begins_with_one_initial_migration() -> None:
    loader = MigrationLoader(None)
    roots = {
        name for app, name in loader.disk_migrations if app in ours() and loader.disk_migrations[app, name].initial
    }
    assert roots == {"0001_initial"}


def test_no_migration_imports_the_product() -> None:
    """Code moves and changes; a migration that has been released must not."""
    named = set()
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        if app in ours():
            tree = ast.parse(Path(str(sys.modules[migration.__module__].__file__)).read_text())
            named |= {(app, name, module) for module in imported(tree) if module.split(".")[0] in PACKAGES}
    assert named == set()


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def test_the_linter_of_migrations_looks_at_every_app() -> None:
    assert sorted(MIGRATION_LINTER_OPTIONS["include_apps"]) == ours()


@pytest.mark.django_db
def test_no_model_is_ahead_of_its_migrations() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_a_constraint_is_added_and_validated_in_two_migrations() -> None:
    """Outside of a transaction the first waits for its lock without a limit, and cannot be repeated after the other."""
    for migration in MigrationLoader(connection).disk_migrations.values():
        kinds = {type(operation) for operation in migration.operations}
        assert not kinds >= {AddConstraintNotValid, ValidateConstraint}, migration
        assert migration.atomic or AddConstraintNotValid not in kinds, migration


@pytest.mark.django_db(transaction=True)
def test_migrating_waits_a_second_for_a_lock_and_comes_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = []

    def handle(*_: Any, **__: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            turns.append(cursor.fetchone()[0])
        if len(turns) < 3:
            raise OperationalError from LockNotAvailable()

    monkeypatch.setattr("smartscheduler.management.commands.migrate.DjangosCommand.handle", handle)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.0)
    call_command("migrate")
    assert turns == ["1s"] * 3
    assert capsys.readouterr().out.count("Trying again.") == 2
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.django_db
def test_migrating_gives_up_with_a_sentence_and_other_errors_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [OperationalError("the disk is full"), OperationalError()]
    errors[1].__cause__ = LockNotAvailable()

    def handle(*_: Any, **__: Any) -> None:
        raise errors[0]

    monkeypatch.setattr("smartscheduler.management.commands.migrate.DjangosCommand.handle", handle)
    monkeypatch.setattr(migrate, "PATIENCE_SECONDS", -1.0)
    with pytest.raises(OperationalError, match="disk is full"):
        call_command("migrate")
    errors.pop(0)
    with pytest.raises(CommandError, match="Find it in pg_stat_activity"):
        call_command("migrate")

"""Checks of the database schema: constraints, triggers, and indexes that were dropped, disabled, or never validated."""

from collections.abc import Iterator

import pgtrigger
from django.apps import apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from smartscheduler.ops.doctor.check import Check, Scope, rows_of, sentences

# NOT ENFORCED exists since PostgreSQL 18.
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname,
       convalidated AND coalesce((to_jsonb(pg_constraint) ->> 'conenforced')::boolean, true)
FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND conrelid <> 0
UNION ALL
SELECT indrelid::regclass::text, relname, indisvalid AND indisready
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = current_schema()::regnamespace
"""

REFERENCES = """
SELECT conrelid::regclass::text, attname FROM pg_constraint
JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
WHERE contype = 'f' AND convalidated AND coalesce((to_jsonb(pg_constraint) ->> 'conenforced')::boolean, true)
"""

UNIQUE_COLUMNS = """
SELECT indrelid::regclass::text, attname FROM pg_index
JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
WHERE indisunique AND indisvalid AND indnkeyatts = 1 AND indpred IS NULL
"""

INVALID_INDEXES = """
SELECT format('%s of %s', indexrelid::regclass, indrelid::regclass)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = current_schema()::regnamespace AND NOT (indisvalid AND indisready AND indislive)
"""

DISABLED_TRIGGERS = """
SELECT format('%s of %s is disabled', coalesce(conname, tgname), tgrelid::regclass)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid LEFT JOIN pg_constraint ON pg_constraint.oid = tgconstraint
WHERE relnamespace = current_schema()::regnamespace AND tgenabled IN ('D', 'R')
"""


def _models() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def missing_constraints() -> Iterator[str]:
    """Constraints, foreign keys, and unique columns of the models that the database does not enforce."""
    with connection.cursor() as cursor:
        cursor.execute(CONSTRAINTS)
        known = {(table, name): enforced for table, name, enforced in cursor.fetchall()}
        cursor.execute(REFERENCES)
        references = set(cursor.fetchall())
        cursor.execute(UNIQUE_COLUMNS)
        unique = set(cursor.fetchall())
    for model in _models():
        table = model._meta.db_table
        for constraint in model._meta.constraints:
            enforced = known.get((table, constraint.name))
            if not enforced:
                yield f"{constraint.name} of {table} is {'missing' if enforced is None else 'not valid'}"
        for field in model._meta.local_concrete_fields:
            if getattr(field, "db_constraint", False) and (table, field.column) not in references:
                yield f"the foreign key {field.column} of {table} is missing or not valid"
            if field.unique and (table, field.column) not in unique:
                yield f"the unique {field.column} of {table} is missing"


def missing_indexes() -> Iterator[str]:
    """Indexes of the models that are missing in the database."""
    with connection.cursor() as cursor:
        cursor.execute(CONSTRAINTS)
        known = {(table, name) for table, name, _ in cursor.fetchall()}
    for model in _models():
        for index in model._meta.indexes:
            if (model._meta.db_table, index.name) not in known:
                yield f"{index.name} of {model._meta.db_table}"


def idle_triggers() -> Iterator[str]:
    """Triggers of the models that are missing, outdated, or disabled, and other disabled triggers."""
    for model, trigger in pgtrigger.registered():
        status, enabled = trigger.get_installation_status(model)
        if status != "INSTALLED":
            yield f"{trigger.name} of {model._meta.db_table} is {status.lower()}"
        elif not enabled:
            yield f"{trigger.name} of {model._meta.db_table} is disabled"
    with connection.cursor() as cursor:
        cursor.execute(DISABLED_TRIGGERS)
        ours = {trigger.get_pgid(model) for model, trigger in pgtrigger.registered()}
        names = tuple(f"{name} " for name in ours)
        yield from (finding for (finding,) in cursor.fetchall() if not finding.startswith(names))


def migrations_out_of_step() -> Iterator[str]:
    """Migrations of the code that are not applied, and applied migrations that the code does not have."""
    loader = MigrationLoader(connection)
    applied, known = loader.applied_migrations or {}, loader.disk_migrations or {}
    # Compared one by one: `migrate` treats all predecessors of an applied migration as applied.
    for app, name in sorted(loader.graph.nodes.keys() - applied.keys()):
        yield f"{app}.{name} is not applied"
    for app, name in applied:
        if app in loader.migrated_apps and (app, name) not in known:
            yield f"{app}.{name} is applied, but this version of the code does not have it"


PUT_BACK = "Drop what is left of it and create it as in the migrations (manage.py sqlmigrate)"
CHECKS = (
    Check(
        name="migrations",
        holds="The database has the migrations of this version",
        remedy="Run manage.py migrate. For a newer database, use the newer version of the product.",
        find=sentences(migrations_out_of_step),
        scope=Scope.STRUCTURE,
    ),
    Check(
        name="constraints-in-force",
        holds="The database enforces every constraint, foreign key, and unique column of the models",
        remedy=f"{PUT_BACK}, or ALTER TABLE … VALIDATE CONSTRAINT …; the other checks list the rows that violate it.",
        find=sentences(missing_constraints),
        scope=Scope.STRUCTURE,
    ),
    Check(
        name="triggers-in-force",
        holds="The triggers of the models are installed, current, and enabled",
        remedy="Run manage.py pgtrigger install, then manage.py pgtrigger enable; "
        "for foreign keys ALTER TABLE … ENABLE TRIGGER ALL;",
        find=sentences(idle_triggers),
        scope=Scope.STRUCTURE,
    ),
    Check(
        name="indexes-valid",
        holds="No index is invalid",
        remedy="Its creation was interrupted: REINDEX INDEX CONCURRENTLY …;",
        find=rows_of(INVALID_INDEXES),
        scope=Scope.STRUCTURE,
    ),
    Check(
        name="indexes-there",
        holds="The database has every index of the models",
        remedy=f"{PUT_BACK}. Without it, lists or rankings are slow.",
        find=sentences(missing_indexes),
        scope=Scope.STRUCTURE,
    ),
)

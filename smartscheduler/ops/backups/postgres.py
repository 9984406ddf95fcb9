"""Additional databases on the server: create, use, rename, and drop them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

from smartscheduler.ops.backups import BackupError

MAINTENANCE = "postgres"
LONGEST_NAME = 63

IS_EMPTY = """
SELECT NOT EXISTS (
    SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
)
"""
SESSIONS = """
SELECT coalesce(nullif(application_name, ''), usename::text), count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
GROUP BY 1 ORDER BY 1
"""


def rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def present() -> str:
    """The name of Django's present database."""
    return str(connection.settings_dict["NAME"])


def server_major() -> int:
    return int(rows("SELECT current_setting('server_version_num')::int / 10000")[0][0])


def is_empty() -> bool:
    """Whether the database has no tables or views that a restore could overwrite."""
    return bool(rows(IS_EMPTY)[0][0])


def refuse_company() -> None:
    """Raise BackupError while other sessions are connected to the database."""
    if others := rows(SESSIONS):
        names = ", ".join(f"{name} ({count})" for name, count in others)
        raise BackupError(
            f"Other sessions are connected to {present()}: {names}. Stop web, worker, beat, and relay first."
        )


@contextmanager
def visiting(name: str) -> Iterator[None]:
    """Connect Django to the database `name` inside."""
    home = connection.settings_dict["NAME"]
    _go_to(name)
    try:
        yield
    finally:
        _go_to(home)


def _go_to(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


@contextmanager
def scratch(name: str) -> Iterator[None]:
    """Create a database, connect Django to it inside, and drop it afterwards."""
    create(name)
    try:
        with visiting(name):
            yield
    finally:
        drop(name)


def drop(name: str) -> None:
    _execute("DROP DATABASE IF EXISTS {}", name)


def create(name: str) -> None:
    _execute("CREATE DATABASE {}", name)


def swap(new: str, *, at: datetime) -> str:
    """Rename the database `new` to the name of the present one, and return the new name of the present one."""
    name = present()
    # With microseconds: two restores within one second keep two databases.
    kept = beside(name, f"before_{at:%Y%m%d_%H%M%S_%f}")
    connection.close()
    _execute("ALTER DATABASE {} RENAME TO {}", name, kept)
    try:
        _execute("ALTER DATABASE {} RENAME TO {}", new, name)
    except BaseException:
        _execute("ALTER DATABASE {} RENAME TO {}", kept, name)
        raise
    return kept


def beside(name: str, what: str) -> str:
    """The name of a database derived from `name`, within PostgreSQL's length limit."""
    return f"{name[: LONGEST_NAME - len(what) - 1]}_{what}"


def _execute(statement: str, *names: str) -> None:
    """Run a statement about databases while connected to the maintenance database."""
    parameters = connection.get_connection_params()
    target = {name: parameters[name] for name in parameters.keys() - {"context", "cursor_factory", "prepare_threshold"}}
    try:
        with psycopg.connect(**{**target, "dbname": MAINTENANCE}, autocommit=True) as server:
            server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # a constant text
    except psycopg.errors.InsufficientPrivilege as error:
        account = parameters.get("user", "ACCOUNT")
        raise BackupError(
            "This needs a second database, and the account of DATABASE_URL may not create one. Run: "
            f"ALTER ROLE {account} CREATEDB;"
        ) from error
    except psycopg.Error as error:
        raise BackupError(f"PostgreSQL rejected “{statement.format(*names)}”: {str(error).strip()}") from error

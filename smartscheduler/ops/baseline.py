"""Detection of databases from before 0.1.0, whose migrations differ from those of all releases."""

from collections.abc import Iterable

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from smartscheduler.ops.local import servers
from smartscheduler.ops.local.servers.postgresql import PostgreSQL

# Migrations that each of these databases has applied and that no release contains.
REPLACED = frozenset({"contractors.0002_search_index", "exchange.0001_initial", "mails.0001_initial"})


class UnsupportedDatabase(Exception):
    """The database cannot be migrated. The message says what to do."""


def is_from_before(migrations: Iterable[str]) -> bool:
    """Whether these migrations (`app.name`) are those of a database from before 0.1.0."""
    return not REPLACED.isdisjoint(migrations)


def require_supported(connection: BaseDatabaseWrapper) -> None:
    """Raise UnsupportedDatabase for a database from before 0.1.0. Migrating it would leave it half converted."""
    applied = MigrationRecorder(connection).applied_migrations()
    if is_from_before(f"{app}.{name}" for app, name in applied):
        raise UnsupportedDatabase(_what_to_do(connection))


def _what_to_do(connection: BaseDatabaseWrapper) -> str:
    if any(isinstance(server, PostgreSQL) for server in servers.from_environment().members):
        folder = settings.DATA_DIR
        return (
            f"The database in {folder} was made by a version before 0.1.0 and cannot be upgraded. Nothing was changed. "
            f"Move the folder (mv {folder} {folder}-before) and start again with a new one."
        )
    return (
        f"The database {connection.settings_dict['NAME']} was made by a version before 0.1.0 and cannot be upgraded. "
        "Nothing was changed. Create an empty database, set DATABASE_URL to it, and start again."
    )

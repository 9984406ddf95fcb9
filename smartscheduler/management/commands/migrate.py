"""`manage.py migrate` without blocking users: bookings continue while it runs.

A migration that waits for an exclusive lock on a table also blocks all later queries of the table. Therefore it waits
for only one second, which is less than LOCK_TIMEOUT_SECONDS, then rolls back and tries again.
"""

import random
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangosCommand
from django.db import OperationalError, connections
from psycopg.pq import TransactionStatus

from smartscheduler.core.db.transactions import LOCK_NOT_AVAILABLE, sqlstate
from smartscheduler.ops.baseline import UnsupportedDatabase, require_supported

LOCK_TIMEOUT = "1s"
PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 2.0


class Command(DjangosCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate like Django's command. Applied migrations stay when a later one has to be tried again."""
        try:
            require_supported(connections[options["database"]])
        except UnsupportedDatabase as error:
            raise CommandError(str(error)) from error
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not self._has_room(*args, **options):
            if time.monotonic() > give_up_at:
                raise CommandError(
                    "Another transaction has held a lock that a migration needs for five minutes. Find it in "
                    "pg_stat_activity, end it, and migrate again. The migrations applied so far are kept."
                )
            if options["verbosity"]:
                self.stdout.write("  Another transaction holds a lock that the migration needs. Trying again.")
            time.sleep(random.uniform(0.5, 1.5) * PAUSE_SECONDS)  # noqa: S311  (jitter, not a secret)

    def _has_room(self, *args: Any, **options: Any) -> bool:
        """Apply the missing migrations. Returns False when a lock was not available."""
        with connections[options["database"]].execute_wrapper(wait_briefly):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if sqlstate(error) != LOCK_NOT_AVAILABLE:
                    raise
                return False
        return True


def wait_briefly(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
    """Set a lock time-out at the start of each transaction; a session setting would stay in a pooled connection.

    Statements outside transactions, such as CREATE INDEX CONCURRENTLY, can wait without blocking other queries.
    """
    connection = context["connection"]
    if connection.in_atomic_block and connection.connection.info.transaction_status == TransactionStatus.IDLE:
        connection.connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    return execute(sql, parameters, many, context)

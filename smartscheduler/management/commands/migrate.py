"""`manage.py migrate`, which gives way: people go on booking while it runs.

A migration that wants a table for itself stands in a queue, and everybody who comes after it stands behind it. So it
waits for one second only, which is less than a booking has patience for; then it steps back and comes again.
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
        """As Django's own; what has been applied stays so when a later migration has to be tried again."""
        try:
            require_supported(connections[options["database"]])
        except UnsupportedDatabase as error:
            raise CommandError(str(error)) from error
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not self._has_room(*args, **options):
            if time.monotonic() > give_up_at:
                raise CommandError(
                    "Somebody has held what a migration wants for five minutes: find the transaction in "
                    "pg_stat_activity, end it, and migrate again. What was applied until now stays."
                )
            if options["verbosity"]:
                self.stdout.write("  Somebody holds what it wants: giving way, and trying again.")
            time.sleep(random.uniform(0.5, 1.5) * PAUSE_SECONDS)  # noqa: S311  (jitter, not a secret)

    def _has_room(self, *args: Any, **options: Any) -> bool:
        """Apply what is missing; False when a lock was not to be had."""
        with connections[options["database"]].execute_wrapper(wait_briefly):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if sqlstate(error) != LOCK_NOT_AVAILABLE:
                    raise
                return False
        return True


def wait_briefly(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
    """Begin each transaction with a lock timeout of its own: one of the session would stay with a pooler's connection.

    Statements outside of transactions, such as CREATE INDEX CONCURRENTLY, wait without holding anybody up.
    """
    connection = context["connection"]
    if connection.in_atomic_block and connection.connection.info.transaction_status == TransactionStatus.IDLE:
        connection.connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    return execute(sql, parameters, many, context)

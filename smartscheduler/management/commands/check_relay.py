"""`manage.py check_relay`: whether an event relay is active, for health checks."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from smartscheduler.events.relay import RELAY_LOCK

HELD = """
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (classid::bigint << 32) | objid::bigint = %s
    )
"""


class Command(BaseCommand):
    help = "Exit with 0 while a relay holds the lock, with 1 while events wait for one."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(HELD, [RELAY_LOCK])
            (held,) = cursor.fetchone()
        if not held:
            raise CommandError("No event relay is active: start one with manage.py relay_events.")
        self.stdout.write("An event relay is active.")

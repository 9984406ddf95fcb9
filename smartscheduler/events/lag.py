"""Lag of the relay: committed events that have not been delivered."""

from datetime import timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, Min
from django.utils import timezone

from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.relay import RELAY_LOCK

LOCK_HELD = """
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (classid::bigint << 32) | objid::bigint = %s
    )
"""

# A healthy relay needs milliseconds; a larger lag is reported to operators.
LATE = timedelta(seconds=10)


class Lag(NamedTuple):
    """The number of committed events without a sequence number, and the age of the oldest one."""

    unsent: int
    oldest: timedelta

    @property
    def is_late(self) -> bool:
        return self.oldest > LATE


def lag() -> Lag:
    """The present lag, with one index-only query."""
    totals = OutboxEvent.objects.filter(sequence__isnull=True).aggregate(unsent=Count("pk"), since=Min("occurred_at"))
    oldest = max(timezone.now() - totals["since"], timedelta(0)) if totals["since"] else timedelta(0)
    return Lag(totals["unsent"], oldest)


def is_relay_active() -> bool:
    """Whether a relay on any machine holds the advisory lock."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_HELD, [RELAY_LOCK])
        return bool(cursor.fetchone()[0])

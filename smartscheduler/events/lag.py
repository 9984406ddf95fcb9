"""How far the relay is behind: what tells operators that events wait."""

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

# From here on somebody should look: a healthy relay takes milliseconds.
LATE = timedelta(seconds=10)


class Lag(NamedTuple):
    """How many committed events have no number yet, and how old the oldest of them is."""

    unsent: int
    oldest: timedelta

    @property
    def is_late(self) -> bool:
        return self.oldest > LATE


def lag() -> Lag:
    """The lag of now, in one query that an index answers."""
    found = OutboxEvent.objects.filter(sequence__isnull=True).aggregate(unsent=Count("pk"), since=Min("occurred_at"))
    oldest = max(timezone.now() - found["since"], timedelta(0)) if found["since"] else timedelta(0)
    return Lag(found["unsent"], oldest)


def is_relay_active() -> bool:
    """Whether any relay, on whatever machine, holds the lock."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_HELD, [RELAY_LOCK])
        return bool(cursor.fetchone()[0])

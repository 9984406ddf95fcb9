"""Queue of road-distance lookups, one row per job.

A table instead of a Celery task for each lookup: if a worker is killed, its lookup is taken again when the lease
expires, and repeated requests for a job become one lookup.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from recommendations.models import Lookup

# Delay of a lookup, so that requests in quick succession, as in an import, become one.
DEBOUNCE = timedelta(seconds=1)
# A shown ranking does not request a lookup again this soon after the last one.
QUIET = timedelta(minutes=1)
FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=1)

# `held` is the existing row of a job. A running lookup stays with its worker and is marked to run again. A finished one
# starts over; a waiting one keeps its place, except that `urgent` makes it due at once and resets the back-off.
WANT = """
INSERT INTO recommendations_lookup AS held
       (job_id, state, wanted_at, due_at, newer_than, again, attempts, drives, known, asked, error)
SELECT id, 'waiting', %(now)s, %(due)s, %(newer_than)s, false, 0, 0, 0, 0, ''
FROM jobs_job WHERE id = ANY(%(jobs)s) AND status = 'open' ORDER BY id
ON CONFLICT (job_id) DO UPDATE SET
    state = CASE WHEN held.state = 'running' THEN 'running' ELSE 'waiting' END,
    again = held.state = 'running',
    wanted_at = CASE WHEN held.state = 'done' THEN excluded.wanted_at ELSE held.wanted_at END,
    due_at = CASE WHEN held.state = 'done' OR %(urgent)s THEN excluded.due_at ELSE held.due_at END,
    attempts = CASE WHEN %(urgent)s THEN 0 ELSE held.attempts END,
    newer_than = greatest(held.newer_than, excluded.newer_than)
WHERE %(urgent)s OR held.state <> 'done' OR held.finished_at < %(quiet_since)s OR NOT %(soft)s
"""
# The next lookup that is due, or one whose lease has expired. SKIP LOCKED: concurrent workers take different rows.
CLAIM = """
UPDATE recommendations_lookup SET state = 'running', claimed_until = %(until)s, again = false, attempts = attempts + 1
WHERE job_id = (
    SELECT job_id FROM recommendations_lookup
    WHERE (state IN ('waiting', 'late') AND due_at <= %(now)s) OR (state = 'running' AND claimed_until < %(now)s)
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING job_id
"""


def want(
    job_ids: Collection[UUID], *, soft: bool = False, urgent: bool = False, newer_than: datetime | None = None
) -> None:
    """Request lookups for the rankings of these open jobs.

    `soft` leaves out jobs that were looked up within QUIET. `urgent` starts at once, also after failures. Estimates
    older than `newer_than` are requested again.
    """
    if not job_ids:
        return
    now = timezone.now()
    parameters: dict[str, Any] = {
        "jobs": list(job_ids),
        "now": now,
        "due": now if urgent else now + DEBOUNCE,
        "newer_than": newer_than,
        "urgent": urgent,
        "soft": soft,
        "quiet_since": now - QUIET,
    }
    with connection.cursor() as cursor:
        cursor.execute(WANT, parameters)


def claim() -> Lookup | None:
    """Take the next lookup with a lease of settings.TRAVEL_LEASE_SECONDS; None if none is due."""
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "until": now + _lease()})
        row = cursor.fetchone()
    return Lookup.objects.select_related("job").get(pk=row[0]) if row else None


def keep(lookup: Lookup) -> None:
    """Extend the lease and store the progress."""
    Lookup.objects.filter(pk=lookup.pk).update(
        claimed_until=timezone.now() + _lease(), drives=lookup.drives, known=lookup.known, asked=lookup.asked
    )


def finish(lookup: Lookup, *, error: str = "", after: timedelta | None = None) -> None:
    """End a turn: done, or to be repeated `after` a delay. A lookup that was requested meanwhile runs again."""
    now = timezone.now()
    held = Lookup.objects.select_for_update().get(pk=lookup.pk)
    held.drives, held.known, held.asked, held.error = lookup.drives, lookup.known, lookup.asked, error[:200]
    held.claimed_until, held.finished_at = None, now
    if after is not None:
        held.state, held.due_at = Lookup.State.LATE if error else Lookup.State.WAITING, now + after
    elif held.again:
        held.state, held.due_at, held.attempts = Lookup.State.WAITING, now + DEBOUNCE, 0
    else:
        held.state, held.attempts, held.newer_than = Lookup.State.DONE, 0, None
    held.again = False
    held.save()


def delay(attempts: int) -> timedelta:
    """The delay after this number of failed attempts: 1, 2, 4 … 60 minutes."""
    factor: int = 2 ** max(0, min(attempts, 10) - 1)
    return min(LONGEST_DELAY, FIRST_DELAY * factor)


def _lease() -> timedelta:
    return timedelta(seconds=settings.TRAVEL_LEASE_SECONDS)

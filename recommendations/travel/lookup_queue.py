"""The list of lookups: who wants roads, whose turn it is, and what has become of it.

A table, and not a task for each: what a worker that is killed leaves behind is taken up again.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from recommendations.models import Lookup

# Requests that come at once, as in an import, become one lookup.
DEBOUNCE = timedelta(seconds=1)
# What was just looked up is not looked up again because another ranking is shown.
QUIET = timedelta(minutes=1)
FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=1)

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
    """Note that the rankings of these open jobs want roads.

    `soft`: not when they were looked up a moment ago. `urgent`: at once, although the last time failed. With
    `newer_than`, estimates that are older are asked for anew.
    """
    if not job_ids:
        return
    now = timezone.now()
    given: dict[str, Any] = {
        "jobs": list(job_ids),
        "now": now,
        "due": now if urgent else now + DEBOUNCE,
        "newer_than": newer_than,
        "urgent": urgent,
        "soft": soft,
        "quiet_since": now - QUIET,
    }
    with connection.cursor() as cursor:
        cursor.execute(WANT, given)


def claim() -> Lookup | None:
    """The lookup whose turn it is, now ours for a while; None when there is none."""
    now = timezone.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "until": now + _lease()})
        row = cursor.fetchone()
    return Lookup.objects.select_related("job").get(pk=row[0]) if row else None


def keep(lookup: Lookup) -> None:
    """Say that we are still at it."""
    Lookup.objects.filter(pk=lookup.pk).update(
        claimed_until=timezone.now() + _lease(), drives=lookup.drives, known=lookup.known, asked=lookup.asked
    )


def finish(lookup: Lookup, *, error: str = "", after: timedelta | None = None) -> None:
    """The end of a turn: done, or with `after` once more then. What came in meanwhile is looked at again."""
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
    """How long to wait after so many attempts that failed: a minute, two, four … an hour."""
    factor: int = 2 ** max(0, min(attempts, 10) - 1)
    return min(LONGEST_DELAY, FIRST_DELAY * factor)


def _lease() -> timedelta:
    return timedelta(seconds=settings.TRAVEL_LEASE_SECONDS)

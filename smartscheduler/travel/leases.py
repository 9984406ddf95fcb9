"""Leases on drives: a worker takes one before it requests a drive, so that each drive is requested once.

A lease ends when the drive is stored, or expires if its owner has died.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from smartscheduler.travel.geocells import Pair
from smartscheduler.travel.models import TravelClaim

# ORDER BY: two workers that want the same drives lock the rows in the same order. The second one waits for the first
# and then gets the rest, instead of a deadlock.
CLAIM = """
INSERT INTO travel_travelclaim AS held (origin, destination, owner, until)
SELECT origin, destination, %s, %s FROM unnest(%s::bigint[], %s::bigint[]) AS drive(origin, destination)
ORDER BY origin, destination
ON CONFLICT (origin, destination) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE held.until < %s
RETURNING origin, destination
"""
RELEASE = """
DELETE FROM travel_travelclaim held USING unnest(%s::bigint[], %s::bigint[]) AS done(from_cell, to_cell)
WHERE origin = from_cell AND destination = to_cell AND owner = %s
"""


def claim(pairs: Collection[Pair]) -> tuple[UUID, set[Pair]]:
    """Take leases; return the owner id of this call, and the drives that no other worker is requesting."""
    owner, now = uuid4(), timezone.now()
    until = now + timedelta(seconds=settings.TRAVEL_LEASE_SECONDS)
    origins, destinations = zip(*pairs, strict=True) if pairs else ((), ())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [owner, until, list(origins), list(destinations), now])
        return owner, {Pair(*row) for row in cursor.fetchall()}


def release(owner: UUID, pairs: Collection[Pair]) -> None:
    """End the leases of some drives: they are stored, or are not available now."""
    if not pairs:
        return
    origins, destinations = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [list(origins), list(destinations), owner])


def forget_lapsed() -> int:
    """Delete expired leases; return how many."""
    return TravelClaim.objects.filter(until__lt=timezone.now()).delete()[0]

"""One lookup a drive, however many want it: whoever asks a provider claims the drives first.

A claim ends when its drives are stored, or by itself when its owner has died.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from smartscheduler.travel.geocells import Pair
from smartscheduler.travel.models import TravelClaim

# In one order: of two who want the same drives, one waits for the other and then gets what is left.
CLAIM = """
INSERT INTO travel_travelclaim AS held (origin, destination, owner, until)
SELECT origin, destination, %s, %s FROM unnest(%s::bigint[], %s::bigint[]) AS wanted(origin, destination)
ORDER BY origin, destination
ON CONFLICT (origin, destination) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE held.until < %s
RETURNING origin, destination
"""
RELEASE = """
DELETE FROM travel_travelclaim held USING unnest(%s::bigint[], %s::bigint[]) AS done(one, other)
WHERE origin = one AND destination = other AND owner = %s
"""


def claim(pairs: Collection[Pair]) -> tuple[UUID, set[Pair]]:
    """Claim drives; returns the mark of the claim, and those that nobody else is asking about."""
    owner, now = uuid4(), timezone.now()
    until = now + timedelta(seconds=settings.TRAVEL_LEASE_SECONDS)
    origins, destinations = zip(*pairs, strict=True) if pairs else ((), ())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [owner, until, list(origins), list(destinations), now])
        return owner, {Pair(*row) for row in cursor.fetchall()}


def release(owner: UUID, pairs: Collection[Pair]) -> None:
    """Give up the claim of some drives: they are stored, or cannot be had now."""
    if not pairs:
        return
    origins, destinations = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [list(origins), list(destinations), owner])


def forget_lapsed() -> int:
    """Delete the claims of the dead; returns how many."""
    return TravelClaim.objects.filter(until__lt=timezone.now()).delete()[0]

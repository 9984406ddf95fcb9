"""Leases on drives: a worker takes one before it requests a drive, so that each drive is requested once.

A lease ends when the drive is stored, or expires if its owner has died.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from smartscheduler.core.outbound.leases import RowLeases
from smartscheduler.travel.geocells import Pair
from smartscheduler.travel.models import TravelClaim

leases = RowLeases(TravelClaim, "origin", "destination", updates={"owner": "excluded.owner"})
RELEASE = """
DELETE FROM travel_travelclaim held USING unnest(%s::bigint[], %s::bigint[]) AS done(from_cell, to_cell)
WHERE origin = from_cell AND destination = to_cell AND owner = %s
"""


def claim(pairs: Collection[Pair]) -> tuple[UUID, set[Pair]]:
    """Take leases; return the owner id of this call, and the drives that no other worker is requesting."""
    owner = uuid4()
    taken = leases.take(pairs, timedelta(seconds=settings.TRAVEL_LEASE_SECONDS), owner=owner)
    return owner, {Pair(*keys) for keys in taken}


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

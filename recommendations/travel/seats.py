"""How many lookups run at once, over all workers: a slow provider must not take every thread from the other tasks."""

from contextlib import AbstractContextManager

from smartscheduler.leases.holding import Holder, lease

SEATS = 2
ROADS, WORDS = "roads", "words"


def seat(kind: str = ROADS, seats: int = SEATS) -> AbstractContextManager[Holder]:
    """A holder of one of the seats; false when all are taken. It is renewed while it is used, and ends with it."""
    return lease(f"{kind}-seat", seats)

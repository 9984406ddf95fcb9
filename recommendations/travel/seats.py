"""How many lookups run at once, over all workers: a slow provider must not take every thread from the other tasks."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

SEATS = 2
# Any numbers, only not those of ours for something else.
ROADS, WORDS = 7_261_508, 7_261_509


@contextmanager
def seat(kind: int = ROADS, seats: int = SEATS) -> Iterator[bool]:
    """Whether there was a seat; it is given back at the end, or with the connection of a worker that dies."""
    number = next((number for number in range(seats) if _lock("pg_try_advisory_lock", kind, number)), None)
    try:
        yield number is not None
    finally:
        if number is not None:
            _lock("pg_advisory_unlock", kind, number)


def _lock(function: str, kind: int, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [kind, number])
        return bool(cursor.fetchone()[0])

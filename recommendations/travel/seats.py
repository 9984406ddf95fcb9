"""How many lookups run at once, over all workers: a slow provider must not take every thread from the other tasks."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

SEATS = 2
# Any number, only not one of ours for something else.
LOCK = 7_261_508


@contextmanager
def seat() -> Iterator[bool]:
    """Whether there was a seat; it is given back at the end, or with the connection of a worker that dies."""
    number = next((number for number in range(SEATS) if _lock("pg_try_advisory_lock", number)), None)
    try:
        yield number is not None
    finally:
        if number is not None:
            _lock("pg_advisory_unlock", number)


def _lock(function: str, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [LOCK, number])
        return bool(cursor.fetchone()[0])

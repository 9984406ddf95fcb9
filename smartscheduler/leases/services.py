"""Taking, renewing and releasing a lease.

A lease is a row, not a session-level advisory lock: behind a connection pooler a session outlives its client, and so
would the lock. Expiry uses PostgreSQL's clock, so the clocks of the workers do not matter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection

from smartscheduler.leases.models import Lease

_TABLE = Lease._meta.db_table
# The WHERE clause makes the update conditional: a lease that has not expired is left alone and no row is returned.
# clock_timestamp() instead of now(), which is the start of the transaction.
TAKE = f"""
    INSERT INTO {_TABLE} AS held (name, owner, until)
    VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
    WHERE held.until <= clock_timestamp()
    RETURNING name
"""  # noqa: S608  (a table name of our own)
RENEW = f"""
    UPDATE {_TABLE} SET until = clock_timestamp() + make_interval(secs => %s)
    WHERE name = %s AND owner = %s AND until > clock_timestamp()
"""  # noqa: S608
GIVE_BACK = f"DELETE FROM {_TABLE} WHERE name = %s AND owner = %s"  # noqa: S608


class Holder:
    """One attempt to hold a lease; true while it holds the lease."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._owner: UUID = uuid4()
        self._holds = False

    def __bool__(self) -> bool:
        return self._holds

    def take(self) -> bool:
        """Take the lease for settings.LEASE_SECONDS, unless another holder has it. Returns whether it was taken."""
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [self.name, self._owner, settings.LEASE_SECONDS])
            self._holds = cursor.fetchone() is not None
        return self._holds

    def renew(self) -> bool:
        """Extend the lease to settings.LEASE_SECONDS from now; False if it had expired, and then it is lost."""
        if self._holds:
            with connection.cursor() as cursor:
                cursor.execute(RENEW, [settings.LEASE_SECONDS, self.name, self._owner])
                self._holds = cursor.rowcount == 1
        return self._holds

    def give_back(self) -> None:
        if self._holds:
            with connection.cursor() as cursor:
                cursor.execute(GIVE_BACK, [self.name, self._owner])
            self._holds = False


@contextmanager
def lease(name: str, places: int = 1) -> Iterator[Holder]:
    """Hold one of the `places` leases called `name`; the holder is false if all are taken.

    Callers that work for longer than settings.LEASE_SECONDS must call `renew` regularly and stop if it returns False.
    """
    holders = [Holder(f"{name}-{place}" if places > 1 else name) for place in range(places)]
    holder = next((candidate for candidate in holders if candidate.take()), holders[0])
    try:
        yield holder
    finally:
        holder.give_back()

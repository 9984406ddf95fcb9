"""Taking, renewing and giving back a lease.

A lease is a row, not a lock of a database session: behind a pooler the session goes on after its client has died, and
so would its lock. PostgreSQL's clock decides, so that clocks of workers do not matter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection

from smartscheduler.leases.models import Lease

_TABLE = Lease._meta.db_table
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
    """Who holds a lease; false for a holder that did not get it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._owner: UUID = uuid4()
        self._holds = False

    def __bool__(self) -> bool:
        return self._holds

    def take(self) -> bool:
        """Take the lease for settings.LEASE_SECONDS, unless another holder has it."""
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [self.name, self._owner, settings.LEASE_SECONDS])
            self._holds = cursor.fetchone() is not None
        return self._holds

    def renew(self) -> bool:
        """Hold on for another settings.LEASE_SECONDS; False, and no holder any more, when the lease has ended."""
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
    """A holder of one of the `places` of `name`, or one that is false when all are taken.

    Whoever works for longer than settings.LEASE_SECONDS calls `renew` in between, and stops when that says False.
    """
    holders = [Holder(f"{name}-{place}" if places > 1 else name) for place in range(places)]
    holder = next((one for one in holders if one.take()), holders[0])
    try:
        yield holder
    finally:
        holder.give_back()

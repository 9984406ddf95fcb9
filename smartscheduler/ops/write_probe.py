"""Write probe: whether PostgreSQL can still commit a row that needs new space on its disk.

Reading works on a full disk, and so do small updates, which fit into pages that are there. So each probe inserts more
than a page of random bytes. A row of the last ten seconds answers for all processes: however often readiness is asked
about, PostgreSQL gets one probe in ten seconds. Every 500 probes (8 MB) the table is emptied.
"""

import os

from django.db import DatabaseError, connection, transaction
from django.db.utils import OperationalError

from smartscheduler.ops.models import WriteProbe

FRESH_SECONDS = 10
PADDING_BYTES = 16_384
MOST_ROWS = 500

_TABLE = WriteProbe._meta.db_table
STATE = f"""
    SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool, coalesce(
        (SELECT written_at > clock_timestamp() - make_interval(secs => %s) FROM {_TABLE} ORDER BY id DESC LIMIT 1),
        false
    )
"""  # noqa: S608  (a table name of our own)
INSERT = f"INSERT INTO {_TABLE} (written_at, padding) VALUES (clock_timestamp(), %s) RETURNING id"  # noqa: S608


def check_writes() -> None:
    """Return when a write was committed within the last FRESH_SECONDS, by this call or an earlier one.

    Raises DatabaseError with PostgreSQL's reason when it refuses to write.
    """
    with connection.cursor() as cursor:
        cursor.execute(STATE, [FRESH_SECONDS])
        is_read_only, is_fresh = cursor.fetchone()
        if is_read_only:
            raise OperationalError("this PostgreSQL is read-only or a standby")
        if is_fresh:
            return
        cursor.execute(INSERT, [os.urandom(PADDING_BYTES)])
        if cursor.fetchone()[0] % MOST_ROWS == 0:
            _empty()


def _empty() -> None:
    """Give the space back, unless something reads the table (a dump, which holds its lock for long)."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {_TABLE} IN ACCESS EXCLUSIVE MODE NOWAIT")
            cursor.execute(f"TRUNCATE {_TABLE}")
    except DatabaseError:
        return  # the next time

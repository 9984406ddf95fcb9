"""Write probe: whether PostgreSQL can commit a row that needs new disk space.

On a full disk, reads still work, and so do small updates that fit into existing pages. Therefore each probe inserts
more than a page of random bytes. A row of the last ten seconds counts for all processes, so that PostgreSQL gets at
most one probe in ten seconds. After every 500 probes (8 MB) the table is emptied.
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
"""  # noqa: S608  (a constant table name)
INSERT = f"INSERT INTO {_TABLE} (written_at, padding) VALUES (clock_timestamp(), %s) RETURNING id"  # noqa: S608


def check_writes() -> None:
    """Return normally if a write was committed within the last FRESH_SECONDS, by this call or an earlier one.

    Raises DatabaseError with the reason of PostgreSQL when it rejects the write.
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
    """Truncate the table, unless another session reads it, such as a long dump."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {_TABLE} IN ACCESS EXCLUSIVE MODE NOWAIT")
            cursor.execute(f"TRUNCATE {_TABLE}")
    except DatabaseError:
        return  # the next occasion is after MOST_ROWS more probes

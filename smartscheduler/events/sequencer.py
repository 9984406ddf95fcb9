"""The sequencer assigns gapless sequence numbers, which define the order of delivery."""

import os
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import dict_row

from smartscheduler.events.models import EventHead, OutboxEvent

APPLICATION = "smartscheduler-relay"
BATCH = 200
# An active relay queries four times a second and a standby relay once a second, so longer silence means it is frozen.
SILENCE_SECONDS = 10
Session = psycopg.AsyncConnection[dict[str, Any]]

_EVENTS, _HEAD = OutboxEvent._meta.db_table, EventHead._meta.db_table
# Explicit names, because a later release may have added columns that this one does not know.
_COLUMNS = ", ".join(f"event.{field.column}" for field in OutboxEvent._meta.concrete_fields)

# Creates a missing head (in a new or flushed database) from the events of the table.
ENSURE_HEAD = f"""
    INSERT INTO {_HEAD} (id, sequence, pruned_to)
    SELECT 1, coalesce(max(sequence), 0), coalesce(min(sequence) - 1, 0) FROM {_EVENTS}
    ON CONFLICT (id) DO NOTHING
"""  # noqa: S608  (constant table names)
ANY_UNSENT = f"SELECT 1 FROM {_EVENTS} WHERE sequence IS NULL LIMIT 1"  # noqa: S608
READ_HEAD = f"SELECT sequence FROM {_HEAD} WHERE id = 1"  # noqa: S608
LOCK_HEAD = f"{READ_HEAD} FOR UPDATE"
MOVE_HEAD = f"UPDATE {_HEAD} SET sequence = %s WHERE id = 1"  # noqa: S608
# Runs after the head is locked, so that its snapshot includes the numbers of the previous holder of the lock.
NUMBER_UNSENT = f"""
    WITH unsent AS (
        SELECT position, row_number() OVER (ORDER BY position) AS place
        FROM {_EVENTS} WHERE sequence IS NULL ORDER BY position LIMIT %s
    ), numbered AS (
        UPDATE {_EVENTS} AS event SET sequence = %s + unsent.place
        FROM unsent WHERE event.position = unsent.position
        RETURNING {_COLUMNS}
    )
    SELECT * FROM numbered ORDER BY sequence
"""  # noqa: S608


async def open_session() -> Session:
    """A separate connection to Django's database in autocommit mode, with rows as dictionaries.

    Both sides detect a dead peer within about ten seconds, and the server then releases the locks
    (smartscheduler.core.db.connection_options).
    """
    parameters = connection.get_connection_params()
    target = {name: parameters[name] for name in parameters.keys() - {"context", "cursor_factory", "prepare_threshold"}}
    session = await psycopg.AsyncConnection.connect(**target, autocommit=True, row_factory=dict_row)
    # pg_stat_activity shows the process id of each relay, and pg_locks shows which one is active.
    await session.execute("SELECT set_config('application_name', %s, false)", [f"{APPLICATION} {os.getpid()}"])
    await session.execute("SET statement_timeout = '30s'")
    # The connection of a frozen relay stays open. PostgreSQL ends it, so that another relay gets the lock.
    await session.execute(f"SET idle_session_timeout = '{SILENCE_SECONDS}s'")
    await session.execute(f"SET idle_in_transaction_session_timeout = '{SILENCE_SECONDS}s'")
    return session


async def number_unsent(session: Session) -> list[OutboxEvent]:
    """Assign the next numbers to a batch of committed events in one short transaction.

    Returns the events in order; an empty list without new events.
    """
    if not await _first(session, ANY_UNSENT):
        return []
    async with session.transaction():
        head = await _first(session, LOCK_HEAD)
        if head is None:
            await session.execute(ENSURE_HEAD)
            head = await _first(session, LOCK_HEAD)
        cursor = await session.execute(NUMBER_UNSENT, [BATCH, head])
        events = [OutboxEvent(**row) for row in await cursor.fetchall()]
        if events:
            await session.execute(MOVE_HEAD, [events[-1].sequence])
    return events


async def last_number(session: Session) -> int:
    """The last assigned sequence number; 0 before the first event."""
    return await _first(session, READ_HEAD) or 0


async def _first(session: Session, query: str) -> int | None:
    """The first column of the first row, or None."""
    row = await (await session.execute(query)).fetchone()
    return next(iter(row.values())) if row else None

"""Giving sequence numbers: the one place where the order of delivery is decided."""

import os
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import dict_row

from smartscheduler.events.models import EventHead, OutboxEvent

APPLICATION = "smartscheduler-relay"
BATCH = 200
# A relay asks for new events four times a second, one that stands by for the lock every second.
SILENCE_SECONDS = 10
Session = psycopg.AsyncConnection[dict[str, Any]]

_EVENTS, _HEAD = OutboxEvent._meta.db_table, EventHead._meta.db_table
# By name: a column that a later release has added is none of ours.
_COLUMNS = ", ".join(f"event.{field.column}" for field in OutboxEvent._meta.concrete_fields)

# A head that is missing (a new or a flushed database) goes on from what the table holds.
ENSURE_HEAD = f"""
    INSERT INTO {_HEAD} (id, sequence, pruned_to)
    SELECT 1, coalesce(max(sequence), 0), coalesce(min(sequence) - 1, 0) FROM {_EVENTS}
    ON CONFLICT (id) DO NOTHING
"""  # noqa: S608  (table names of our own)
ANY_UNSENT = f"SELECT 1 FROM {_EVENTS} WHERE sequence IS NULL LIMIT 1"  # noqa: S608
READ_HEAD = f"SELECT sequence FROM {_HEAD} WHERE id = 1"  # noqa: S608
LOCK_HEAD = f"{READ_HEAD} FOR UPDATE"
MOVE_HEAD = f"UPDATE {_HEAD} SET sequence = %s WHERE id = 1"  # noqa: S608
# Runs after the head is locked, so that its snapshot sees whatever an earlier holder has numbered.
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
    """A connection of its own to Django's database, in autocommit, with JSON and instants as Python values.

    Like every connection it notices a dead peer within about ten seconds, and so does the server, which then frees
    its locks (smartscheduler.core.db.connection_options).
    """
    given = connection.get_connection_params()
    target = {name: given[name] for name in given.keys() - {"context", "cursor_factory", "prepare_threshold"}}
    session = await psycopg.AsyncConnection.connect(**target, autocommit=True, row_factory=dict_row)
    # Which relay it is can be seen in pg_stat_activity, and with pg_locks which one is active.
    await session.execute("SELECT set_config('application_name', %s, false)", [f"{APPLICATION} {os.getpid()}"])
    await session.execute("SET statement_timeout = '30s'")
    # A frozen relay says nothing, but its connection lives: PostgreSQL ends it, and the lock goes to another relay.
    await session.execute(f"SET idle_session_timeout = '{SILENCE_SECONDS}s'")
    await session.execute(f"SET idle_in_transaction_session_timeout = '{SILENCE_SECONDS}s'")
    return session


async def number_unsent(session: Session) -> list[OutboxEvent]:
    """Give the next numbers to a batch of committed events, in one short transaction.

    Returns the events in their order; an empty list when there was nothing to do.
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
    """The last sequence number given; 0 before the first event."""
    return await _first(session, READ_HEAD) or 0


async def _first(session: Session, query: str) -> int | None:
    """The first value of the first row."""
    row = await (await session.execute(query)).fetchone()
    return next(iter(row.values())) if row else None

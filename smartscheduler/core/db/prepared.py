"""Prepared statements for frequent queries, with results in PostgreSQL's binary format.

For some queries planning takes longer than execution, and Django's client-side cursor plans every execution again.
psycopg's own cursor prepares a statement after a few executions on the same connection.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper


class LoggedCursor(CursorDebugWrapper):
    """A cursor that logs a statement with its placeholders; Django's would interpolate the parameters on the client."""

    def execute(self, sql: Any, params: Any = None) -> Any:
        with self.debug_sql(sql, params):
            return CursorWrapper.execute(self, sql, params)


def rows(sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement, run on Django's connection and in its transaction.

    Raises Django's database errors and appears in Django's query log.
    """
    connection.ensure_connection()
    raw = psycopg.Cursor(connection.connection)
    raw.format = psycopg.pq.Format.BINARY
    wrap = LoggedCursor if connection.queries_logged else CursorWrapper
    with wrap(raw, connection) as cursor:
        cursor.execute(sql, parameters)
        records: list[tuple[Any, ...]] = raw.fetchall()
    return records


def uuid_array(ids: Iterable[UUID]) -> str:
    """UUIDs as the text of a PostgreSQL array; the statement casts it to `uuid[]`."""
    return "{" + ",".join([uuid.hex for uuid in ids]) + "}"

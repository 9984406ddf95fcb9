"""Statements that are asked again and again: prepared once a connection, read in binary.

Planning some of them costs more than running them, and Django's own cursor plans each anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper


class LoggedCursor(CursorDebugWrapper):
    """Puts statements into Django's query log as they are written, without their values."""

    def execute(self, sql: Any, params: Any = None) -> Any:
        with self.debug_sql(sql, params):
            return CursorWrapper.execute(self, sql, params)


def rows(sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    """What the statement answers, on Django's connection and in its transaction.

    Raises Django's database errors, and is seen by its query log like any other query.
    """
    connection.ensure_connection()
    raw = psycopg.Cursor(connection.connection)
    raw.format = psycopg.pq.Format.BINARY
    wrap = LoggedCursor if connection.queries_logged else CursorWrapper
    with wrap(raw, connection) as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = raw.fetchall()
    return found


def uuid_array(ids: Iterable[UUID]) -> str:
    """Ids as PostgreSQL reads an array from text; to be cast to `uuid[]` in the statement."""
    return "{" + ",".join([one.hex for one in ids]) + "}"

"""Leases on rows: a worker takes one before it requests a result from a provider, so that each is requested once.

A lease ends when the worker has stored the result, or expires if the worker has died.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db import connection, models
from django.utils import timezone


class RowLeases:
    """Leases in a model with the datetime field `until`; the unique fields `keys` identify a row.

    If a row exists and its lease has expired, the lease is taken again: `updates` maps further columns to their new
    values in SQL, and `condition` says which rows may be taken. In both, `held` is the row in the table and `excluded`
    is the row that a new lease would insert.
    """

    def __init__(
        self, model: type[models.Model], *keys: str, updates: Mapping[str, str], condition: str = "true"
    ) -> None:
        self.model, self.keys = model, keys
        self._updates = {"until": "excluded.until", **updates}
        self._condition = condition

    def take(self, rows: Collection[tuple[Any, ...]], length: timedelta, **values: Any) -> set[tuple[Any, ...]]:
        """Take the leases of the rows with these keys; return the keys of those that were taken.

        `values` are the other columns of a row that does not exist yet.
        """
        if not rows:
            return set()
        now = timezone.now()
        arrays = {
            f"keys_of_{name}": list(column) for name, column in zip(self.keys, zip(*rows, strict=True), strict=True)
        }
        with connection.cursor() as cursor:
            cursor.execute(self._statement(values), {**arrays, **values, "until": now + length, "now": now})
            return set(cursor.fetchall())

    def _statement(self, values: Collection[str]) -> str:
        keys, columns = ", ".join(self.keys), ["until", *values]
        types = {name: self.model._meta.get_field(name).db_type(connection) for name in self.keys}
        # ORDER BY: two workers that want the same rows lock them in the same order. The second one waits for the first
        # and then gets the rest, instead of a deadlock. Only rows that were inserted or updated are returned.
        return f"""
            INSERT INTO {self.model._meta.db_table} AS held ({keys}, {", ".join(columns)})
            SELECT {keys}, {", ".join(f"%({name})s" for name in columns)}
            FROM unnest({", ".join(f"%(keys_of_{name})s::{kind}[]" for name, kind in types.items())}) AS asked({keys})
            ORDER BY {keys}
            ON CONFLICT ({keys}) DO UPDATE SET {", ".join(f"{name} = {value}" for name, value in self._updates.items())}
            WHERE held.until < %(now)s AND {self._condition}
            RETURNING {keys}
        """  # noqa: S608  every value is a parameter

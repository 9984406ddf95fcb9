"""Daily budgets of providers, stored in PostgreSQL so that they survive a restart of Valkey.

A request is counted before it is sent, because the provider may charge for it even when no answer arrives.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, models
from django.db.models import F
from django.utils import timezone


def today() -> date:
    """The present day in UTC."""
    return timezone.now().astimezone(UTC).date()


class DailyBudget:
    """Counters in one row per UTC day and `key` of a model with `day`, counters that default to 0, and error fields."""

    def __init__(self, model: type[models.Model], *key: str) -> None:
        self.model, self._key = model, (*key, "day")

    def spend(self, amounts: Mapping[str, int], limits: Mapping[str, int], **key: Any) -> bool:
        """Add `amounts` to today's row. Returns False and adds nothing when a limit would be exceeded.

        A single statement, so that concurrent requests cannot exceed the limit together.
        """
        parameters = {**self._row(amounts, key), **{f"limit_{name}": limit for name, limit in limits.items()}}
        with connection.cursor() as cursor:
            cursor.execute(self._statement(amounts, limits), parameters)
            return cursor.fetchone() is not None

    def note_failure(self, error: str, **key: Any) -> None:
        """Count a failure and store its message, which must not contain a key or a URL."""
        rows = self.model._base_manager
        rows.get_or_create(**key, day=today())
        rows.filter(**key, day=today()).update(
            failures=F("failures") + 1, error=error[:200], error_at=datetime.now(UTC)
        )

    def _row(self, amounts: Mapping[str, int], key: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a new row."""
        counts = {field.attname: 0 for field in self.model._meta.concrete_fields if field.has_default()}
        return {**counts, "error": "", **key, "day": today(), **amounts}

    def _statement(self, amounts: Mapping[str, int], limits: Mapping[str, int]) -> str:
        columns = [*self._row(amounts, dict.fromkeys(self._key))]
        fits = " AND ".join(f"%({name})s <= %(limit_{name})s" for name in limits)
        still_fits = " AND ".join(f"today.{name} + excluded.{name} <= %(limit_{name})s" for name in limits)
        added = ", ".join(f"{name} = today.{name} + excluded.{name}" for name in amounts)
        return f"""
            INSERT INTO {self.model._meta.db_table} AS today ({", ".join(columns)})
            SELECT {", ".join(f"%({name})s" for name in columns)} WHERE {fits}
            ON CONFLICT ({", ".join(self._key)}) DO UPDATE SET {added} WHERE {still_fits}
            RETURNING day
        """

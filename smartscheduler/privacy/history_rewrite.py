"""Controlled rewrites of append-only tables (history, audit, erasures) during an erasure.

Triggers protect these tables and record history. Only erasures suspend them, and only through `deliberately`. See
docs/adr/021.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pgtrigger
from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone

from smartscheduler.core.models import Record
from smartscheduler.history.retention import history_models
from smartscheduler.history.suppress import ignore
from smartscheduler.history.triggers import TRIGGER, Change

# Replace the values of existing keys of `pgh_before` only. Adding a key would claim a change that did not happen.
BEFORE = """
UPDATE {table} SET pgh_before = pgh_before || coalesce(
    (SELECT jsonb_object_agg(key, value) FROM jsonb_each(%s::jsonb) WHERE pgh_before ? key), '{{}}'::jsonb
) WHERE {column} = ANY(%s) AND pgh_before IS NOT NULL
"""


@contextmanager
def deliberately() -> Iterator[None]:
    """Suspend the history and protection triggers for the statements inside, in the current transaction."""
    ignore([trigger.get_pgid(model) for model, trigger in pgtrigger.registered() if _keeps_or_protects(trigger)])
    yield
    ignore([])


def _keeps_or_protects(trigger: pgtrigger.Trigger) -> bool:
    return (trigger.name or "").startswith(TRIGGER) or isinstance(trigger, pgtrigger.Protect)


def rewrite(rows: models.QuerySet[Any], **values: Any) -> int:
    """Update rows without services. A record gets a new version, so that a stale form cannot restore the data."""
    if issubclass(rows.model, Record):
        values |= {"version": F("version") + 1, "updated_at": timezone.now()}
    return rows.update(**values)


def history_of(model: type[models.Model]) -> type[Change]:
    return next(kind for kind in history_models() if kind.pgh_tracked_model is model)


def rewrite_history(
    model: type[models.Model], keys: Iterable[Any], values: Mapping[str, Any], *, column: str = "pgh_obj_id"
) -> None:
    """Replace field values in the history of these records: in the state after each change and in `pgh_before`.

    An SQL expression (a rounded coordinate) cannot be computed for `pgh_before`, which becomes null.
    """
    kind, ids = history_of(model), list(keys)
    kind._base_manager.filter(**{f"{column}__in": ids}).update(**values)
    before = {
        _column(kind, name): None if hasattr(value, "resolve_expression") else value for name, value in values.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(BEFORE.format(table=kind._meta.db_table, column=column), [json.dumps(before), ids])


def former_values(model: type[models.Model], keys: Iterable[Any], *fields: str) -> dict[str, set[str]]:
    """All values that the fields of these records had according to the history, without empty ones."""
    kind, former = history_of(model), {name: set[str]() for name in fields}
    rows = kind._base_manager.filter(Q(("pgh_obj_id__in", list(keys)))).values_list("pgh_before", *fields)
    for before, *values in rows.iterator():
        for name, value in zip(fields, values, strict=True):
            former[name] |= {
                str(item) for item in (value, (before or {}).get(_column(kind, name))) if item not in (None, "")
            }
    return former


def _column(kind: type[Change], field: str) -> str:
    """The key of a field in `pgh_before`."""
    return next(str(known.column) for known in kind._meta.concrete_fields if field in {known.name, known.attname})

"""Writing where otherwise nobody writes: the one road by which history and other append-only tables are changed.

See docs/adr/021. Everything that erases goes through `deliberately`, and nothing else does.
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

# Of the keys of `pgh_before` only those that are there, each with its new value.
BEFORE = """
UPDATE {table} SET pgh_before = pgh_before || coalesce(
    (SELECT jsonb_object_agg(key, value) FROM jsonb_each(%s::jsonb) WHERE pgh_before ? key), '{{}}'::jsonb
) WHERE {column} = ANY(%s) AND pgh_before IS NOT NULL
"""


@contextmanager
def deliberately() -> Iterator[None]:
    """In the open transaction: what is written inside leaves no history, and append-only tables let it pass."""
    ignore([trigger.get_pgid(model) for model, trigger in pgtrigger.registered() if _keeps_or_protects(trigger)])
    yield
    ignore([])


def _keeps_or_protects(trigger: pgtrigger.Trigger) -> bool:
    return (trigger.name or "").startswith(TRIGGER) or isinstance(trigger, pgtrigger.Protect)


def rewrite(rows: models.QuerySet[Any], **values: Any) -> int:
    """Change rows past every service; a record gets a new version, so that nobody saves over it what they have read."""
    if issubclass(rows.model, Record):
        values |= {"version": F("version") + 1, "updated_at": timezone.now()}
    return rows.update(**values)


def history_of(model: type[models.Model]) -> type[Change]:
    return next(kind for kind in history_models() if kind.pgh_tracked_model is model)


def rewrite_history(
    model: type[models.Model], keys: Iterable[Any], values: Mapping[str, Any], *, column: str = "pgh_obj_id"
) -> None:
    """Give fields other values wherever the history of these records holds them, as left and as they were before.

    What a value is in terms of another (a rounded coordinate) has no value from before: null.
    """
    kind, wanted = history_of(model), list(keys)
    kind._base_manager.filter(**{f"{column}__in": wanted}).update(**values)
    before = {name: None if hasattr(value, "resolve_expression") else value for name, value in values.items()}
    with connection.cursor() as cursor:
        cursor.execute(BEFORE.format(table=kind._meta.db_table, column=column), [json.dumps(before), wanted])


def former_values(model: type[models.Model], keys: Iterable[Any], *fields: str) -> dict[str, set[str]]:
    """What the fields of these records have been, as far as the history knows; without what is empty."""
    kind, found = history_of(model), {name: set[str]() for name in fields}
    rows = kind._base_manager.filter(Q(("pgh_obj_id__in", list(keys)))).values_list("pgh_before", *fields)
    for before, *values in rows.iterator():
        for name, value in zip(fields, values, strict=True):
            found[name] |= {str(one) for one in (value, (before or {}).get(name)) if one not in (None, "")}
    return found

"""Redaction of a person in free text: the database finds the rows, which are then rewritten one by one."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from smartscheduler.core.models import Record
from smartscheduler.history.retention import history_models
from smartscheduler.privacy.history_rewrite import rewrite
from smartscheduler.privacy.inventory import free_text
from smartscheduler.privacy.pii_matcher import PersonPatterns

CHUNK = 500


def columns() -> Iterator[tuple[type[Model], tuple[str, ...]]]:
    """All models with free text and their columns, including the history models."""
    texts = free_text()
    for label, fields in texts.items():
        yield apps.get_model(label), fields
    for history in history_models():
        fields = texts.get(history.pgh_tracked_model._meta.label, ())
        yield history, (*fields, "pgh_before")


def sweep(patterns: PersonPatterns, only: Mapping[type[Model], Q] | None = None) -> dict[str, int]:
    """Redact the person in all free text, or only in the rows of `only`. Returns the changed rows by model."""
    counts: dict[str, int] = {}
    for model, fields in columns() if patterns.pattern else ():
        if only is not None and model not in only:
            continue
        rows = matching(model, fields, patterns)
        rows = rows if only is None else rows.filter(only[model])
        if changed := sum(_rewritten(row, fields, patterns) for row in rows.iterator(chunk_size=CHUNK)):
            counts[model._meta.label] = changed
    return counts


def matching(model: type[Model], fields: tuple[str, ...], patterns: PersonPatterns) -> QuerySet[Any]:
    """The rows with a match in one of the fields. JSON is searched as text."""
    aliases, conditions = {}, Q()
    for name in fields:
        aliases[f"text_of_{name}"] = Cast(name, TextField())
        conditions |= Q(**{f"text_of_{name}__iregex": patterns.pattern})
    rows: QuerySet[Any] = model._base_manager.alias(**aliases).filter(conditions).order_by("pk")
    return rows.select_related(None)


def _rewritten(row: Any, fields: tuple[str, ...], patterns: PersonPatterns) -> bool:
    values = {name: _fitting(row, name, patterns.redact(getattr(row, name))) for name in fields}
    changed = {name: value for name, value in values.items() if value != getattr(row, name)}
    if changed:
        rewrite(type(row)._base_manager.filter(pk=row.pk), **changed)
    return bool(changed)


def _fitting(row: Any, name: str, value: Any) -> Any:
    """Truncate a redacted text to the length of the field: the replacement can be longer than the name."""
    longest = row._meta.get_field(name).max_length
    return value[:longest] if isinstance(value, str) and longest else value


def lock_order(patterns: PersonPatterns) -> dict[type[Model], list[Any]]:
    """Ids of the jobs and assignments that a sweep would change. They must be locked first, in this order."""
    return {
        model: list(matching(model, fields, patterns).values_list("pk", flat=True))
        for model, fields in columns()
        if issubclass(model, Record) and patterns.pattern
    }

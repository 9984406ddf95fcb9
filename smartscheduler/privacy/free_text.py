"""Words that people have written, in which somebody may be named: found by the database, rewritten one by one."""

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
    """Every table with free text, and its columns; the tables of history besides those of their records."""
    texts = free_text()
    for label, fields in texts.items():
        yield apps.get_model(label), fields
    for history in history_models():
        fields = texts.get(history.pgh_tracked_model._meta.label, ())
        yield history, (*fields, "pgh_before")


def sweep(patterns: PersonPatterns, only: Mapping[type[Model], Q] | None = None) -> dict[str, int]:
    """Redact the person in all free text, or of the rows that `only` names; returns how many rows of which table."""
    found: dict[str, int] = {}
    for model, fields in columns() if patterns.pattern else ():
        if only is not None and model not in only:
            continue
        rows = matching(model, fields, patterns)
        rows = rows if only is None else rows.filter(only[model])
        if changed := sum(_rewritten(row, fields, patterns) for row in rows.iterator(chunk_size=CHUNK)):
            found[model._meta.label] = changed
    return found


def matching(model: type[Model], fields: tuple[str, ...], patterns: PersonPatterns) -> QuerySet[Any]:
    """The rows in whose fields a pattern matches; JSON is searched as text."""
    aliases, wanted = {}, Q()
    for name in fields:
        aliases[f"text_of_{name}"] = Cast(name, TextField())
        wanted |= Q(**{f"text_of_{name}__iregex": patterns.pattern})
    rows: QuerySet[Any] = model._base_manager.alias(**aliases).filter(wanted).order_by("pk")
    return rows.select_related(None)


def _rewritten(row: Any, fields: tuple[str, ...], patterns: PersonPatterns) -> bool:
    values = {name: _fitting(row, name, patterns.redact(getattr(row, name))) for name in fields}
    changed = {name: value for name, value in values.items() if value != getattr(row, name)}
    if changed:
        rewrite(type(row)._base_manager.filter(pk=row.pk), **changed)
    return bool(changed)


def _fitting(row: Any, name: str, value: Any) -> Any:
    """What stands in the place of a name may be longer than it."""
    longest = row._meta.get_field(name).max_length
    return value[:longest] if isinstance(value, str) and longest else value


def lock_order(patterns: PersonPatterns) -> dict[type[Model], list[Any]]:
    """The jobs and assignments that a sweep would change, which have to be locked in that order before."""
    return {
        model: list(matching(model, fields, patterns).values_list("pk", flat=True))
        for model, fields in columns()
        if issubclass(model, Record) and patterns.pattern
    }

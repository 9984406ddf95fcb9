"""The records that changes are about: each as it was left, with what it refers to as that is now."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

from django.db import models
from django.urls import reverse

from smartscheduler.adminsite.history.value_text import UTC, from_json
from smartscheduler.history.triggers import Change, tracked_fields


class Gone:
    """Stands for a record that a change refers to and that is no longer there."""

    zone = UTC

    def __str__(self) -> str:
        return "(no longer there)"


def records_of(changes: Sequence[Change]) -> list[Any]:
    """Each record as it was left, with what it refers to as it is now."""
    records = [_record(change) for change in changes]
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for record in records:
        for field in _references(record):
            wanted[field.related_model].add(getattr(record, field.attname))
    found = _fetch(wanted)
    for record in records:
        for field in _references(record):
            there = found.get((field.related_model, getattr(record, field.attname)))
            field.set_cached_value(record, there or Gone())
    return records


def _record(change: Change) -> Any:
    model = change.pgh_tracked_model
    fields: list[Any] = [model._meta.get_field(name) for name in tracked_fields(type(change))]
    return model(**{field.attname: getattr(change, field.attname) for field in fields})


def _references(record: models.Model) -> Iterable[Any]:
    return (
        field
        for field in record._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and getattr(record, field.attname) is not None
    )


def names_before(changes: Sequence[Change]) -> dict[Any, Any]:
    """What was referred to before a change, by model and key."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    for change in changes:
        for field in change.pgh_tracked_model._meta.concrete_fields:
            former = (change.pgh_before or {}).get(field.column)
            if isinstance(field, models.ForeignKey) and former is not None:
                wanted[field.related_model].add(from_json(field, former))
    return _fetch(wanted)


def _fetch(wanted: dict[type[models.Model], set[Any]]) -> dict[Any, Any]:
    """Records by model and key: one statement a model."""
    return {
        (model, key): record
        for model, keys in wanted.items()
        for key, record in model._default_manager.in_bulk(keys).items()
    }


def zone_of(record: Any) -> tzinfo:
    """The clock at a record: its own, or that of the site or person it belongs to."""
    for holder in (record, getattr(record, "job", None), getattr(record, "contractor", None)):
        try:
            if holder is not None and hasattr(holder, "zone"):
                return holder.zone
        except (ValueError, KeyError):
            continue  # a zone that nobody knows, written past every check
    return UTC


def address_of(record: models.Model, page: str) -> str:
    meta = record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[record.pk])

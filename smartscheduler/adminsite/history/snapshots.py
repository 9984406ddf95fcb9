"""Records rebuilt from history rows: own fields as of the change, referenced records in their current state."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext

from smartscheduler.accounts.models import ServiceAccount, User
from smartscheduler.adminsite.history.value_text import UTC, from_json
from smartscheduler.history.triggers import Change, tracked_fields


class Gone:
    """Placeholder for a referenced record that was deleted."""

    zone = UTC

    def __str__(self) -> str:
        return gettext("(deleted)")


def records_of(changes: Sequence[Change]) -> list[Any]:
    """The record of each change as of that change, with its referenced records in their current state."""
    records = [_record(change) for change in changes]
    keys: dict[type[models.Model], set[Any]] = defaultdict(set)
    for record in records:
        for field in _references(record):
            keys[field.related_model].add(getattr(record, field.attname))
    referenced = _fetch(keys)
    for record in records:
        for field in _references(record):
            target = referenced.get((field.related_model, getattr(record, field.attname)))
            field.set_cached_value(record, target or Gone())
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
    """Records that were referenced before the changes, by model and key."""
    keys: dict[type[models.Model], set[Any]] = defaultdict(set)
    for change in changes:
        for field in change.pgh_tracked_model._meta.concrete_fields:
            former = (change.pgh_before or {}).get(field.column)
            if isinstance(field, models.ForeignKey) and former is not None:
                keys[field.related_model].add(from_json(field, former))
    return _fetch(keys)


def _fetch(keys_by_model: dict[type[models.Model], set[Any]]) -> dict[Any, Any]:
    """Records by model and key. Runs one statement for each model."""
    return {
        (model, key): record
        for model, keys in keys_by_model.items()
        for key, record in model._default_manager.in_bulk(keys).items()
    }


def zone_of(record: Any) -> tzinfo:
    """Time zone of a record: its own, or that of its job or contractor."""
    for holder in (record, getattr(record, "job", None), getattr(record, "contractor", None)):
        try:
            if holder is not None and hasattr(holder, "zone"):
                clock: tzinfo = holder.zone
                return clock
        except (ValueError, KeyError):
            continue  # an unknown time zone, written by SQL without validation
    return UTC


def address_of(record: models.Model, page: str) -> str:
    # A service account is a row of the table of accounts, with pages of its own.
    meta = ServiceAccount._meta if isinstance(record, User) and record.is_service else record._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[record.pk])

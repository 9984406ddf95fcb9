"""The inventory lists every field that can hold personal data."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from smartscheduler import BASE_DIR
from smartscheduler.accounts.models import ServiceAccount
from smartscheduler.history.triggers import Change
from smartscheduler.privacy.inventory import ANY_PERSON, INVENTORY, NOT_PERSONAL, Held, free_text

KINDS = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.GenericIPAddressField)
PLACES = {"latitude", "longitude"}
HELD = {(entry.model, name) for entry in INVENTORY for name in entry.fields}
PASSED = {(label, name) for label, names in NOT_PERSONAL.items() for name in names.split()}


def could_hold_something(field: Any) -> bool:
    return isinstance(field, (*KINDS, ArrayField)) or field.name in PLACES


def fields() -> Iterator[tuple[Any, str]]:
    model: Any
    for model in apps.get_models(include_auto_created=True):
        if model is ServiceAccount:
            continue  # the table of users
        history = issubclass(model, Change)
        for field in model._meta.concrete_fields:
            if could_hold_something(field) and not field.is_relation:
                of_history = history and field.name.startswith("pgh_")
                label = "history" if of_history else (model.pgh_tracked_model if history else model)._meta.label
                yield label, field.name


def test_every_field_is_in_the_inventory_or_known_to_hold_nothing() -> None:
    unknown = sorted(set(fields()) - HELD - PASSED)
    assert unknown == [], "add each to smartscheduler/privacy/inventory.py, with what erasing does to it"


def test_nothing_is_listed_that_is_not_there() -> None:
    assert sorted((HELD | PASSED) - set(fields())) == []


def test_nothing_is_both() -> None:
    assert sorted(HELD & PASSED) == []


def test_every_entry_says_all_of_it() -> None:
    for entry in INVENTORY:
        assert set(entry.of) <= set(ANY_PERSON)
        assert all((entry.of, entry.fields, entry.why, entry.kept, entry.erasing)), entry


def test_free_text_is_text() -> None:
    for label, names in free_text().items():
        for name in names:
            assert could_hold_something(apps.get_model(label)._meta.get_field(name)), (label, name)


def row_of(entry: Held) -> str:
    """The row of docs/privacy.md for an entry of the inventory."""
    fields = ", ".join(f"`{name}`" for name in entry.fields)
    cells = [f"`{entry.model}`", fields, ", ".join(entry.of), entry.why, entry.kept, entry.erasing]
    return f"| {' | '.join(map(str, cells))} |"


@pytest.mark.parametrize("row", list(map(row_of, INVENTORY)))
def test_the_document_has_the_same_table(row: str) -> None:
    assert row in (BASE_DIR / "docs" / "privacy.md").read_text().splitlines()

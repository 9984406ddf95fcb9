"""Model fields that keep product code out of migrations."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.expressions import Combinable

# What can be assigned to a field, and what it holds. At run time Django's fields take no type arguments.
if TYPE_CHECKING:
    TextColumn = models.TextField[str | Combinable, str]
    CharColumn = models.CharField[str | int | Combinable, str]
    EmailColumn = models.EmailField[str | Combinable, str]
    DecimalColumn = models.DecimalField[str | float | Decimal | Combinable | None, Decimal | None]
    DurationColumn = models.DurationField[timedelta | Combinable, timedelta]
else:
    TextColumn, CharColumn, EmailColumn = models.TextField, models.CharField, models.EmailField
    DecimalColumn, DurationColumn = models.DecimalField, models.DurationField


class SchemaField:
    """Mixin for a model field: migrations reference Django's own class and no function of the product.

    Validators, callable choices, and callable defaults run in Python; the column is the same without them. A migration
    that named them would have to change whenever their module moves.
    """

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()  # type: ignore[misc]  # defined in the field class
        kwargs.pop("validators", None)
        for option in ("choices", "default"):
            if callable(kwargs.get(option)) and kwargs[option].__module__ != "builtins":
                del kwargs[option]
        return name, self.django_path(), args, kwargs

    def django_path(self) -> str:
        """Dotted path of Django's own field class."""
        return f"django.db.models.{self.get_internal_type()}"  # type: ignore[attr-defined]


class CharField(SchemaField, CharColumn):
    """A CharField whose default, choices, or validators are functions of the product."""


class DecimalField(SchemaField, DecimalColumn):
    """A DecimalField whose default or validators are functions of the product."""


class DurationField(SchemaField, DurationColumn):
    """A DurationField whose validators are functions of the product."""

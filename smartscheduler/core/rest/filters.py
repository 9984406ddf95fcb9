"""Filters shared by the lists of several apps.

All filters that compare with a value take several: comma-separated, or by repeating the parameter. A row matches a
filter if it has any of its values, and it must match all filters.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.db.models import F, Func, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.drainage import set_override
from rest_framework import serializers

from smartscheduler.core.db.external_ids import LONGEST_ID, LONGEST_SOURCE
from smartscheduler.core.rest.fields import FIRST_DAY, LAST_DAY, OUT_OF_CALENDAR, InstantField

# Values of one filter, and as many of them as an error names.
MOST_VALUES = 100
MOST_NAMED = 20
# The longest text of one parameter (accounts.quotas refuses longer ones for all).
LONGEST_VALUE = 100
LONGEST_INSTANT = 40


class CalendarDayField(forms.DateField):
    """A date `YYYY-MM-DD` between FIRST_DAY and LAST_DAY."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise forms.ValidationError(OUT_OF_CALENDAR)
        return day


class DayFilter(django_filters.DateFilter):
    field_class = CalendarDayField


class ManyValues(forms.SelectMultiple):
    """All texts that were sent for a parameter."""


class ValuesField(forms.Field):
    """Several values: comma-separated, or one in each of several texts. A value with a comma is in double quotes."""

    widget = ManyValues

    def clean(self, value: Any) -> list[Any]:
        """The distinct values. Raises ValidationError that names each bad value."""
        texts = split_values(value or [])
        if value and not (texts and all(texts)):
            raise forms.ValidationError(gettext("Send a value, or leave this parameter out."))
        if len(texts) > MOST_VALUES:
            raise forms.ValidationError(gettext("Send at most {most} values.").format(most=MOST_VALUES))
        values, errors = [], []
        for text in dict.fromkeys(texts):
            try:
                values.append(self.read(text))
            except forms.ValidationError as refused:
                errors.append(refused)
        if errors:
            raise forms.ValidationError(errors[:MOST_NAMED])
        return values

    def read(self, text: str) -> Any:
        """One value. Raises ValidationError with the value in its message."""
        raise NotImplementedError


class ChoicesField(ValuesField):
    def __init__(self, *, choices: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.names = [str(name) for name, _label in choices]

    def read(self, text: str) -> str:
        if text not in self.names:
            message = gettext("“{value}” is not a choice. Choose one of: {choices}.")
            raise forms.ValidationError(message.format(value=text[:LONGEST_VALUE], choices=", ".join(self.names)))
        return text


class IdsField(ValuesField):
    def read(self, text: str) -> UUID:
        try:
            return UUID(text)
        except ValueError:
            message = gettext("“{value}” is not an id.").format(value=text[:LONGEST_VALUE])
            raise forms.ValidationError(message) from None


class NumbersField(ValuesField):
    """Ids of rows that are numbered."""

    def read(self, text: str) -> int:
        if text.isascii() and text.isdigit() and 0 < (number := int(text[:LONGEST_VALUE])) < 2**63:
            return number
        raise forms.ValidationError(gettext("“{value}” is not an id.").format(value=text[:LONGEST_VALUE]))


class TextsField(ValuesField):
    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_length = max_length

    def read(self, text: str) -> str:
        ProhibitNullCharactersValidator()(text)
        if len(text) > self.max_length:
            message = gettext("“{value}…” has more than {most} characters.")
            raise forms.ValidationError(message.format(value=text[:LONGEST_VALUE], most=self.max_length))
        return text


def split_values(texts: Sequence[str]) -> list[str]:
    """The values of a filter, as they were sent. Raises ValidationError for a quotation mark without its other one."""
    try:
        rows = [next(csv.reader([text], skipinitialspace=True, strict=True), []) for text in texts]
    except csv.Error:
        message = gettext('Close the quotation marks, and send one line. Example: "Tile, large",Grout')
        raise forms.ValidationError(message) from None
    return [value.strip() for row in rows for value in row or [""]]


class ValuesFilter(django_filters.MultipleChoiceFilter):
    """Rows whose field has any of the values."""

    def filter(self, queryset: QuerySet[Any], values: Sequence[Any]) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.field_name}__in": values}) if values else queryset


class ChoicesFilter(ValuesFilter):
    field_class = ChoicesField


class IdsFilter(ValuesFilter):
    field_class: type[ValuesField] = IdsField
    schema = {"type": "string", "format": "uuid"}

    def __init__(self, *, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label=label, **kwargs)
        set_override(self, "field", self.schema | ({"description": label} if label else {}))


class NumbersFilter(IdsFilter):
    field_class = NumbersField
    schema = {"type": "integer"}


class TextsFilter(ValuesFilter):
    field_class = TextsField

    def __init__(self, *, max_length: int, label: Any, **kwargs: Any) -> None:
        super().__init__(label=label, max_length=max_length, **kwargs)
        set_override(self, "field", {"type": "string", "maxLength": max_length, "description": label})


class InstantFormField(forms.CharField):
    """An instant with its offset from UTC."""

    def clean(self, value: Any) -> datetime | None:
        if not (text := super().clean(value)):
            return None
        try:
            instant: datetime = InstantField().run_validation(text)
        except serializers.ValidationError as refused:
            raise forms.ValidationError([str(each) for each in refused.detail]) from refused
        return instant


class InstantFilter(django_filters.Filter):
    field_class = InstantFormField

    def __init__(self, *, label: Any, **kwargs: Any) -> None:
        super().__init__(label=label, max_length=LONGEST_INSTANT, **kwargs)
        set_override(self, "field", {"type": "string", "format": "date-time", "description": label})


class RecordFilters(django_filters.FilterSet):
    """Query parameters of every list of records."""

    id = IdsFilter(label=_("Has one of these ids; at most 100. Ids that belong to nothing are ignored."))
    updated_since = InstantFilter(
        field_name="updated_at", lookup_expr="gte", label=_("Created or changed at this instant or later.")
    )


class ExternalIdFilters(RecordFilters):
    """Query parameters for the number of a record in another system."""

    external_id = TextsFilter(max_length=LONGEST_ID, label=_("Has one of these external IDs."))
    source = TextsFilter(max_length=LONGEST_SOURCE, label=_("Its external ID is of one of these sources."))


def site_day(instant: str, zone: str) -> Cast:
    """SQL for the local date of the column `instant` in the time zone of the column `zone`."""
    wall_clock = Func(F(zone), F(instant), function="timezone", output_field=models.DateTimeField())
    return Cast(wall_clock, models.DateField())

"""Filters shared by the lists of several apps."""

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import F, Func
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.db.external_ids import LONGEST_ID, LONGEST_SOURCE
from smartscheduler.core.rest.fields import FIRST_DAY, LAST_DAY, OUT_OF_CALENDAR


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


class ExternalIdFilters(django_filters.FilterSet):
    """Query parameters for the number of a record in another system."""

    external_id = django_filters.CharFilter(max_length=LONGEST_ID, label=_("Has this external ID."))
    source = django_filters.CharFilter(max_length=LONGEST_SOURCE, label=_("Its external ID is of this source."))


def site_day(instant: str, zone: str) -> Cast:
    """SQL for the local date of the column `instant` in the time zone of the column `zone`."""
    wall_clock = Func(F(zone), F(instant), function="timezone", output_field=models.DateTimeField())
    return Cast(wall_clock, models.DateField())

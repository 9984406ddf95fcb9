"""Display text of field values: labels of choices, local times, names of references."""

import json
import re
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import DateTimeRangeField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext
from psycopg.types.range import Range, TimestamptzRange

from smartscheduler.core.formatting import hours_and_minutes, local_slot, local_time, time_of_day
from smartscheduler.timeslots import TimeSlot

NOTHING = "–"
UTC = ZoneInfo("UTC")
RANGE = re.compile(r'[\[(]"?([^",()\[\]]*+)"?,"?([^",()\[\]]*+)"?[\])]\Z')


def title_of(field: "models.Field[Any, Any]") -> str:
    return str(capfirst(field.verbose_name))


def from_json(field: "models.Field[Any, Any]", value: Any) -> Any:
    """The field value from its PostgreSQL JSON form. Returns the JSON value if it cannot be parsed."""
    try:
        if isinstance(field, DateTimeRangeField):
            return _slot(value)
        plain = field.target_field if isinstance(field, models.ForeignKey) else field
        return plain.to_python(value)
    except (ValidationError, ValueError):
        return value


def _slot(value: Any) -> Any:
    bounds = RANGE.match(value) if isinstance(value, str) else None
    if not bounds:
        return value
    start, end = map(datetime.fromisoformat, bounds.groups())
    return TimestamptzRange(start, end, "[)")


def in_words(field: "models.Field[Any, Any]", value: Any, zone: tzinfo = UTC) -> str:
    """Display text of a value of a field without a reference; a dash for an empty value."""
    if value is None or value in ("", [], {}):
        return NOTHING
    labels = dict(field.flatchoices)
    if isinstance(value, str | int) and value in labels:
        return str(labels[value])
    return _plain(field, value, zone)


def _plain(field: "models.Field[Any, Any]", value: Any, zone: tzinfo) -> str:
    match value:
        case bool():
            return gettext("yes") if value else gettext("no")
        case Range() if value.lower and value.upper and value.lower < value.upper:
            return _span(TimeSlot(value.lower, value.upper), zone)
        case datetime() | time() | timedelta():
            return _clock(value, zone)
        case Decimal():
            return f"{value:.{getattr(field, 'decimal_places', 2)}f}"
        case list():
            return ", ".join(map(str, value))
        case dict():
            return str(value.get("explanation") or json.dumps(value, ensure_ascii=False))
        case _:
            return str(value)


def _clock(value: datetime | time | timedelta, zone: tzinfo) -> str:
    if isinstance(value, datetime):
        return local_time(value, zone)
    if isinstance(value, timedelta):
        return hours_and_minutes(value)
    return time_of_day(value)


def _span(slot: TimeSlot, zone: tzinfo) -> str:
    """Text of a slot of hours, or of a period of days with both ends in full."""
    if slot.duration < timedelta(days=1):
        return local_slot(slot, zone)
    return f"{local_time(slot.start, zone)} – {local_time(slot.end, zone)}"

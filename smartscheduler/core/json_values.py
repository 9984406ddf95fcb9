"""Conversion of domain values to JSON values. Pure."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.duration import duration_string

from smartscheduler.timeslots import TimeSlot


def as_json(value: Any) -> Any:
    """`value` as JSON: ids, days and instants (UTC, `Z`) as text, slots as `{start, end}`, containers by element."""
    match value:
        case UUID():
            return str(value)
        case date():  # or an instant, which is a date too
            return instant(value) if isinstance(value, datetime) else value.isoformat()
        case TimeSlot():
            return {"start": instant(value.start), "end": instant(value.end)}
        case Decimal():
            return float(value)
        case timedelta():
            return duration_string(value)
        case dict():
            return {key: as_json(item) for key, item in value.items()}
        case list() | tuple():
            return [as_json(item) for item in value]
        case _:
            return value


def instant(value: datetime) -> str:
    """An aware datetime as ISO 8601 in UTC with `Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")

"""Catalog of the event types: a JSON Schema of the data of each type, made from its dataclass."""

import types
import typing
from dataclasses import fields
from datetime import date, datetime, timedelta
from enum import Enum
from inspect import cleandoc
from typing import Any
from uuid import UUID

from smartscheduler.events.publishing import Event
from smartscheduler.timeslots import TimeSlot

Schema = dict[str, Any]

TIME_SLOT = "TimeSlot"
# As smartscheduler.core.json_values writes them.
SCHEMAS: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time", "description": "An instant in UTC, with `Z`."},
    date: {"type": "string", "format": "date"},
    timedelta: {"type": "string", "pattern": r"^\d+:\d\d:\d\d$", "description": "A duration, `HH:MM:SS`."},
    TimeSlot: {"$ref": f"#/components/schemas/{TIME_SLOT}"},
    dict: {"type": "object"},
}


def event_types() -> dict[str, type[Event]]:
    """All event types by name, without the classes that others only inherit from."""
    return {name: kind for name, kind in sorted(Event.registry.items()) if not kind.__subclasses__()}


def summary(kind: type[Event]) -> str:
    """What has happened, in a sentence or two: the own docstring of the type."""
    return " ".join(cleandoc(kind.__dict__["__doc__"]).split()).replace("None", "null")


def data_schema(kind: type[Event]) -> Schema:
    """The JSON Schema of `data`. Every field is always present; new fields can be added."""
    hints = typing.get_type_hints(kind, include_extras=True)
    names = [field.name for field in fields(kind)]
    return {
        "type": "object",
        "description": summary(kind),
        "required": names,
        "properties": {name: _schema(hints[name]) for name in names},
    }


def _schema(hint: Any) -> Schema:
    """The schema of a field. Raises KeyError for a type that has none."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        _, choices = arguments
        return {"type": "string", "enum": _values(choices)}
    if origin in (typing.Union, types.UnionType):
        [present] = [argument for argument in arguments if argument is not type(None)]
        return {"oneOf": [_schema(present), {"type": "null"}]}
    return dict(SCHEMAS[origin or hint])


def _values(choices: type[Enum]) -> list[str]:
    return [member.value for member in choices]

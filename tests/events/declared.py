"""Checks of events, frames and pages against docs/asyncapi.yaml."""

from functools import cache
from typing import Any

import jsonschema_rs
import yaml

from smartscheduler import BASE_DIR

PAGE = BASE_DIR / "docs" / "asyncapi.yaml"


@cache
def document() -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(PAGE.read_text(), Loader=yaml.CSafeLoader)  # a safe loader
    return read


@cache
def _validator(kind: str, name: str) -> jsonschema_rs.Draft7Validator:
    """The validator of a schema or of the payload of a message, which takes no undeclared fields."""
    part = document()["components"][kind][name]
    schema = part["payload"] if kind == "messages" else _closed(name, part)
    return jsonschema_rs.Draft7Validator(
        {**schema, "components": {"schemas": {each: _closed(each, value) for each, value in _schemas().items()}}},
        validate_formats=True,
    )


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = document()["components"]["schemas"]
    return schemas


def _closed(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    # A problem can have more members, which docs/openapi.yaml declares.
    is_open = name == "Problem" or "properties" not in schema
    return schema if is_open else {**schema, "additionalProperties": False}


def check_data(kind: str, data: dict[str, Any]) -> None:
    """Raises ValidationError for data of an event that is not as declared."""
    _validator("schemas", kind).validate(data)


def check_frame(frame: dict[str, Any]) -> None:
    """Raises ValidationError for a frame of the socket that is not as declared."""
    [member] = frame
    name = frame["event"]["type"] if member == "event" else member.title()
    _validator("messages", name).validate(frame)


def check_page(page: dict[str, Any], message: str = "EventPage") -> None:
    """Raises ValidationError for an answer of the log that is not as declared."""
    _validator("messages", message).validate(page)

"""Every event type has a sentence, with times in local time of the site."""

import typing
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from smartscheduler.dashboard.event_text import SENTENCES, sentence
from smartscheduler.events.publishing import Event
from smartscheduler.timeslots import TimeSlot

CHICAGO = ZoneInfo("America/Chicago")
START, END = datetime(2026, 11, 24, 15, tzinfo=UTC), datetime(2026, 11, 24, 19, tzinfo=UTC)
EXAMPLES: dict[Any, Any] = {
    UUID: uuid4(),
    str: "Something",
    int: 3,
    float: 4.5,
    bool: True,
    date: START.date(),
    datetime: START,
    timedelta: END - START,
    TimeSlot: TimeSlot(START, END),
    dict: {"customer_name": "Somebody"},
    type(None): None,
}


def example(kind: type[Event]) -> Event:
    """An event of a type, each field filled by its type."""
    hints = typing.get_type_hints(kind)
    return kind(**{field.name: EXAMPLES[_plain(hints[field.name])] for field in fields(kind)})


def _plain(hint: object) -> object:
    choices = [choice for choice in typing.get_args(hint) if choice is type(None)]
    return choices[0] if choices else typing.get_origin(hint) or hint


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_every_type_reads_as_a_sentence(name: str) -> None:
    text = sentence(name, example(Event.registry[name]).data, CHICAGO)
    assert text != name
    assert "{" not in text


def test_no_type_is_without_one() -> None:
    concrete = {name for name, kind in Event.registry.items() if not kind.__subclasses__()}
    assert concrete <= SENTENCES.keys()

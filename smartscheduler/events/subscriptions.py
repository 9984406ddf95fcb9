"""Which events a reader asked for: by type, and by the job or contractor they are about."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from smartscheduler.errors import InvalidInput
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.publishing import Event

# The first part of a topic, and the field of an event's data that it looks at.
TOPIC_FIELDS = {"job": "job_id", "contractor": "contractor_id"}
MOST_TOPICS = 100


@dataclass(frozen=True)
class Selection:
    """No types means every type; no topics means every job and contractor. Several topics are an either-or."""

    types: frozenset[str] = frozenset()
    topics: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def parse(cls, *, types: str = "", topics: str = "", types_parameter: str = "types") -> "Selection":
        """From `"A,B"` and `"job:ID,contractor:ID"`.

        Raises InvalidInput, which names `types_parameter` for an unknown type and `topics` for a bad topic.
        """
        return cls(frozenset(_types(types, types_parameter)), frozenset(_topics(topics)))

    def matches(self, envelope: dict[str, Any]) -> bool:
        """Whether one envelope was asked for; says the same as `of`."""
        data = envelope["data"]
        return (not self.types or envelope["type"] in self.types) and (
            not self.topics or any(data.get(field) == value for field, value in self.topics)
        )

    def of(self, events: "QuerySet[OutboxEvent]") -> "QuerySet[OutboxEvent]":
        """The rows that were asked for."""
        if self.types:
            events = events.filter(type__in=self.types)
        if self.topics:
            about = Q()
            for field, value in self.topics:
                about |= Q(data__contains={field: value})
            events = events.filter(about)
        return events


EVERYTHING = Selection()


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _types(text: str, parameter: str) -> list[str]:
    for name in _parts(text):
        if name not in Event.registry:
            raise InvalidInput.of(parameter, f"“{name[:64]}” is not a type of event.")
    return _parts(text)


def _topics(text: str) -> list[tuple[str, str]]:
    topics = _parts(text)
    if len(topics) > MOST_TOPICS:
        raise InvalidInput.of("topics", f"At most {MOST_TOPICS} topics.")
    return [_topic(topic) for topic in topics]


def _topic(text: str) -> tuple[str, str]:
    kind, _, key = text.partition(":")
    try:
        return TOPIC_FIELDS[kind], str(UUID(key))
    except (KeyError, ValueError):
        message = f"“{text[:80]}” is not a topic; job:ID and contractor:ID are."
        raise InvalidInput.of("topics", message) from None

"""Filters of event subscriptions: by event type, and by topic (a job, a contractor or a plan)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from smartscheduler.errors import InvalidInput
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.publishing import Event

# The first part of a topic, with the field of an event's data that it filters.
TOPIC_FIELDS = {"job": "job_id", "contractor": "contractor_id", "plan": "plan_id"}
MOST_TOPICS = 100


@dataclass(frozen=True)
class Selection:
    """A filter. Without types, all types match; without topics, all events match. One matching topic is enough."""

    types: frozenset[str] = frozenset()
    topics: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def parse(cls, *, types: str = "", topics: str = "", types_parameter: str = "types") -> "Selection":
        """Parse `"A,B"` and `"job:ID,contractor:ID"`.

        Raises InvalidInput for `types_parameter` (an unknown type) or for `topics` (an invalid topic).
        """
        return cls(frozenset(_types(types, types_parameter)), frozenset(_topics(topics)))

    def matches(self, envelope: dict[str, Any]) -> bool:
        """Whether the envelope matches the filter; equivalent to `of`."""
        data = envelope["data"]
        return (not self.types or envelope["type"] in self.types) and (
            not self.topics or any(data.get(field) == value for field, value in self.topics)
        )

    def of(self, events: "QuerySet[OutboxEvent]") -> "QuerySet[OutboxEvent]":
        """The rows that match the filter."""
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
            raise InvalidInput.of(parameter, gettext("“{name}” is not an event type.").format(name=name[:64]))
    return _parts(text)


def _topics(text: str) -> list[tuple[str, str]]:
    topics = _parts(text)
    if len(topics) > MOST_TOPICS:
        message = gettext("Send at most {count} topics.")
        raise InvalidInput.of("topics", message.format(count=MOST_TOPICS))
    return [_topic(topic) for topic in topics]


def _topic(text: str) -> tuple[str, str]:
    kind, _, key = text.partition(":")
    try:
        return TOPIC_FIELDS[kind], str(UUID(key))
    except (KeyError, ValueError):
        message = gettext("“{topic}” is not a topic. Use job:ID, contractor:ID or plan:ID.")
        raise InvalidInput.of("topics", message.format(topic=text[:80])) from None

"""Base class of domain events, and the signal that publishes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

from smartscheduler.core.json_values import as_json

if TYPE_CHECKING:
    from smartscheduler.accounts.models import User

# Sent inside the transaction of the change, with `event` and `actor`. An exception in a receiver rolls it back.
domain_event = Signal()
_silent: ContextVar[bool] = ContextVar("silent", default=False)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A domain event. The class name, in the past tense, is its type; the fields are its data."""

    registry: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls) -> None:
        Event.registry[cls.__name__] = cls

    @property
    def type(self) -> str:
        return type(self).__name__

    @property
    def data(self) -> dict[str, Any]:
        """The fields as JSON values: ids and instants as text, a time slot as `{start, end}`."""
        return {field.name: as_json(getattr(self, field.name)) for field in fields(self)}


def publish(event: Event, *, actor: "User | None") -> None:
    """Publish `event` in the transaction of its change.

    Raises TransactionManagementError outside a transaction: the event and the change must commit or fail together.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("publish() belongs inside the transaction of the change.")
    domain_event.send(sender=type(event), event=event, actor=actor)


@contextmanager
def without_messages() -> Iterator[None]:
    """Publish the events inside without messages to contractors and customers, for example of imported bookings."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def is_silent() -> bool:
    """Whether an event that is published now causes no messages."""
    return _silent.get()


@dataclass(frozen=True, kw_only=True)
class RecommendationsUpdated(Event):
    """Road distances arrived, or an input of an open job's ranking changed."""

    job_id: UUID

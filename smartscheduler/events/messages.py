"""Domain events: typed facts that were committed, and the one signal that carries them."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal
from django.utils.duration import duration_string

from smartscheduler.timeslots import TimeSlot

if TYPE_CHECKING:
    from smartscheduler.accounts.models import User

# Sent inside the transaction of the change, with `event` and `actor`. A receiver that raises undoes the change.
domain_event = Signal()


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact in the past tense; the class name is its type, the fields are its data."""

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


def as_json(value: Any) -> Any:
    """One value of an event as JSON: UUIDs and instants (UTC, `Z`) as text, slots and containers by part."""
    match value:
        case UUID():
            return str(value)
        case datetime():
            return instant(value)
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


def publish(event: Event, *, actor: "User | None") -> None:
    """Tell the world of `event`, in the transaction of the change it tells of.

    Raises TransactionManagementError outside a transaction: an event that could outlive
    a rollback, or be lost by one, is not an event.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("publish() belongs inside the transaction of the change.")
    domain_event.send(sender=type(event), event=event, actor=actor)


@dataclass(frozen=True, kw_only=True)
class RecommendationsUpdated(Event):
    """Road distances arrived, or an input of an open job's ranking changed."""

    job_id: UUID

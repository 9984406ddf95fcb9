"""Events as somebody may see them (accounts.visibility): the same for `GET events/`, the WebSocket and the pages."""

from typing import Any

from smartscheduler.accounts.visibility import CONTACTS, can_see, sees_everything, visible_values
from smartscheduler.core.observability.logging import impersonal
from smartscheduler.events.event_log import Envelope
from smartscheduler.events.models import OutboxEvent

# The kinds of event whose data has values of a record's fields, and that record's model.
CHANGES_OF = {"JobUpdated": "jobs.job", "ContractorUpdated": "contractors.contractor"}
WITH_VALUES = ("changed", "previous")


def limited_envelope(envelope: Envelope, reader: Any) -> Envelope:
    """The envelope with what `reader` may not see taken out; keys stay, their values are null."""
    if sees_everything(reader):
        return envelope
    actor, data = envelope["actor"], _data(envelope["type"], envelope["data"], reader)
    return {**envelope, "actor": _actor(actor, reader), "data": data}


def redact_event(event: OutboxEvent, reader: Any) -> OutboxEvent:
    """The same for a row of the log that is shown on a page."""
    if not sees_everything(reader):
        event.actor, event.data = _actor(event.actor, reader), _data(event.type, event.data, reader)
    return event


def _actor(actor: dict[str, Any] | None, reader: Any) -> dict[str, Any] | None:
    if actor is None or can_see(reader, CONTACTS):
        return actor
    # Somebody without a name goes by the address.
    return {**actor, "email": None, "name": impersonal(actor.get("name", ""))}


def _data(kind: str, data: dict[str, Any], reader: Any) -> dict[str, Any]:
    label = CHANGES_OF.get(kind, "")
    values = {name: visible_values(label, data[name], reader) for name in WITH_VALUES if label and name in data}
    # What people have written by hand may hold a number or an address as well.
    found: dict[str, Any] = impersonal({**data, **values})
    return found

"""Redaction of events by the reader's role (accounts.visibility), for the API, the WebSocket, and the pages."""

from typing import Any

from smartscheduler.accounts.visibility import CONTACTS, can_see, sees_everything, visible_values
from smartscheduler.core.observability.logging import impersonal
from smartscheduler.events.event_log import Envelope
from smartscheduler.events.models import OutboxEvent

# Event types whose data contains field values of a record, with the label of its model.
CHANGES_OF = {"JobUpdated": "jobs.job", "ContractorUpdated": "contractors.contractor"}
WITH_VALUES = ("changed", "previous")


def limited_envelope(envelope: Envelope, reader: Any) -> Envelope:
    """The envelope without values that `reader` may not see: these become null, and the keys stay."""
    if sees_everything(reader):
        return envelope
    actor, data = envelope["actor"], _data(envelope["type"], envelope["data"], reader)
    return {**envelope, "actor": _actor(actor, reader), "data": data}


def redact_event(event: OutboxEvent, reader: Any) -> OutboxEvent:
    """The same for an event that a page shows. Changes and returns `event`."""
    if not sees_everything(reader):
        event.actor, event.data = _actor(event.actor, reader), _data(event.type, event.data, reader)
    return event


def _actor(actor: dict[str, Any] | None, reader: Any) -> dict[str, Any] | None:
    if actor is None or can_see(reader, CONTACTS):
        return actor
    # An account without a name is displayed by its email address.
    return {**actor, "email": None, "name": impersonal(actor.get("name", ""))}


def _data(kind: str, data: dict[str, Any], reader: Any) -> dict[str, Any]:
    label = CHANGES_OF.get(kind, "")
    values = {name: visible_values(label, data[name], reader) for name in WITH_VALUES if label and name in data}
    # Free text may contain telephone numbers and email addresses too.
    redacted: dict[str, Any] = impersonal({**data, **values})
    return redacted

"""Events with the attributes of CloudEvents 1.0, for clients that ask for them in `Accept`."""

from typing import Any

from django.conf import settings

from smartscheduler.core.rest.renderers import FastJSONRenderer
from smartscheduler.events.event_log import LARGEST_SEQUENCE, Envelope
from smartscheduler.events.subscriptions import TOPIC_FIELDS

MEDIA_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "smartscheduler."
SOURCE_PATH = "/api/v1/events/"


class CloudEventsRenderer(FastJSONRenderer):
    """The answer in JSON, for views whose results are CloudEvents then."""

    # `format` stays that of JSON: otherwise the schema would offer a query parameter for it.
    media_type = MEDIA_TYPE


def as_cloud_event(envelope: Envelope) -> dict[str, Any]:
    """The envelope as an event of CloudEvents 1.0 in its JSON format.

    `sequence` is a text of 19 digits, because that extension is compared as text. Attributes without a value are left
    out, as the format demands.
    """
    actor, data = envelope["actor"] or {}, envelope["data"]
    event = {
        "specversion": "1.0",
        "id": envelope["id"],
        "source": f"{settings.PUBLIC_URL}{SOURCE_PATH}",
        "type": f"{TYPE_PREFIX}{envelope['type']}",
        "time": envelope["occurred_at"],
        "subject": next((f"{topic}:{data[field]}" for topic, field in TOPIC_FIELDS.items() if data.get(field)), None),
        "datacontenttype": "application/json",
        "sequence": str(envelope["sequence"]).zfill(len(str(LARGEST_SEQUENCE))),
        "actorid": actor.get("id"),
        "actorname": actor.get("name"),
        "data": data,
    }
    return {name: value for name, value in event.items() if value is not None}

"""Messages of the relay on the channel layer: hints about new events.

Hints make delivery fast and can be lost. The event table is authoritative.
"""

from typing import Any

from smartscheduler.core.redis_keys import database_name

MESSAGE_TYPE = "events.head"


def group() -> str:
    """The channel group of all event sockets."""
    return f"events.{database_name()}"


def hint(
    sequence: int, envelopes: list[dict[str, Any]] | None = None, traces: list[str] | None = None
) -> dict[str, Any]:
    """A hint that the log has events up to `sequence`.

    `envelopes` are the new events, so that most receivers need not read the table. `traces` holds the `traceparent` of
    each envelope while traces are recorded.
    """
    message = {"type": MESSAGE_TYPE, "sequence": sequence, "envelopes": envelopes or []}
    return {**message, "traces": traces} if traces else message

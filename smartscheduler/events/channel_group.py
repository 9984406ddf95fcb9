"""The channel layer: a fast hint that there is something new. It may lose messages; the table may not."""

from typing import Any

from smartscheduler.core.redis_keys import database_name

MESSAGE_TYPE = "events.head"


def group() -> str:
    """The one group of all event sockets."""
    return f"events.{database_name()}"


def hint(
    sequence: int, envelopes: list[dict[str, Any]] | None = None, traces: list[str] | None = None
) -> dict[str, Any]:
    """“The log has grown up to `sequence`”; the envelopes spare most readers a look at the table.

    `traces`, when somebody records them, is the place of each envelope in its trace.
    """
    message = {"type": MESSAGE_TYPE, "sequence": sequence, "envelopes": envelopes or []}
    return {**message, "traces": traces} if traces else message

"""The channel layer: a fast hint that there is something new. It may lose messages; the table may not."""

import re
from typing import Any

from django.db import connection

MESSAGE_TYPE = "events.head"


def group() -> str:
    """The one group of all event sockets; servers of two databases may share a Valkey."""
    return "events." + re.sub(r"[^A-Za-z0-9_.-]", "-", str(connection.settings_dict["NAME"]))[:80]


def hint(
    sequence: int, envelopes: list[dict[str, Any]] | None = None, traces: list[str] | None = None
) -> dict[str, Any]:
    """“The log has grown up to `sequence`”; the envelopes spare most readers a look at the table.

    `traces`, when somebody records them, is the place of each envelope in its trace.
    """
    message = {"type": MESSAGE_TYPE, "sequence": sequence, "envelopes": envelopes or []}
    return {**message, "traces": traces} if traces else message

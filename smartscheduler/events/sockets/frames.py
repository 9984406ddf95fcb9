"""Frames of the WebSocket as text: an event is written once for all sockets of a process that may see the same."""

import json
from typing import Any

from smartscheduler.accounts.visibility import CONTACTS, CUSTOMERS, can_see
from smartscheduler.events.event_log import Envelope
from smartscheduler.events.redaction import limited_envelope

# Those that are on their way; the sockets of a process come by with the same one at about the same time.
MOST_KEPT = 512

_kept: dict[tuple[int, bool, bool], tuple[Envelope, str]] = {}


def as_text(frame: dict[str, Any], reader: Any) -> str:
    """A frame as it is sent to `reader`. To be called by the one thread of the sockets alone."""
    return _event(frame["event"], reader) if "event" in frame else _text(frame)


def _event(envelope: Envelope, reader: Any) -> str:
    """By the very envelope: one that was read from the table again may have been changed since, by an erasure."""
    key = (id(envelope), can_see(reader, CONTACTS), can_see(reader, CUSTOMERS))
    kept = _kept.get(key)
    if kept is None or kept[0] is not envelope:
        kept = _kept[key] = envelope, _text({"event": limited_envelope(envelope, reader)})
        if len(_kept) > MOST_KEPT:
            del _kept[next(iter(_kept))]
    return kept[1]


def _text(frame: dict[str, Any]) -> str:
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)

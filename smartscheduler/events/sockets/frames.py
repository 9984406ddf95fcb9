"""JSON text of WebSocket frames, cached so that an event is encoded once for all readers with the same visibility."""

import json
from typing import Any

from smartscheduler.accounts.visibility import CONTACTS, CUSTOMERS, can_see
from smartscheduler.events.event_log import Envelope
from smartscheduler.events.redaction import limited_envelope

# Enough for the events in delivery: all sockets of a process send the same event at about the same time.
MOST_KEPT = 512

_kept: dict[tuple[int, bool, bool], tuple[Envelope, str]] = {}


def as_text(frame: dict[str, Any], reader: Any) -> str:
    """The text of a frame for `reader`. Call it from the event loop of the sockets only: the cache has no lock."""
    return _event(frame["event"], reader) if "event" in frame else _text(frame)


def _event(envelope: Envelope, reader: Any) -> str:
    """The text of an event, cached by object identity: an erasure may have changed the event in the table."""
    key = (id(envelope), can_see(reader, CONTACTS), can_see(reader, CUSTOMERS))
    kept = _kept.get(key)
    if kept is None or kept[0] is not envelope:
        kept = _kept[key] = envelope, _text({"event": limited_envelope(envelope, reader)})
        if len(_kept) > MOST_KEPT:
            del _kept[next(iter(_kept))]
    return kept[1]


def _text(frame: dict[str, Any]) -> str:
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)

"""Reading the event log. The HTTP call, the WebSocket and the page all read here, and nowhere else."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from smartscheduler.errors import InvalidInput
from smartscheduler.events.models import EventHead, OutboxEvent
from smartscheduler.events.subscriptions import EVERYTHING, Selection

Envelope = dict[str, Any]

DEFAULT_LIMIT, MOST = 100, 1000
LARGEST_SEQUENCE = 2**63 - 1
LONGEST_WAIT_SECONDS = 25


@dataclass(frozen=True)
class Page:
    """A stretch of the log, oldest first.

    `head` is the last sequence number given; every event up to and including `upto` has been
    looked at. With `resync` there is nothing to read: what the reader missed is gone, or it asked
    for the future, so it takes a fresh look at the present and goes on from `head`.
    """

    envelopes: list[Envelope]
    head: int
    upto: int
    resync: bool = False


def head() -> int:
    """The last sequence number given; 0 before the first event."""
    return _state().sequence


def read(*, after: int | None = None, selection: Selection = EVERYTHING, limit: int = DEFAULT_LIMIT) -> Page:
    """At most `limit` events that follow `after`; without `after` from the oldest that is kept."""
    state = _state()
    start = state.pruned_to if after is None else after
    if not state.pruned_to <= start <= state.sequence:
        return _resync(state.sequence)
    rows = OutboxEvent.objects.filter(sequence__gt=start, sequence__lte=state.sequence)
    found = list(selection.of(rows).order_by("sequence")[:limit])
    # Pruning may have overtaken the reading: what it took must not look as if it had never been.
    if found and _state().pruned_to > start:
        return _resync(state.sequence)
    upto = found[-1].sequence or 0 if len(found) == limit else state.sequence
    return Page([event.envelope() for event in found], head=state.sequence, upto=upto)


def latest(limit: int, *, leave_out: Collection[str] = ()) -> list[OutboxEvent]:
    """The last `limit` events whose type is not among `leave_out`, newest first."""
    numbered = OutboxEvent.objects.filter(sequence__isnull=False).exclude(type__in=leave_out)
    return list(numbered.order_by("-sequence")[:limit])


def last_of(selection: Selection) -> OutboxEvent | None:
    """The event of `selection` that was written last, sent or not; None when none is kept."""
    return selection.of(OutboxEvent.objects.all()).order_by("-position").first()


def parse_after(text: str | None) -> int | None:
    """A sequence number from a query string; None when it is not given. Raises InvalidInput."""
    return None if text is None else _whole_number("after", text, 0, LARGEST_SEQUENCE)


def parse_limit(text: str | None) -> int:
    """How many events at most (1–1000, default 100). Raises InvalidInput."""
    return DEFAULT_LIMIT if text is None else _whole_number("limit", text, 1, MOST)


def parse_wait(text: str | None, most: int) -> int:
    """For how many seconds to wait for news (0–25, and no longer than `most`). Raises InvalidInput."""
    return 0 if text is None else min(most, _whole_number("wait", text, 0, LONGEST_WAIT_SECONDS))


def _whole_number(field: str, text: str, low: int, high: int) -> int:
    # Nineteen digits hold every sequence number; more would only cost time to read.
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else -1
    if not low <= number <= high:
        raise InvalidInput.of(field, f"A whole number between {low} and {high}.")
    return number


def _state() -> EventHead:
    return EventHead.objects.filter(pk=1).first() or EventHead()


def _resync(sequence: int) -> Page:
    return Page([], head=sequence, upto=sequence, resync=True)

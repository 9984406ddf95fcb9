"""Queries of the event log, shared by the API, the WebSocket, and the pages."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from smartscheduler.errors import InvalidInput
from smartscheduler.events.models import EventHead, OutboxEvent
from smartscheduler.events.subscriptions import EVERYTHING, Selection

Envelope = dict[str, Any]

DEFAULT_LIMIT, MOST = 100, 1000
LARGEST_SEQUENCE = 2**63 - 1
LONGEST_WAIT_SECONDS = 25


@dataclass(frozen=True)
class Page:
    """A page of the log, oldest event first.

    `head` is the last assigned sequence number, and the page covers all events up to and including `upto`. With
    `resync` the page is empty, because the requested events are pruned or do not exist yet: the reader has to load the
    present state and continue after `head`.
    """

    envelopes: list[Envelope]
    head: int
    upto: int
    resync: bool = False


def head() -> int:
    """The last assigned sequence number; 0 before the first event."""
    return _state().sequence


def read(*, after: int | None = None, selection: Selection = EVERYTHING, limit: int = DEFAULT_LIMIT) -> Page:
    """At most `limit` events after the number `after`; without `after` from the oldest event."""
    state = _state()
    start = state.pruned_to if after is None else after
    if not state.pruned_to <= start <= state.sequence:
        return _resync(state.sequence)
    rows = OutboxEvent.objects.filter(sequence__gt=start, sequence__lte=state.sequence)
    events = list(selection.of(rows).order_by("sequence")[:limit])
    # Pruning may have run since `state` was read. A page with a gap would hide the deleted events.
    if events and _state().pruned_to > start:
        return _resync(state.sequence)
    upto = events[-1].sequence or 0 if len(events) == limit else state.sequence
    return Page([event.envelope() for event in events], head=state.sequence, upto=upto)


def latest(limit: int, *, leave_out: Collection[str] = ()) -> list[OutboxEvent]:
    """The last `limit` events without the types in `leave_out`, newest first."""
    numbered = OutboxEvent.objects.filter(sequence__isnull=False).exclude(type__in=leave_out)
    return list(numbered.order_by("-sequence")[:limit])


def last_of(selection: Selection) -> OutboxEvent | None:
    """The last written event of `selection`, delivered or not; None without one."""
    return selection.of(OutboxEvent.objects.all()).order_by("-position").first()


def parse_after(text: str | None) -> int | None:
    """The parameter `after`, a sequence number; None without one. Raises InvalidInput."""
    return None if text is None else _whole_number("after", text, 0, LARGEST_SEQUENCE)


def parse_limit(text: str | None) -> int:
    """The parameter `limit`, the largest number of events (1–1000, default 100). Raises InvalidInput."""
    return DEFAULT_LIMIT if text is None else _whole_number("limit", text, 1, MOST)


def parse_wait(text: str | None, most: int) -> int:
    """The parameter `wait` in seconds (0–25, default 0), limited to `most`. Raises InvalidInput."""
    return 0 if text is None else min(most, _whole_number("wait", text, 0, LONGEST_WAIT_SECONDS))


def _whole_number(field: str, text: str, low: int, high: int) -> int:
    # 19 digits are enough for every sequence number; int() of a long number takes quadratic time.
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else -1
    if not low <= number <= high:
        message = gettext("Enter a whole number between {low} and {high}.")
        raise InvalidInput.of(field, message.format(low=low, high=high))
    return number


def _state() -> EventHead:
    return EventHead.objects.filter(pk=1).first() or EventHead()


def _resync(sequence: int) -> Page:
    return Page([], head=sequence, upto=sequence, resync=True)

"""Long polling: the event log for those whose network lets no WebSocket through."""

import time
from collections.abc import Callable
from functools import lru_cache
from threading import BoundedSemaphore

from django.conf import settings
from django.db import connection

from smartscheduler.events import feed
from smartscheduler.events.feed import Page
from smartscheduler.events.selections import Selection

# As often as the relay looks: an event is seen at most this much later than over a socket.
LOOK_EVERY_SECONDS = 0.25
CHECK_EVERY_SECONDS = 1.0


def read_or_wait(
    *, after: int | None, selection: Selection, limit: int, seconds: float, check: Callable[[], None]
) -> tuple[Page, float]:
    """As `feed.read`, but where there is nothing yet, wait up to `seconds` for it; the page and how long it took.

    `check` raises once the reader may wait no longer; it is called once a second, and before an event is told.
    No connection to the database is held while waiting. When too many wait in this process already, the answer
    comes at once.
    """
    began = time.monotonic()
    page = feed.read(after=after, selection=selection, limit=limit)
    nothing_to_wait_for = page.envelopes or page.resync or not seconds
    if nothing_to_wait_for or not _places(settings.EVENT_MOST_WAITING).acquire(blocking=False):
        return page, 0.0
    try:
        checked = began
        while not page.envelopes and not page.resync and time.monotonic() - began < seconds:
            _rest()
            if feed.head() > page.upto:
                page = feed.read(after=page.upto, selection=selection, limit=limit)
            if page.envelopes or time.monotonic() - checked > CHECK_EVERY_SECONDS:
                check()
                checked = time.monotonic()
    finally:
        _places(settings.EVENT_MOST_WAITING).release()
    return page, time.monotonic() - began


def _rest() -> None:
    if not connection.in_atomic_block:
        connection.close()  # back to the pool, for somebody who works
    time.sleep(LOOK_EVERY_SECONDS)


@lru_cache(maxsize=1)
def _places(most: int) -> BoundedSemaphore:
    return BoundedSemaphore(most)

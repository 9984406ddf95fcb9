"""Long polling: the event log for those whose network lets no WebSocket through."""

import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection

from smartscheduler.events import feed
from smartscheduler.events.feed import Page
from smartscheduler.events.selections import Selection
from smartscheduler.shares import Shares

# As often as the relay looks: an event is seen at most this much later than over a socket.
LOOK_EVERY_SECONDS = 0.25
# Of the requests that may wait in a process, one account has this part.
SHARES, EVERYBODY = 4, "everybody"
CHECK_EVERY_SECONDS = 1.0

WAITING = Shares()


def read_or_wait(
    *,
    after: int | None,
    selection: Selection,
    limit: int,
    seconds: float,
    check: Callable[[], None],
    account: str = "",
    on_wait: Callable[[], object] = lambda: None,
) -> tuple[Page, float]:
    """As `feed.read`, but where there is nothing yet, wait up to `seconds` for it; the page and how long it took.

    `check` raises once the reader may wait no longer; it is called once a second, and before an event is told.
    No connection to the database is held while waiting. When too many wait in this process already, or a quarter of
    those of one `account`, the answer comes at once. `on_wait` is called before the wait.
    """
    began = time.monotonic()
    page = feed.read(after=after, selection=selection, limit=limit)
    nothing_to_wait_for = page.envelopes or page.resync or not seconds
    if nothing_to_wait_for or not _enter(account):
        return page, 0.0
    on_wait()
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
        WAITING.leave(account)
        WAITING.leave(EVERYBODY)
    return page, time.monotonic() - began


def _rest() -> None:
    if not connection.in_atomic_block:
        connection.close()  # back to the pool, for somebody who works
    time.sleep(LOOK_EVERY_SECONDS)


def _enter(account: str) -> bool:
    most = settings.EVENT_MOST_WAITING
    if not WAITING.enter(EVERYBODY, most=most):
        return False
    if not WAITING.enter(account, most=max(1, most // SHARES)):
        WAITING.leave(EVERYBODY)
        return False
    return True

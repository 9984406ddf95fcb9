"""Long polling of the event log, for clients whose network blocks WebSockets."""

import threading
import time
from collections import Counter
from collections.abc import Callable

from django.conf import settings
from django.db import connection

from smartscheduler.accounts.credentials import Credential, Refusal, standing
from smartscheduler.accounts.models import User
from smartscheduler.core.http.concurrency_shares import Shares
from smartscheduler.events import event_log
from smartscheduler.events.event_log import Page
from smartscheduler.events.subscriptions import Selection

# The interval of the relay: an event arrives at most this much later than over a WebSocket.
LOOK_EVERY_SECONDS = 0.25
# One account may use a quarter of the requests that may wait in a process. ALL is the key of the total count.
SHARES, ALL = 4, "all"
CHECK_EVERY_SECONDS = 1.0

WAITING = Shares()


class Lookout:
    """The head of the log, read once per interval for all waiting requests of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._period, self._head = -1, 0

    def head(self) -> int:
        """The last assigned sequence number, at most LOOK_EVERY_SECONDS old."""
        with self._lock:
            period = int(time.monotonic() / LOOK_EVERY_SECONDS)
            if period != self._period:
                self._head, self._period = event_log.head(), period
            return self._head


class Readers:
    """The credentials of all waiting requests of this process, checked together once a second with two queries."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Counter[Credential] = Counter()
        self._looked_at = 0.0
        self._standing: dict[Credential, User | Refusal] = {}

    def enter(self, credential: Credential) -> None:
        with self._lock:
            self._waiting[credential] += 1

    def leave(self, credential: Credential) -> None:
        with self._lock:
            self._waiting[credential] -= 1
            if not self._waiting[credential]:
                del self._waiting[credential]
                self._standing.pop(credential, None)

    def standing(self, credential: Credential) -> User | Refusal:
        """The account of a waiting credential, or why it is no longer valid; at most CHECK_EVERY_SECONDS old."""
        with self._lock:
            if credential not in self._standing or time.monotonic() - self._looked_at >= CHECK_EVERY_SECONDS:
                credentials, self._looked_at = list(self._waiting), time.monotonic()
                self._standing = dict(zip(credentials, standing(credentials), strict=True))
            return self._standing[credential]


LOOKOUT, READERS = Lookout(), Readers()


def read_or_wait(
    *,
    after: int | None,
    selection: Selection,
    limit: int,
    seconds: float,
    credential: Credential,
    check: Callable[[User | Refusal], None],
    on_wait: Callable[[], object] = lambda: None,
) -> tuple[Page, float]:
    """Read like `event_log.read`, and wait up to `seconds` for an event. Returns the page and the seconds waited.

    `check` receives the account of `credential`, or why it is no longer valid, and raises when the request must end.
    It is called several times a second with a result that is at most one second old, and with a fresh one before
    events are returned. No database connection is held while waiting. The answer comes at once when too many requests
    of this process or of this account already wait. `on_wait` is called before the wait.
    """
    began, account = time.monotonic(), str(credential.user_id)
    page = event_log.read(after=after, selection=selection, limit=limit)
    nothing_to_wait_for = page.envelopes or page.resync or not seconds
    if nothing_to_wait_for or not _enter(account):
        return page, 0.0
    on_wait()
    READERS.enter(credential)
    try:
        while not page.envelopes and not page.resync and time.monotonic() - began < seconds:
            _rest()
            if LOOKOUT.head() > page.upto:
                page = event_log.read(after=page.upto, selection=selection, limit=limit)
            check(standing([credential])[0] if page.envelopes else READERS.standing(credential))
    finally:
        READERS.leave(credential)
        WAITING.leave(account)
        WAITING.leave(ALL)
    return page, time.monotonic() - began


def _rest() -> None:
    """Sleep until the next interval starts: all requests wake at the same times, so that one query serves them all."""
    if not connection.in_atomic_block:
        connection.close()  # return it to the pool, for requests that are not waiting
    time.sleep(LOOK_EVERY_SECONDS - time.monotonic() % LOOK_EVERY_SECONDS)


def _enter(account: str) -> bool:
    most = settings.EVENT_MOST_WAITING
    if not WAITING.enter(ALL, most=most):
        return False
    if not WAITING.enter(account, most=max(1, most // SHARES)):
        WAITING.leave(ALL)
        return False
    return True

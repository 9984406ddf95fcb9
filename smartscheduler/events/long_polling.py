"""Long polling: the event log for those whose network lets no WebSocket through."""

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

# As often as the relay looks: an event is seen at most this much later than over a socket.
LOOK_EVERY_SECONDS = 0.25
# Of the requests that may wait in a process, one account has this part.
SHARES, EVERYBODY = 4, "everybody"
CHECK_EVERY_SECONDS = 1.0

WAITING = Shares()


class Lookout:
    """The head of the log, read once in each quarter of a second for all who wait in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._period, self._head = -1, 0

    def head(self) -> int:
        """The last sequence number given, as it was at most a quarter of a second ago."""
        with self._lock:
            period = int(time.monotonic() / LOOK_EVERY_SECONDS)
            if period != self._period:
                self._head, self._period = event_log.head(), period
            return self._head


class Readers:
    """The credentials of all who wait in this process, looked at together once a second: three queries for all."""

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
        """The account behind a credential that waits, or why it no longer holds; at most a second old."""
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
    """As `feed.read`, but where there is nothing yet, wait up to `seconds` for it; the page and how long it took.

    `check` takes the account behind `credential`, or why it no longer holds, and raises once the reader may wait no
    longer: it is called several times a second with what is known of the last second, and with the account of the
    moment before an event is told. No connection to the database is held while waiting. When too many wait in this
    process already, or a quarter of those of one account, the answer comes at once. `on_wait` is called before the
    wait.
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
        WAITING.leave(EVERYBODY)
    return page, time.monotonic() - began


def _rest() -> None:
    """Wait for the next quarter of a second: all who wait in this process look at the same moments."""
    if not connection.in_atomic_block:
        connection.close()  # back to the pool, for somebody who works
    time.sleep(LOOK_EVERY_SECONDS - time.monotonic() % LOOK_EVERY_SECONDS)


def _enter(account: str) -> bool:
    most = settings.EVENT_MOST_WAITING
    if not WAITING.enter(EVERYBODY, most=most):
        return False
    if not WAITING.enter(account, most=max(1, most // SHARES)):
        WAITING.leave(EVERYBODY)
        return False
    return True

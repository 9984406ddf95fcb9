"""Limits on the concurrent requests of one account or network address in a process.

Each request holds a thread and usually a database connection. Without limits one client could use all of them.
"""

from collections import Counter
from threading import Condition


class Shares:
    """Counts running requests by owner; requests above the limit wait in a short queue."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._running: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()

    def enter(self, owner: str, *, most: int, waiting: int = 0, seconds: float = 0.0) -> bool:
        """Take one of `most` places. When all are taken, wait up to `seconds` behind at most `waiting` requests.

        Returns False when the request was not admitted.
        """
        with self._changed:
            if self._running[owner] >= most and not self._wait(owner, most, waiting, seconds):
                _forget(self._running, owner)
                return False
            self._running[owner] += 1
            return True

    def is_full(self, owner: str, most: int) -> bool:
        return self._running[owner] >= most

    def leave(self, owner: str) -> None:
        """Release the place of a finished request."""
        with self._changed:
            self._running[owner] -= 1
            _forget(self._running, owner)
            self._changed.notify_all()

    def _wait(self, owner: str, most: int, waiting: int, seconds: float) -> bool:
        if self._waiting[owner] >= waiting:
            _forget(self._waiting, owner)
            return False
        self._waiting[owner] += 1
        try:
            return self._changed.wait_for(lambda: self._running[owner] < most, seconds)
        finally:
            self._waiting[owner] -= 1
            _forget(self._waiting, owner)


def _forget(counts: Counter[str], owner: str) -> None:
    if counts[owner] <= 0:
        del counts[owner]

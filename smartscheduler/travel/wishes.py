"""Rankings that were shown with straight lines, and how many had roads: told to the worker, and nobody held up.

A thread of the process passes them on to Valkey. What is lost on the way is wished for again by the next ranking.
"""

import queue
import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import cast
from uuid import UUID

import structlog
from redis import RedisError

from smartscheduler.events.channel import group
from smartscheduler.travel.ways import ROAD, STRAIGHT_LINE
from smartscheduler.valkey import valkey

# A job is not wished for again by this process before so long.
SILENCE_SECONDS = 30.0
MOST_WAITING = 1_000
# Gathered for a moment: one message for many rankings.
GATHER_SECONDS = 0.1

log = structlog.get_logger(__name__)


class Wishes:
    """What one process has to tell."""

    def __init__(self) -> None:
        self._queue: queue.Queue[tuple[str, UUID | None, int]] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._told: dict[UUID, float] = {}
        self.silent = False  # for programs that rank without showing it to anybody

    def seen(self, job_id: UUID | None, sources: Iterable[str]) -> None:
        """A ranking was shown, with drives of these sources. Returns at once."""
        if self.silent:
            return
        counted = Counter(sources)
        for source, count in counted.items():
            self._put(source, None, count)
        if job_id is not None and counted[STRAIGHT_LINE] and self._is_news(job_id):
            self._put("wish", job_id, 1)

    def _is_news(self, job_id: UUID) -> bool:
        now = time.monotonic()
        if self._told.get(job_id, -SILENCE_SECONDS) > now - SILENCE_SECONDS:
            return False
        if len(self._told) > MOST_WAITING:
            self._told.clear()
        self._told[job_id] = now
        return True

    def _put(self, what: str, job_id: UUID | None, count: int) -> None:
        try:
            self._queue.put_nowait((what, job_id, count))
        except queue.Full:
            return
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._pass_on, name="travel-wishes", daemon=True)
                self._thread.start()

    def _pass_on(self) -> None:
        key = _key()
        while True:
            first = self._queue.get()
            time.sleep(GATHER_SECONDS)
            self._send(key, [first, *self._drained()])

    def _drained(self) -> list[tuple[str, UUID | None, int]]:
        found = []
        while True:
            try:
                found.append(self._queue.get_nowait())
            except queue.Empty:
                return found

    def _send(self, key: str, found: list[tuple[str, UUID | None, int]]) -> None:
        uses: Counter[str] = Counter()
        for what, job_id, count in found:
            if job_id is None:
                uses[what] += count
        jobs = {job_id.hex for _, job_id, _ in found if job_id}
        try:
            with valkey().pipeline(transaction=False) as pipe:
                if jobs:
                    pipe.sadd(key, *jobs)
                for source, count in uses.items():
                    pipe.hincrby(f"{key}:uses", source, count)
                pipe.execute()
        except RedisError as error:
            log.info("wishes_lost", error=type(error).__name__)


wishes = Wishes()


def take_wishes(most: int = 200) -> set[UUID]:
    """The jobs that rankings with straight lines were shown for, each once. Raises RedisError."""
    return {UUID(hex=str(one)) for one in valkey().spop(_key(), most) or ()}


def uses() -> dict[str, int]:
    """How many drives were shown by road, and how many by the straight line. Raises RedisError."""
    found = cast(dict[str, str], valkey().hgetall(f"{_key()}:uses"))
    return {source: int(found.get(source, 0)) for source in (ROAD, STRAIGHT_LINE)}


def _key() -> str:
    return f"smartscheduler:{group()}:travel:wishes"

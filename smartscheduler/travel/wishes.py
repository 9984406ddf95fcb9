"""Rankings that were shown with straight lines, and how many had roads: told to the worker, and nobody held up.

They are gathered, and once a second a thread of the process passes them on to Valkey: to wake it for each ranking would
cost that ranking milliseconds, because Python's threads take turns. What is lost on the way is wished for again by the
next ranking.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

import structlog
from redis import RedisError

from smartscheduler.events.channel import group
from smartscheduler.travel.ways import ROAD, STRAIGHT_LINE
from smartscheduler.valkey import valkey

# A job is not wished for again by this process before so long.
SILENCE_SECONDS = 30.0
GATHER_SECONDS = 1.0
MOST_REMEMBERED = 1_000

log = structlog.get_logger(__name__)


class Wishes:
    """What one process has to tell."""

    def __init__(self) -> None:
        self._silent = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._jobs: set[UUID] = set()
        self._uses: Counter[str] = Counter()
        self._told: dict[UUID, float] = {}

    def seen(self, job_id: UUID | None, sources: Iterable[str]) -> None:
        """A ranking was shown, with drives of these sources. Returns at once."""
        counted = Counter(sources)
        if self._silent or not counted:
            return
        with self._lock:
            self._uses.update(counted)
            if job_id is not None and counted[STRAIGHT_LINE] and self._is_news(job_id):
                self._jobs.add(job_id)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._pass_on, args=(_key(),), name="travel-wishes", daemon=True)
                self._thread.start()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """For programs that rank without showing it to anybody: meanwhile nothing is told."""
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    def _is_news(self, job_id: UUID) -> bool:
        now = time.monotonic()
        if self._told.get(job_id, now - 2 * SILENCE_SECONDS) > now - SILENCE_SECONDS:
            return False
        if len(self._told) > MOST_REMEMBERED:
            self._told.clear()
        self._told[job_id] = now
        return True

    def _pass_on(self, key: str) -> None:
        """Until there has been nothing to tell for a while."""
        while True:
            time.sleep(GATHER_SECONDS)
            with self._lock:
                jobs, uses = self._jobs, self._uses
                self._jobs, self._uses = set(), Counter()
                if not jobs and not uses:
                    self._thread = None
                    return
            _send(key, jobs, uses)


def _send(key: str, jobs: Iterable[UUID], uses: Counter[str]) -> None:
    try:
        with valkey().pipeline(transaction=False) as pipe:
            if names := [job_id.hex for job_id in jobs]:
                pipe.sadd(key, *names)
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

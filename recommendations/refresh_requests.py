"""Queue of rankings that need road or LLM data; written asynchronously so that requests do not wait.

Requests are collected in memory, and a thread of the process writes them to Valkey once a second. Waking the thread
for each ranking would cost that ranking milliseconds, because of Python's global interpreter lock. A lost request is
made again by the next ranking.
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

from smartscheduler.core.redis import valkey
from smartscheduler.core.redis_keys import redis_key

# This process does not request the same job again within this time.
SILENCE_SECONDS = 30.0
GATHER_SECONDS = 1.0
MOST_REMEMBERED = 1_000

log = structlog.get_logger(__name__)


class RefreshRequests:
    """Refresh requests of one kind made by one process; `stale_source` is the source whose results need a refresh."""

    def __init__(self, kind: str, stale_source: str) -> None:
        self.kind, self.stale_source = kind, stale_source
        self._silent = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._jobs: set[UUID] = set()
        self._uses: Counter[str] = Counter()
        self._recorded_at: dict[UUID, float] = {}

    def record(self, job_id: UUID | None, sources: Iterable[str]) -> None:
        """Record that a ranking was shown with results of these sources. Returns at once."""
        counted = Counter(sources)
        if self._silent or not counted:
            return
        with self._lock:
            self._uses.update(counted)
            if job_id is not None and counted[self.stale_source] and self._is_due(job_id):
                self._jobs.add(job_id)
            if self._thread is None or not self._thread.is_alive():
                name, key = f"{self.kind}-refresh-requests", self.key
                self._thread = threading.Thread(target=self._flush, args=(key,), name=name, daemon=True)
                self._thread.start()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Record nothing during the block; for programs that rank without showing the result."""
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    @property
    def key(self) -> str:
        return redis_key(self.kind, "wishes")

    def pop(self, most: int = 200) -> set[UUID]:
        """Remove and return at most `most` jobs whose rankings need a refresh. Raises RedisError."""
        return {UUID(hex=str(job_id)) for job_id in valkey().spop(self.key, most) or ()}

    def uses(self) -> dict[str, int]:
        """The number of results shown from each source. Raises RedisError."""
        counts = cast(dict[str, str], valkey().hgetall(f"{self.key}:uses"))
        return {source: int(count) for source, count in counts.items()}

    def share(self, source: str) -> int | None:
        """The percentage of shown results from `source`; None before the first one and while Valkey is unavailable."""
        try:
            shown = self.uses()
        except RedisError:
            return None
        total = sum(shown.values())
        return round(100 * shown.get(source, 0) / total) if total else None

    def _is_due(self, job_id: UUID) -> bool:
        now = time.monotonic()
        if self._recorded_at.get(job_id, now - 2 * SILENCE_SECONDS) > now - SILENCE_SECONDS:
            return False
        if len(self._recorded_at) > MOST_REMEMBERED:
            self._recorded_at.clear()
        self._recorded_at[job_id] = now
        return True

    def _flush(self, key: str) -> None:
        """Write the collected requests once a second; end when there are none."""
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
        log.info("refresh_request_lost", error=type(error).__name__)

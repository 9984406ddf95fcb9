"""Counts in memory that a thread adds to shared sums in Valkey every other second.

A count costs one addition under a lock. Web processes, workers, and relays add to the same sums, so that any process
can report all of them. When Valkey loses the sums, Prometheus treats that as a counter reset.
"""

import atexit
import json
import os
import threading
from collections import defaultdict

import structlog
from redis import RedisError

from smartscheduler.core.redis import valkey
from smartscheduler.core.redis_keys import redis_key

FLUSH_SECONDS = 2.0
# Sums are kept while Valkey is unavailable, up to this number of different sums.
MOST_SUMS = 20_000
# Name of the metric, part of a histogram (a bucket or "sum"), and label values.
Sum = tuple[str, ...]

log = structlog.get_logger(__name__)

_lock = threading.Lock()
_flushing = threading.Lock()
_pending: dict[Sum, float] = defaultdict(float)
_thread: threading.Thread | None = None


def add(amounts: dict[Sum, float]) -> None:
    """Add amounts to the pending sums. Never waits for Valkey."""
    with _lock:
        for name, amount in amounts.items():
            if name in _pending or len(_pending) < MOST_SUMS:
                _pending[name] += amount
        if _thread is None:
            _start()


def flush() -> None:
    """Send the pending sums to Valkey; keep them when Valkey does not answer."""
    with _flushing:
        with _lock:
            counted = dict(_pending)
            _pending.clear()
        if not counted:
            return
        try:
            with valkey().pipeline(transaction=True) as pipeline:
                for name, amount in counted.items():
                    pipeline.hincrbyfloat(_key(), json.dumps(name), amount)
                pipeline.execute()
        except RedisError as error:
            # The health check reports a missing Valkey; commands on a terminal must not print warnings about it.
            log.debug("counts_not_handed_over", error=repr(error))
            _take_back(counted)


def sums() -> dict[Sum, float]:
    """The sums of all processes, including the pending ones of this process. Raises RedisError."""
    flush()
    amounts: dict[str, str] = valkey().hgetall(_key())  # type: ignore[assignment]
    return {tuple(json.loads(name)): float(amount) for name, amount in amounts.items()}


def _take_back(counted: dict[Sum, float]) -> None:
    with _lock:
        for name, amount in counted.items():
            _pending[name] += amount


def _key() -> str:
    return redis_key("measures")


def _start() -> None:
    """Start the thread that flushes regularly; `atexit` flushes once more."""
    global _thread
    _thread = threading.Thread(target=_flush_regularly, name="measures", daemon=True)
    _thread.start()


def _flush_regularly() -> None:
    pause = threading.Event()
    while not pause.wait(FLUSH_SECONDS):
        flush()


def _reset_after_fork() -> None:
    """In a forked child: drop the pending sums of the parent, and the thread, which fork does not copy."""
    global _thread, _lock, _flushing
    _thread, _lock, _flushing = None, threading.Lock(), threading.Lock()
    _pending.clear()


atexit.register(flush)
os.register_at_fork(after_in_child=_reset_after_fork)

"""Counting in memory, and adding it to everybody's sum in Valkey every other second.

A count costs an addition under a lock. Web processes, workers and relays add to the same sums, so that whichever
process is asked tells of all of them. Valkey may lose the sums: to Prometheus that is a counter that began anew.
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
# While Valkey is away sums are kept; new ones beyond so many are not.
MOST_SUMS = 20_000
# The family, the part of it (a bucket, or its sum), and the values of its labels.
Sum = tuple[str, ...]

log = structlog.get_logger(__name__)

_lock = threading.Lock()
_flushing = threading.Lock()
_pending: dict[Sum, float] = defaultdict(float)
_thread: threading.Thread | None = None


def add(amounts: dict[Sum, float]) -> None:
    """Add to some sums. Never waits for anything but another addition."""
    with _lock:
        for name, amount in amounts.items():
            if name in _pending or len(_pending) < MOST_SUMS:
                _pending[name] += amount
        if _thread is None:
            _start()


def flush() -> None:
    """Hand over what has been counted here. What Valkey does not take is kept for the next time."""
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
            # That Valkey is away, health says; a command on a terminal need not.
            log.debug("counts_not_handed_over", error=repr(error))
            _take_back(counted)


def sums() -> dict[Sum, float]:
    """Everybody's sums, with what this process has counted until now. Raises RedisError."""
    flush()
    found: dict[str, str] = valkey().hgetall(_key())  # type: ignore[assignment]
    return {tuple(json.loads(name)): float(amount) for name, amount in found.items()}


def _take_back(counted: dict[Sum, float]) -> None:
    with _lock:
        for name, amount in counted.items():
            _pending[name] += amount


def _key() -> str:
    return redis_key("measures")


def _start() -> None:
    """Hand over regularly from now on; the last time when the process ends."""
    global _thread
    _thread = threading.Thread(target=_hand_over, name="measures", daemon=True)
    _thread.start()


def _hand_over() -> None:
    pause = threading.Event()
    while not pause.wait(FLUSH_SECONDS):
        flush()


def _begin_anew() -> None:
    """In a forked process: what the parent has counted is the parent's to hand over, and threads do not come along."""
    global _thread, _lock, _flushing
    _thread, _lock, _flushing = None, threading.Lock(), threading.Lock()
    _pending.clear()


atexit.register(flush)
os.register_at_fork(after_in_child=_begin_anew)

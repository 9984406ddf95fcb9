"""Heartbeats of the workers: beat sends a task into each queue every few seconds; the worker that runs it stamps it.

A stamp grows old when beat is dead, when no worker reads the queue, and when the worker is frozen or busy with other
tasks in all of its threads. Times are Valkey's own: clocks of other machines do not matter.
"""

import math
from typing import Any, cast

from celery import Celery
from celery.signals import beat_init
from django.conf import settings

from smartscheduler.core.observability.metrics.celery_queue import queue_names
from smartscheduler.core.redis import valkey
from smartscheduler.core.redis_keys import redis_key

TASK = "ops.stamp_heartbeat"
EVERY_SECONDS = 5.0


def stamp(queue: str) -> None:
    """Note that a worker has run a task of this queue just now. Raises RedisError."""
    valkey().hset(_key(), queue, str(_now()))


def ages() -> dict[str, float]:
    """Seconds since the last heartbeat of each queue; infinite for a queue without one. Raises RedisError."""
    now, stamps = _now(), cast(dict[str, str], valkey().hgetall(_key()))
    return {name: max(0.0, now - float(stamps[name])) if name in stamps else math.inf for name in queue_names()}


def late_queues() -> list[str]:
    """The queues whose last heartbeat is older than settings.WORKER_LATE_SECONDS. Raises RedisError."""
    return [name for name, age in ages().items() if age > settings.WORKER_LATE_SECONDS]


def schedule(app: Celery) -> None:
    """Have beat send the heartbeats; a task that waits while the next one is sent expires."""
    for queue in queue_names(app):
        app.add_periodic_task(
            EVERY_SECONDS,
            app.signature(TASK, args=(queue,)),
            name=f"heartbeat-{queue}",
            queue=queue,
            expires=2 * EVERY_SECONDS,
        )


@beat_init.connect
def send_first(sender: Any, **_: Any) -> None:
    """The first heartbeats at once: beat itself would wait for EVERY_SECONDS after its start."""
    for queue in queue_names(sender.app):
        sender.app.send_task(TASK, args=(queue,), queue=queue, expires=2 * EVERY_SECONDS)


def _now() -> float:
    seconds, microseconds = valkey().time()
    return seconds + microseconds / 1_000_000


def _key() -> str:
    return redis_key("heartbeats")

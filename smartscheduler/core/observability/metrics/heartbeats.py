"""Heartbeats of the Celery workers: beat sends a task to each queue every few seconds; the task stores a time stamp.

The time stamp becomes old when beat is down, when no worker reads the queue, or when all threads of the worker are
frozen or busy. Times come from Valkey, so the clocks of the machines do not matter.
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
    """Store the heartbeat of a queue. Raises RedisError."""
    valkey().hset(_key(), queue, str(_now()))


def ages() -> dict[str, float]:
    """Seconds since the last heartbeat of each queue; infinite for a queue without one. Raises RedisError."""
    now, stamps = _now(), cast(dict[str, str], valkey().hgetall(_key()))
    return {name: max(0.0, now - float(stamps[name])) if name in stamps else math.inf for name in queue_names()}


def late_queues() -> list[str]:
    """The queues whose last heartbeat is older than settings.WORKER_LATE_SECONDS. Raises RedisError."""
    return [name for name, age in ages().items() if age > settings.WORKER_LATE_SECONDS]


def schedule(app: Celery) -> None:
    """Schedule the heartbeat tasks; a task that has not run when the next ones are sent expires."""
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
    """Send the first heartbeats at once; beat would wait EVERY_SECONDS after its start."""
    for queue in queue_names(sender.app):
        sender.app.send_task(TASK, args=(queue,), queue=queue, expires=2 * EVERY_SECONDS)


def _now() -> float:
    seconds, microseconds = valkey().time()
    return seconds + microseconds / 1_000_000


def _key() -> str:
    return redis_key("heartbeats")

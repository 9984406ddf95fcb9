"""How many tasks wait for a worker, and for how long: Celery's queue, as it lies in Valkey."""

import json
import time
from typing import Any, NamedTuple

from celery.signals import before_task_publish, task_postrun, task_prerun

from smartscheduler.measures.families import TASK_SECONDS, TASKS
from smartscheduler.valkey import valkey

QUEUE, IN_HAND = "celery", "unacked"
PUBLISHED_AT = "published_at"


class Queue(NamedTuple):
    """`in_hand` are with workers; `oldest_seconds` is the age of the task that has waited longest."""

    waiting: int
    in_hand: int
    oldest_seconds: float


def queue() -> Queue:
    """The queue of now. Raises RedisError."""
    with valkey().pipeline(transaction=True) as pipeline:
        pipeline.llen(QUEUE)
        pipeline.hlen(IN_HAND)
        pipeline.lindex(QUEUE, -1)  # Celery puts tasks in on the left
        waiting, in_hand, oldest = pipeline.execute()
    return Queue(waiting, in_hand, _age(oldest) if oldest else 0.0)


def _age(message: str) -> float:
    published = json.loads(message)["headers"].get(PUBLISHED_AT)
    return max(0.0, time.time() - published) if published else 0.0


@before_task_publish.connect
def note_the_time(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None:
        headers[PUBLISHED_AT] = time.time()


@task_prerun.connect
def note_the_start(task: Any, **_: Any) -> None:
    task.request.measured_from = time.perf_counter()


@task_postrun.connect
def count(task: Any, state: str | None = None, **_: Any) -> None:
    TASKS.add(task.name, (state or "unknown").lower())
    if (began := getattr(task.request, "measured_from", None)) is not None:
        TASK_SECONDS.observe(time.perf_counter() - began, task.name)

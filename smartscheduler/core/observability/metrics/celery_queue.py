"""Length and age of Celery's queues in Valkey, and metrics of tasks."""

import json
import time
from typing import Any, NamedTuple

from celery import Celery, current_app
from celery.signals import before_task_publish, task_postrun, task_prerun

from smartscheduler.core.observability.metrics.definitions import TASK_SECONDS, TASKS
from smartscheduler.core.redis import valkey

IN_HAND = "unacked"
PUBLISHED_AT = "published_at"


class Queue(NamedTuple):
    """The number of waiting tasks, and the age of the oldest one in seconds."""

    waiting: int
    oldest_seconds: float


def queue_names(app: Celery = current_app) -> list[str]:
    """All queues of CELERY_TASK_DEFAULT_QUEUE, CELERY_TASK_QUEUES, and CELERY_TASK_ROUTES."""
    routes = app.conf.task_routes or {}
    routed = [route.get("queue") for route in routes.values()] if isinstance(routes, dict) else []
    # A route holds the name of a queue or a Queue object.
    named = [getattr(queue, "name", queue) for queue in [*(app.conf.task_queues or ()), *filter(None, routed)]]
    return sorted({app.conf.task_default_queue, *named})


def queues() -> dict[str, Queue]:
    """The present state of each queue. Raises RedisError."""
    names = queue_names()
    with valkey().pipeline(transaction=True) as pipeline:
        for name in names:
            pipeline.llen(name)
            pipeline.lindex(name, -1)  # Celery adds tasks on the left
        answers = pipeline.execute()
    pairs = zip(answers[::2], answers[1::2], strict=True)
    return {name: Queue(waiting, _age(oldest)) for name, (waiting, oldest) in zip(names, pairs, strict=True)}


def in_hand() -> int:
    """The number of tasks that workers have taken and not finished, for all queues. Raises RedisError."""
    return int(valkey().hlen(IN_HAND))


def _age(message: str | None) -> float:
    published = json.loads(message)["headers"].get(PUBLISHED_AT) if message else None
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

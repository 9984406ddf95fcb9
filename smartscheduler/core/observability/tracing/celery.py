"""Spans of Celery tasks. A message header carries the `traceparent` of the sender."""

from contextlib import AbstractContextManager
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun

from smartscheduler.core.observability import tracing


@before_task_publish.connect
def send_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None and (place := tracing.traceparent()):
        headers[tracing.HEADER] = place


@task_prerun.connect
def begin(task: Any, **_: Any) -> None:
    parent = getattr(task.request, tracing.HEADER, None) or ""
    span = tracing.span(f"task {task.name}", parent=parent, kind="consumer", task__id=task.request.id)
    span.__enter__()
    task.request.traced = span


@task_postrun.connect
def end(task: Any, retval: Any = None, state: str | None = None, **_: Any) -> None:
    span: AbstractContextManager[Any] | None = getattr(task.request, "traced", None)
    if span is None:
        return
    failed = isinstance(retval, Exception) and state == "FAILURE"
    if failed:
        span.__exit__(type(retval), retval, retval.__traceback__)
    else:
        span.__exit__(None, None, None)

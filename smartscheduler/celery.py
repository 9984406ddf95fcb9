"""The Celery application: settings from Django, log lines in Django's format with the id of the request."""

import os
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

from smartscheduler.core.actors import source
from smartscheduler.core.observability.metrics import celery_queue, heartbeats  # noqa: F401  (the receivers of `queue` count tasks)
from smartscheduler.core.observability.tracing import celery  # noqa: F401  (its receivers trace them)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartscheduler.settings")


class NamedTask(Task[..., Any]):
    """What a task writes, the history says of it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with source("task", self.name):
            return self.run(*args, **kwargs)


app = Celery("smartscheduler", task_cls=NamedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@app.on_after_finalize.connect
def schedule_heartbeats(sender: Celery, **_: Any) -> None:
    heartbeats.schedule(sender)


@setup_logging.connect
def keep_the_logging_of_django(**_: Any) -> None:
    """Having a receiver is what stops Celery from setting up its own."""

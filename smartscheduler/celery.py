"""The Celery application, with settings and logging from Django."""

import os
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

from smartscheduler.core.actors import source
from smartscheduler.core.observability.metrics import celery_queue, heartbeats  # noqa: F401  (connects receivers)
from smartscheduler.core.observability.tracing import celery  # noqa: F401  (connects receivers)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartscheduler.settings")


class NamedTask(Task[..., Any]):
    """A task that is the source of its changes in the history."""

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
    """A connected receiver keeps Celery from configuring logging itself."""

"""The Celery application: settings from Django, log lines in Django's format with the id of the request."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartscheduler.settings")

app = Celery("smartscheduler")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def keep_the_logging_of_django(**_: Any) -> None:
    """Having a receiver is what stops Celery from setting up its own."""

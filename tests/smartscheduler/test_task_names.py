"""Task names start with an app label instead of a module path, so that queued tasks survive moves of code."""

import re

from django.apps import apps
from django.conf import settings

from smartscheduler.celery import app


def names() -> set[str]:
    app.loader.import_default_modules()
    return {name for name in app.tasks if not name.startswith("celery.")}


def test_each_is_a_label_and_a_verb() -> None:
    labels = {config.label for config in apps.get_app_configs()}
    assert len(names()) >= 14
    odd = [name for name in names() if not re.fullmatch(r"[a-z]+\.[a-z_]+", name) or name.split(".")[0] not in labels]
    assert odd == []


def test_each_scheduled_one_exists() -> None:
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= names()


def test_files_and_plans_have_queues_of_their_own() -> None:
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in names()}
    assert {name for name, queue in queues.items() if queue == settings.FILES_QUEUE} == {"imports.work_on_imports"}
    assert {name for name, queue in queues.items() if queue == settings.PLANS_QUEUE} == {"planning.work_on_plans"}

"""The schedule of beat with and without an API key."""

import os
import subprocess
import sys

import pytest

from smartscheduler import BASE_DIR

pytestmark = pytest.mark.system

ASK = "from django.conf import settings; print(sorted(n for n in settings.CELERY_BEAT_SCHEDULE if 'roads' in n))"


def scheduled(**variables: str) -> str:
    clean = {name: value for name, value in os.environ.items() if "_API_KEY" not in name}
    command = [sys.executable, "-c", ASK]  # the settings alone, in a quarter of the time of the whole product
    process = subprocess.run(command, cwd=BASE_DIR, env=clean | variables, capture_output=True, text=True, check=True)
    return process.stdout.strip()


def test_without_a_key_no_task_is_queued() -> None:
    assert scheduled() == "[]"
    assert scheduled(TRAVEL_PROVIDERS="openrouteservice", GOOGLE_MAPS_API_KEY="key") == "[]"


def test_with_a_key_roads_are_looked_up() -> None:
    assert scheduled(OPENROUTESERVICE_API_KEY="key") == "['look-up-roads', 'prune-roads', 'refresh-roads']"

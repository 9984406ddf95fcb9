"""Settings of the page benchmark: static files without collectstatic."""

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import STORAGES

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}

"""Settings for a server in production mode without collected static files."""

from smartscheduler.settings import *  # noqa: F403
from smartscheduler.settings import STORAGES

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}

"""The settings for a server in production mode whose static files have not been collected."""

from smartscheduler.settings import *  # noqa: F403
from smartscheduler.settings import STORAGES

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}

"""The settings of the benchmarks for pages: style sheets under their plain names, which nobody has collected."""

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import STORAGES

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}

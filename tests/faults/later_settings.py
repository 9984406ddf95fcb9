"""The settings of the release to come."""

from smartscheduler.settings import *  # noqa: F403

INSTALLED_APPS += ["tests.faults.later"]  # noqa: F405

"""The settings of the future release."""

from smartscheduler.settings import *  # noqa: F403

INSTALLED_APPS += ["tests.faults.later"]  # noqa: F405

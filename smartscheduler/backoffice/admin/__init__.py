"""Admin of the platform apps, which have no pages of their own."""

from smartscheduler.backoffice.admin import audit, events, users  # noqa: F401

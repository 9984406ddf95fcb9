"""Admin of the platform apps, which have no pages of their own."""

from smartscheduler.backoffice.admin import audit, events, service_accounts, users  # noqa: F401

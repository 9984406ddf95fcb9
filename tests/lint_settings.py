"""The settings plus the migration linter, which production does not have."""

from smartscheduler.settings import *  # noqa: F403

INSTALLED_APPS += ["django_migration_linter"]  # noqa: F405
MIGRATION_LINTER_OPTIONS = {
    "include_apps": [
        "accounts",
        "events",
        "idempotency",
        "mails",
        "exchange",
        "travel",
        "contractors",
        "jobs",
        "assignments",
        "recommendations",
    ]
}

"""The settings with the migration linter, which production does not have."""

from smartscheduler.settings import *  # noqa: F403

INSTALLED_APPS += ["django_migration_linter"]  # noqa: F405
MIGRATION_LINTER_OPTIONS = {
    "include_apps": [
        "accounts",
        "adminsite",
        "assignments",
        "audit",
        "contractors",
        "customers",
        "events",
        "geocoding",
        "idempotency",
        "imports",
        "jobs",
        "leases",
        "notifications",
        "ops",
        "planning",
        "privacy",
        "recommendations",
        "rules",
        "travel",
    ],
    # It only lengthens a column: PostgreSQL rewrites no row, and the code of before reads it.
    "ignore_name": ["0009_phone_numbers"],
}

"""The current scheduling rules, read from the database.

Services, views, pages, tasks and commands read them once and pass them down as a value, `rules: Rules`. So a version
that is published during an operation does not change the values that the operation uses.
"""

from smartscheduler.core.db.prepared import rows
from smartscheduler.rules.values import FIELDS, Rules

LATEST = f"SELECT number, {', '.join(FIELDS)} FROM rules_rulesversion ORDER BY number DESC LIMIT 1"  # noqa: S608


def published() -> Rules | None:
    """The latest version, or None before the first one. One query."""
    for number, *values in rows(LATEST):
        return Rules.of_fields(dict(zip(FIELDS, values, strict=True)), version=number)
    return None


def current_rules() -> Rules:
    """The published version, or the settings before the first one. One query."""
    return published() or Rules.of_settings()

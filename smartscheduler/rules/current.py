"""The scheduling rules in force, read from the database.

Services, views, pages, tasks and commands read them once and pass them down as a value. Everything below takes
`rules: Rules`: a version that is published during an operation does not change the numbers that it works with.
"""

from smartscheduler.core.db.prepared import rows
from smartscheduler.rules.values import FIELDS, Rules

LATEST = f"SELECT number, {', '.join(FIELDS)} FROM rules_rulesversion ORDER BY number DESC LIMIT 1"  # noqa: S608


def published() -> Rules | None:
    """The latest version; None before the first. One query."""
    for number, *values in rows(LATEST):
        return Rules.of_fields(dict(zip(FIELDS, values, strict=True)), version=number)
    return None


def current_rules() -> Rules:
    """The published version, or the settings before the first one. One query."""
    return published() or Rules.of_settings()

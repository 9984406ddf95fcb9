"""The current scheduling rules, read from the database.

Services, views, pages, tasks and commands read them once and pass them down as a value, `rules: Rules`. So a version
that is published during an operation does not change the values that the operation uses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from smartscheduler.core.db.prepared import rows
from smartscheduler.rules.values import FIELDS, Rules

LATEST = f"SELECT number, {', '.join(FIELDS)} FROM rules_rulesversion ORDER BY number DESC LIMIT 1"  # noqa: S608

# The rules that a batch has read.
_kept: ContextVar[list[Rules] | None] = ContextVar("kept_rules", default=None)


def published() -> Rules | None:
    """The latest version, or None before the first one. One query."""
    for number, *values in rows(LATEST):
        return Rules.of_fields(dict(zip(FIELDS, values, strict=True)), version=number)
    return None


def current_rules() -> Rules:
    """The published version, or the settings before the first one. One query, or one for a batch (`kept_rules`)."""
    kept = _kept.get()
    if kept:
        return kept[0]
    rules = published() or Rules.of_settings()
    if kept is not None:
        kept.append(rules)
    return rules


@contextmanager
def kept_rules() -> Iterator[None]:
    """Read the rules once for all operations inside. For a batch that lasts no longer than a request."""
    token = _kept.set([])
    try:
        yield
    finally:
        _kept.reset(token)

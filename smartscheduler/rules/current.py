"""The rules in force. An operation takes them once, and goes by them to its end.

Without that, a version published half-way through would rank by one set of numbers and book by another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from smartscheduler.rules.values import Rules
from smartscheduler.statements import rows

FIELDS = (
    "availability_weight",
    "rating_weight",
    "distance_weight",
    "max_miles",
    "minimum_gap_minutes",
    "drive_mph",
    "road_factor",
    "horizon_days",
)
LATEST = f"SELECT number, {', '.join(FIELDS)} FROM rules_rulesversion ORDER BY number DESC LIMIT 1"  # noqa: S608

_taken: ContextVar[Rules | None] = ContextVar("rules", default=None)


def published() -> Rules | None:
    """The latest version; None before the first. One query."""
    for number, *values in rows(LATEST):
        return Rules.of_fields(dict(zip(FIELDS, values, strict=True)), version=number)
    return None


def in_force() -> Rules:
    """The rules that the operation has taken (`going_by`), else those of now."""
    return _taken.get() or published() or Rules.of_settings()


@contextmanager
def going_by(rules: Rules | None = None) -> Iterator[Rules]:
    """Everything inside goes by `rules`, else by those in force as it begins. Also a decorator."""
    chosen = rules or in_force()
    token = _taken.set(chosen)
    try:
        yield chosen
    finally:
        _taken.reset(token)

"""The doctor: checks of invariants of the data and its environment (docs/operations.md)."""

from collections.abc import Iterable

from smartscheduler.ops.doctor import (
    assignments,
    contractors_and_users,
    customers,
    environment,
    event_log,
    processes,
    schema,
)
from smartscheduler.ops.doctor.check import Check, Outcome, Scope, examine

__all__ = ["CHECKS", "Check", "Outcome", "Scope", "chosen", "examine"]

CHECKS: tuple[Check, ...] = (
    *assignments.CHECKS,
    *contractors_and_users.CHECKS,
    *customers.CHECKS,
    *event_log.CHECKS,
    *schema.CHECKS,
    *processes.CHECKS,
    *environment.CHECKS,
)


def chosen(*, names: Iterable[str] = (), quick: bool = False, data_only: bool = False) -> list[Check]:
    """The checks with these names (default: all); `quick` leaves out large ones, `data_only` those of processes."""
    selected = set(names) or {check.name for check in CHECKS}
    return [
        check
        for check in CHECKS
        if check.name in selected and not (quick and check.large) and not (data_only and check.scope == Scope.RUNNING)
    ]

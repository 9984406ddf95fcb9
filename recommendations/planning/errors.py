"""Errors of plans."""

from smartscheduler.errors import DomainError


class PlanTooLarge(DomainError):
    """The scope exceeds a limit. `extra` holds the limit."""

    code = "plan-too-large"


class PlanStale(DomainError):
    """Items of a plan can no longer be accepted, and all of them were wanted or none. `extra` holds them."""

    code = "plan-stale"

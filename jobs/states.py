"""The states of a job. Pure; read by the guard, the admin buttons and the tests."""

from django.db import models

from smartscheduler.errors import InvalidTransition


class Status(models.TextChoices):
    OPEN = "open", "Open"
    ASSIGNED = "assigned", "Assigned"
    IN_PROGRESS = "in_progress", "In progress"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


TRANSITIONS: dict[str, frozenset[str]] = {
    Status.OPEN: frozenset({Status.ASSIGNED, Status.CANCELLED}),
    # Back to open when the live assignment is cancelled.
    Status.ASSIGNED: frozenset({Status.IN_PROGRESS, Status.OPEN, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.OPEN, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
}
# A job in one of these has a live assignment.
BOOKED = frozenset({Status.ASSIGNED, Status.IN_PROGRESS})


def check_transition(present: str, wanted: str) -> None:
    """Raise InvalidTransition, naming both states, unless the move is in the table."""
    if wanted not in TRANSITIONS[present]:
        raise InvalidTransition(
            f"A job that is {present} cannot become {wanted}.", extra={"from": present, "to": wanted}
        )

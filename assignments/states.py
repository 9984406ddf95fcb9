"""The states of an assignment. Pure; read by the guard, the admin buttons and the tests."""

from django.db import models

from smartscheduler.errors import InvalidTransition


class Status(models.TextChoices):
    PENDING = "pending", "Pending"
    CONFIRMED = "confirmed", "Confirmed"
    IN_PROGRESS = "in_progress", "In progress"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


TRANSITIONS: dict[str, frozenset[str]] = {
    Status.PENDING: frozenset({Status.CONFIRMED, Status.CANCELLED}),
    Status.CONFIRMED: frozenset({Status.IN_PROGRESS, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
}
# The states that hold a slot.
LIVE = frozenset({Status.PENDING, Status.CONFIRMED, Status.IN_PROGRESS})
# The states whose slot or contractor may still change.
MOVABLE = frozenset({Status.PENDING, Status.CONFIRMED})


def check_transition(present: str, wanted: str) -> None:
    """Raise InvalidTransition, naming both states, unless the move is in the table."""
    if wanted not in TRANSITIONS[present]:
        raise InvalidTransition(
            f"An assignment that is {present} cannot become {wanted}.", extra={"from": present, "to": wanted}
        )


def check_movable(present: str, act: str) -> None:
    """Raise InvalidTransition unless an assignment in state `present` may still be `act` (rescheduled, reassigned)."""
    if present not in MOVABLE:
        raise InvalidTransition(f"An assignment that is {present} cannot be {act}.", extra={"from": present, "to": act})

"""The states of a contractor. Pure; read by the guard, the admin buttons and the tests."""

from django.db import models

from smartscheduler.errors import InvalidTransition


class Status(models.TextChoices):
    ACTIVE = "active", "Active"
    INACTIVE = "inactive", "Inactive"
    ON_LEAVE = "on_leave", "On leave"


TRANSITIONS: dict[str, frozenset[str]] = {
    status: frozenset(other for other in Status.values if other != status) for status in Status.values
}


def check_transition(present: str, wanted: str) -> None:
    """Raise InvalidTransition, naming both states, unless the move is in the table."""
    if wanted not in TRANSITIONS[present]:
        raise InvalidTransition(
            f"A contractor who is {present} cannot become {wanted}.", extra={"from": present, "to": wanted}
        )

"""States of a job and the transitions between them. Pure; used by the model, the admin and the tests."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.errors import InvalidTransition


class Status(models.TextChoices):
    OPEN = "open", _("Open")
    ASSIGNED = "assigned", _("Assigned")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Canceled")


TRANSITIONS: dict[str, frozenset[str]] = {
    Status.OPEN: frozenset({Status.ASSIGNED, Status.CANCELLED}),
    # Back to open when the live assignment is cancelled.
    Status.ASSIGNED: frozenset({Status.IN_PROGRESS, Status.OPEN, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.OPEN, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
}
# A job in one of these states has a live assignment.
BOOKED = frozenset({Status.ASSIGNED, Status.IN_PROGRESS})


def check_transition(present: str, requested: str) -> None:
    """Raise InvalidTransition, which names both states, unless TRANSITIONS allows the change."""
    if requested not in TRANSITIONS[present]:
        message = gettext("A job that is {status} cannot become {requested}.")
        labels = {"status": Status(present).label.lower(), "requested": Status(requested).label.lower()}
        raise InvalidTransition(message.format(**labels), extra={"from": present, "to": requested})

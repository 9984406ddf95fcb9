"""States of an assignment and the transitions between them. Pure; used by the model, the admin and the tests."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.errors import InvalidTransition


class Status(models.TextChoices):
    PENDING = "pending", _("Pending")
    CONFIRMED = "confirmed", _("Confirmed")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Canceled")


TRANSITIONS: dict[str, frozenset[str]] = {
    Status.PENDING: frozenset({Status.CONFIRMED, Status.CANCELLED}),
    Status.CONFIRMED: frozenset({Status.IN_PROGRESS, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
}
# States in which the contractor's time is occupied.
LIVE = frozenset({Status.PENDING, Status.CONFIRMED, Status.IN_PROGRESS})
# States in which the time slot or the contractor can still change.
MOVABLE = frozenset({Status.PENDING, Status.CONFIRMED})

# States in which the contractor can be reported late: agreed on, and not over.
CAN_RUN_LATE = frozenset({Status.CONFIRMED, Status.IN_PROGRESS})


# By what `check_movable` is asked to allow.
NOT_MOVABLE = {
    "rescheduled": _("An assignment that is {status} cannot be rescheduled."),
    "reassigned": _("An assignment that is {status} cannot be reassigned."),
    "dropped": _("An assignment that is {status} cannot be dropped."),
}


def check_transition(present: str, requested: str) -> None:
    """Raise InvalidTransition, which names both states, unless TRANSITIONS allows the change."""
    if requested not in TRANSITIONS[present]:
        message = gettext("An assignment that is {status} cannot become {requested}.")
        labels = {"status": Status(present).label.lower(), "requested": Status(requested).label.lower()}
        raise InvalidTransition(message.format(**labels), extra={"from": present, "to": requested})


def check_movable(present: str, act: str) -> None:
    """Raise InvalidTransition unless an assignment in state `present` can be `act`: a key of NOT_MOVABLE."""
    if present not in MOVABLE:
        message = NOT_MOVABLE[act].format(status=Status(present).label.lower())
        raise InvalidTransition(message, extra={"from": present, "to": act})


def check_can_run_late(present: str) -> None:
    """Raise InvalidTransition unless an assignment in state `present` can be reported late."""
    if present not in CAN_RUN_LATE:
        message = gettext("An assignment that is {status} cannot be reported late.")
        if present == Status.PENDING:
            message = gettext("An assignment that is {status} cannot be reported late. Confirm it first.")
        raise InvalidTransition(
            message.format(status=Status(present).label.lower()), extra={"from": present, "to": "running_late"}
        )

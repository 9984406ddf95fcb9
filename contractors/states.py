"""States of a contractor and the transitions between them. Pure; used by the model, the admin and the tests."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.errors import InvalidTransition


class Status(models.TextChoices):
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")
    ON_LEAVE = "on_leave", _("On leave")


TRANSITIONS: dict[str, frozenset[str]] = {
    status: frozenset(other for other in Status.values if other != status) for status in Status.values
}


def check_transition(present: str, requested: str) -> None:
    """Raise InvalidTransition, which names both states, unless TRANSITIONS allows the change."""
    if requested not in TRANSITIONS[present]:
        message = gettext("A contractor who is {status} cannot become {requested}.")
        labels = {"status": Status(present).label.lower(), "requested": Status(requested).label.lower()}
        raise InvalidTransition(message.format(**labels), extra={"from": present, "to": requested})

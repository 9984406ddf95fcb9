"""States of plans and items, and the codes in them. Pure; used by models, services, pages and the API."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.errors import InvalidTransition


class State(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    READY = "ready", _("Ready")
    STOPPED = "stopped", _("Stopped early")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Canceled")
    ACCEPTED = "accepted", _("Accepted")
    PARTLY_ACCEPTED = "partly_accepted", _("Partly accepted")
    DISCARDED = "discarded", _("Discarded")
    EXPIRED = "expired", _("Expired")


_ACCEPTANCE = frozenset({State.PARTLY_ACCEPTED, State.ACCEPTED})
TRANSITIONS: dict[str, frozenset[str]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED, State.FAILED}),
    # Back to the queue: its worker was killed.
    State.RUNNING: frozenset({State.QUEUED, State.READY, State.STOPPED, State.FAILED, State.CANCELLED}),
    State.READY: _ACCEPTANCE | {State.DISCARDED, State.EXPIRED},
    State.STOPPED: _ACCEPTANCE | {State.DISCARDED, State.EXPIRED},
    # The rest can still be accepted. Back to ready: everything that was accepted has been undone.
    State.PARTLY_ACCEPTED: _ACCEPTANCE | {State.READY, State.DISCARDED},
    State.ACCEPTED: frozenset({State.PARTLY_ACCEPTED, State.READY}),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
    State.DISCARDED: frozenset(),
    State.EXPIRED: frozenset(),
}
# States in which a plan waits for its result; in which it is a proposal; and in which items can be accepted.
AT_WORK = frozenset({State.QUEUED, State.RUNNING})
PROPOSED = frozenset({State.READY, State.STOPPED})
OPEN = PROPOSED | {State.PARTLY_ACCEPTED}


def check_transition(present: str, requested: str) -> None:
    """Raise InvalidTransition, which names both states, unless TRANSITIONS allows the change."""
    if requested not in TRANSITIONS[present]:
        message = gettext("A plan that is {status} cannot become {requested}.")
        labels = {"status": State(present).label.lower(), "requested": State(requested).label.lower()}
        raise InvalidTransition(message.format(**labels), extra={"from": present, "to": requested})


class Kind(models.TextChoices):
    """What a plan was made for. A plan of the rest, or of a *what if*, has a parent."""

    JOBS = "jobs", _("Jobs")
    REST = "rest", _("Rest of another plan")
    WHAT_IF = "what_if", _("What if")


class MayChange(models.TextChoices):
    OPEN_JOBS = "open_jobs", _("Nothing that is booked")
    PENDING = "pending", _("Bookings that are not confirmed")
    ALL_BUT_LOCKED = "all_but_locked", _("All bookings that are not locked")


class Lock(models.TextChoices):
    """The part of a booking that a plan may not change."""

    CONTRACTOR = "contractor", _("Contractor")
    DAY = "day", _("Day")
    TIME = "time", _("Time")
    CONTRACTOR_AND_TIME = "contractor_and_time", _("Contractor and time")


class Effort(models.TextChoices):
    """A limit of work, not of time, so that the same seed gives the same plan on any machine."""

    QUICK = "quick", _("Quick")
    NORMAL = "normal", _("Normal")
    THOROUGH = "thorough", _("Thorough")


class StopRequest(models.TextChoices):
    NONE = "", _("None")
    STOP = "stop", _("Stop and keep the best plan so far")
    CANCEL = "cancel", _("Cancel")


class Action(models.TextChoices):
    """What an item does. Items that keep a booking as it is are stored too: their worth is part of the plan's."""

    BOOK = "book", _("Book")
    MOVE = "move", _("Move")
    REASSIGN = "reassign", _("Reassign")
    DROP = "drop", _("Drop")
    KEEP = "keep", _("Keep")


class ItemState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    ACCEPTED = "accepted", _("Accepted")
    STALE = "stale", _("Stale")
    DECLINED = "declined", _("Declined")


class MissCode(models.TextChoices):
    """The primary reason why a plan leaves a job out."""

    NOBODY_ELIGIBLE = "nobody-eligible", _("No contractor can do it")
    NO_SLOT_IN_DAYS = "no-slot-in-days", _("No free time on these days")
    LOCKED = "locked", _("A lock prevents it")
    WORTH_LESS = "worth-less", _("Other jobs are worth more")
    MAX_CHANGES = "max-changes", _("Too many bookings would move")
    TIME_RAN_OUT = "time-ran-out", _("The limit of work was reached")

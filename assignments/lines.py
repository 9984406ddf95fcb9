"""Bookings as lines of a list, each with what can be done with it on the way back to where the list is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.urls import reverse

from assignments.acts import ACTS, is_movable, may_assign
from assignments.conflicts import unmet_reasons
from assignments.eligibility import Reason
from assignments.models import Assignment
from smartscheduler.accounts.models import User
from smartscheduler.backoffice.returning import returning
from smartscheduler.formatting import local_slot
from smartscheduler.rules.values import Rules

# What moves a booking out of somebody's time, and what frees them of it altogether.
MOVES = ("reschedule", "reassign", "complete", "cancel")
FREES = ("reassign", "complete", "cancel")
# Pages of their own, of which the first comes from here and the other from an app above.
PAGES = {"reschedule": "Reschedule", "reassign": "Reassign"}


@dataclass(frozen=True)
class Line:
    """A booking, its time by the clock at its site, why it no longer holds, and links to acts: words and address."""

    booking: Assignment
    when: str
    acts: list[tuple[str, str]]
    reasons: Sequence[Reason] = ()


def line(booking: Assignment, user: User, back: str, names: Sequence[str]) -> Line:
    """`booking` with those of the acts `names` that `user` may do now; each leads back to `back`."""
    acts = [
        (label, returning(reverse(f"admin:assignments_assignment_{name}", args=[booking.pk]), back))
        for name in names
        if (label := _offered(name, booking, user))
    ]
    return Line(booking, local_slot(booking.slot, booking.job.zone), acts)


def _offered(name: str, booking: Assignment, user: User) -> str:
    """The words of what `user` may do with `booking` now; none when it is not to be done."""
    if name in PAGES:
        return PAGES[name] if is_movable(booking) and may_assign(user, booking) else ""
    act = next(act for act in ACTS if act.name == name)
    return act.label if act.possible(booking) and act.allowed(user, booking) else ""


def lines(bookings: Iterable[Assignment], user: User, back: str, names: Sequence[str]) -> list[Line]:
    return [line(booking, user, back, names) for booking in bookings]


def conflict_lines(bookings: Sequence[Assignment], user: User, back: str, rules: Rules) -> list[Line]:
    """Bookings in conflict, each with the rules that it fails, as far as `user` may see. One query, one for roads."""
    reasons = unmet_reasons(bookings, rules, reader=user)
    return [replace(one, reasons=reasons[one.booking.pk]) for one in lines(bookings, user, back, MOVES)]

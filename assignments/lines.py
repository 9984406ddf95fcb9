"""Bookings as lines of a list, each with what can be done with it on the way back to where the list is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from assignments.acts import ACTS, is_movable, may_assign
from assignments.models import Assignment
from contractors.models import Absence, Contractor
from smartscheduler.accounts.models import User
from smartscheduler.backoffice.display import local_slot
from smartscheduler.backoffice.returning import returning

# What moves a booking out of somebody's time, and what frees them of it altogether.
MOVES = ("reschedule", "reassign", "complete", "cancel")
FREES = ("reassign", "complete", "cancel")
# Pages of their own, of which the first comes from here and the other from an app above.
PAGES = {"reschedule": "Reschedule", "reassign": "Reassign"}


@dataclass(frozen=True)
class Line:
    """A booking, when it is by the clock at its site, what it collides with, and links to acts: words and address."""

    booking: Assignment
    when: str
    acts: list[tuple[str, str]]
    absence: Absence | None = None


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


def clash_lines(contractor: Contractor, bookings: Iterable[Assignment], user: User, back: str) -> list[Line]:
    """Bookings of `contractor` during absences, each with the first absence that it overlaps. One query."""
    absences = list(contractor.absences.order_by("period"))
    return [
        Line(
            one.booking,
            one.when,
            one.acts,
            next((away for away in absences if away.slot.overlaps(one.booking.slot)), None),
        )
        for one in lines(bookings, user, back, MOVES)
    ]

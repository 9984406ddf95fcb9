"""Bookings as lines of a list, each with what can be done with it on the way back to where the list is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from assignments.acts import ACTS
from assignments.models import Assignment
from contractors.models import Absence, Contractor
from smartscheduler.accounts.models import User
from smartscheduler.backoffice.display import local_slot
from smartscheduler.backoffice.returning import returning

# What moves a booking out of somebody's time; the first and the last free the contractor too.
MOVES = ("reassign", "reschedule", "complete", "cancel")
FREES = ("reassign", "complete", "cancel")


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
        (act.label, returning(reverse(f"admin:assignments_assignment_{act.name}", args=[booking.pk]), back))
        for act in ACTS
        if act.name in names and act.possible(booking) and act.allowed(user, booking)
    ]
    return Line(booking, local_slot(booking.slot, booking.job.zone), acts)


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

"""Rows for lists of bookings, with links to actions that lead back to the list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from assignments.admin.actions import ACTIONS
from assignments.broken_bookings import unmet_reasons
from assignments.eligibility import Reason
from assignments.models import Assignment
from smartscheduler.accounts.models import User
from smartscheduler.adminsite.registry import extensions_of, record_url
from smartscheduler.adminsite.return_url import returning
from smartscheduler.core.formatting import local_slot
from smartscheduler.core.text import LazyText
from smartscheduler.rules.values import Rules

# Actions that resolve a conflict, and actions after which the contractor no longer has the booking.
MOVES = ("reschedule", "reassign", "complete", "cancel")
FREES = ("reassign", "complete", "cancel")


@dataclass(frozen=True)
class Line:
    """Row of a booking: local time at the site, links to actions (label and URL), and the rules that it fails."""

    booking: Assignment
    when: str
    acts: list[tuple[LazyText, str]]
    reasons: Sequence[Reason] = ()


def line(booking: Assignment, user: User, back: str, names: Sequence[str]) -> Line:
    """Row with those of the actions and pages `names` that `user` can use now; each leads back to `back`."""
    acts = [
        (label, returning(record_url(booking, name), back))
        for name in names
        if (label := _offered(name, booking, user))
    ]
    return Line(booking, local_slot(booking.slot, booking.job.zone), acts)


def _offered(name: str, booking: Assignment, user: User) -> LazyText:
    """Label of an action or a registered page; empty if `user` cannot use it now."""
    view = extensions_of(Assignment).view_named(name)
    if view:
        return str(view.button.label) if view.button and view.is_offered(user, booking) else ""
    action = next(action for action in ACTIONS if action.name == name)
    return str(action.label) if action.is_offered(user, booking) else ""


def lines(bookings: Iterable[Assignment], user: User, back: str, names: Sequence[str]) -> list[Line]:
    return [line(booking, user, back, names) for booking in bookings]


def conflict_lines(bookings: Sequence[Assignment], user: User, back: str, rules: Rules) -> list[Line]:
    """Rows of bookings in conflict with the failed rules that `user` is allowed to see. Two queries."""
    reasons = unmet_reasons(bookings, rules, reader=user)
    return [replace(row, reasons=reasons[row.booking.pk]) for row in lines(bookings, user, back, MOVES)]

"""Scopes of service accounts, each a set of the permissions of people's roles.

A scope that writes includes reading the same records. It also includes personal data: bookings and rankings are checked
with exact places, which are blurred for accounts without it (smartscheduler.core.geo.blur). No scope includes users,
settings, the audit log or erasures.
"""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from smartscheduler.accounts.permissions import PERSONAL, Permission

P = Permission


class Scope(models.TextChoices):
    """Stored values are part of the API: they must not change."""

    READ_CONTRACTORS = "contractors:read", _("Read contractors, schedules and absences")
    WRITE_CONTRACTORS = "contractors:write", _("Create, change and deactivate contractors")
    READ_JOBS = "jobs:read", _("Read jobs and customers")
    WRITE_JOBS = "jobs:write", _("Create, change and cancel jobs; create and change customers")
    READ_ASSIGNMENTS = "assignments:read", _("Read assignments")
    WRITE_ASSIGNMENTS = "assignments:write", _("Book, move, confirm, start, complete, cancel and rate assignments")
    RECOMMEND = "recommendations:read", _("Rank contractors and explain the ranks")
    READ_PLANS = "plans:read", _("Read plans")
    WRITE_PLANS = "plans:write", _("Request, stop and discard plans; accepting one also needs assignments:write")
    READ_EVENTS = "events:read", _("Read the event log, the event socket and the figures of the board")
    READ_METRICS = "metrics:read", _("Read the metrics of the server")
    READ_PERSONAL_DATA = "personal_data:read", _("See names, contact data and exact places in what the account reads")


_READS: dict[str, frozenset[Permission]] = {
    Scope.READ_CONTRACTORS: frozenset({P.VIEW_CONTRACTORS}),
    Scope.READ_JOBS: frozenset({P.VIEW_JOBS}),
    Scope.READ_ASSIGNMENTS: frozenset({P.VIEW_ASSIGNMENTS}),
    Scope.RECOMMEND: frozenset({P.RECOMMEND}),
    Scope.READ_PLANS: frozenset({P.VIEW_PLANS}),
    Scope.READ_EVENTS: frozenset({P.VIEW_EVENTS}),
    Scope.READ_METRICS: frozenset({P.VIEW_METRICS}),
    Scope.READ_PERSONAL_DATA: PERSONAL,
}
SCOPES: dict[str, frozenset[Permission]] = _READS | {
    Scope.WRITE_CONTRACTORS: _READS[Scope.READ_CONTRACTORS]
    | PERSONAL
    | {P.ADD_CONTRACTORS, P.CHANGE_CONTRACTORS, P.DEACTIVATE_CONTRACTORS},
    Scope.WRITE_JOBS: _READS[Scope.READ_JOBS] | PERSONAL | {P.ADD_JOBS, P.CHANGE_JOBS, P.CANCEL_JOBS, P.PROMISE_WINDOW},
    Scope.WRITE_ASSIGNMENTS: _READS[Scope.READ_ASSIGNMENTS] | PERSONAL | {P.ASSIGN},
    Scope.WRITE_PLANS: _READS[Scope.READ_PLANS] | PERSONAL | {P.MAKE_PLANS},
}


def permissions_of_scopes(scopes: Iterable[str]) -> frozenset[Permission]:
    """Permissions of the scopes together; an unknown scope has none."""
    return frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))

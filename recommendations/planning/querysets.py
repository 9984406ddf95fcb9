"""Queries for plans and their items."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from recommendations.planning.states import AT_WORK, OPEN, PROPOSED, Action, ItemState, State

if TYPE_CHECKING:
    from recommendations.planning.models import Plan, PlanItem  # noqa: F401


class PlanQuerySet(models.QuerySet["Plan"]):
    def at_work(self) -> "PlanQuerySet":
        return self.filter(state__in=AT_WORK)

    def open(self) -> "PlanQuerySet":
        """Plans whose items can be accepted, until they expire."""
        return self.filter(state__in=OPEN)

    def overdue(self, now: datetime) -> "PlanQuerySet":
        """Proposals whose time is over. A plan that was accepted in part keeps that state."""
        return self.filter(state__in=PROPOSED, expires_at__lte=now)

    def waiting(self) -> "PlanQuerySet":
        """The queue, in its order."""
        return self.filter(state=State.QUEUED).order_by("created_at", "pk")

    def locked(self) -> "PlanQuerySet":
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")


class PlanItemQuerySet(models.QuerySet["PlanItem"]):
    def changes(self) -> "PlanItemQuerySet":
        """Items that change something: all but those that keep a booking."""
        return self.exclude(action=Action.KEEP)

    def proposed(self) -> "PlanItemQuerySet":
        return self.filter(state=ItemState.PROPOSED)

    def as_seen(self) -> "PlanItemQuerySet":
        """Items whose job is still open, or whose booking is still as the plan has seen it."""
        is_open = Q(action=Action.BOOK, job__status="open")
        return self.filter(is_open | Q(previous_assignment__version=F("previous_version")))

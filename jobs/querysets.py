"""Queries for jobs."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, F, Q, Value, When

from jobs.states import BOOKED, Status

if TYPE_CHECKING:
    from jobs.models import Job  # noqa: F401

# Open jobs, then booked ones, each by desired date; closed jobs come last, the newest first. An index has this order.
_IS_OPEN, _IS_BOOKED = Q(status="open"), Q(status="assigned") | Q(status="in_progress")
LIST_ORDER = (
    Case(When(_IS_OPEN, then=Value(0)), When(_IS_BOOKED, then=Value(1)), default=Value(2)).asc(),
    Case(When(_IS_OPEN | _IS_BOOKED, then=F("desired_date"))).asc(),
    F("desired_date").desc(),
    F("id").asc(),
)
URGENCY = {"urgent": 0, "high": 1, "medium": 2, "low": 3}


class JobQuerySet(models.QuerySet["Job"]):
    def open(self) -> "JobQuerySet":
        return self.filter(status=Status.OPEN)

    def booked(self) -> "JobQuerySet":
        """Jobs with a live assignment."""
        return self.filter(status__in=BOOKED)

    def by_urgency(self) -> "JobQuerySet":
        """Most urgent first, then by desired date."""
        rank = Case(*(When(priority=name, then=Value(place)) for name, place in URGENCY.items()))
        return self.annotate(urgency=rank).order_by("urgency", "desired_date", "id")

    def locked(self, *, wait: bool = True) -> "JobQuerySet":
        """Rows locked against other writers, in the order of their ids so that two transactions cannot deadlock.

        NO KEY: other transactions can still insert rows that refer to these. Without `wait`, the query fails at once
        when another transaction holds one of them.
        """
        return self.select_for_update(no_key=True, of=("self",), nowait=not wait).order_by("pk")

"""What the list of assignments in the admin can be narrowed by."""

from typing import Any, ClassVar, cast

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from assignments.eligibility import Rule
from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet
from assignments.states import Status
from smartscheduler.accounts.visibility import hidden_fields
from smartscheduler.adminsite.date_filters import DayFilter, DaysFilter, RecentFilter
from smartscheduler.adminsite.permissions import person

# A booking that begins so soon should have been confirmed.
SOON_DAYS = 2
ANY_RULE = "any"


class StartFilter(DayFilter):
    title, parameter_name, moment, zone = "start", "starts", "time_slot__startswith", "job__time_zone"
    choices_by_name: ClassVar[Any] = {
        **DayFilter.choices_by_name,
        "soon": (f"Up to {SOON_DAYS} days from today", None, SOON_DAYS),
    }


class StartDaysFilter(DaysFilter):
    title, name, moment, zone = "days of the start", "starts", "time_slot__startswith", "job__time_zone"


class MadeFilter(RecentFilter):
    title, parameter_name, moment, zone = "made", "made", "created_at", "job__time_zone"


class ChoicesFilter(SimpleListFilter):
    """A choice of fixed questions, each a method of the queryset below."""

    choices_by_name: ClassVar[dict[str, str]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.choices_by_name.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> QuerySet[Assignment]:
        known = self.value() in {name for name, _ in self.lookup_choices}
        return self.narrowed(cast(AssignmentQuerySet, queryset), self.value() or "") if known else queryset

    def narrowed(self, rows: AssignmentQuerySet, choice: str) -> QuerySet[Assignment]:
        raise NotImplementedError


class KeptFilter(ChoicesFilter):
    title, parameter_name = "booking", "kept"
    choices_by_name: ClassVar[dict[str, str]] = {
        "live": "Holds its slot (pending, confirmed, in progress)",
        "standing": "Not cancelled",
    }

    def narrowed(self, rows: AssignmentQuerySet, choice: str) -> QuerySet[Assignment]:
        return rows.live() if choice == "live" else rows.exclude(status=Status.CANCELLED)


class ConflictFilter(ChoicesFilter):
    title, parameter_name = "conflicts", "conflict"
    choices_by_name: ClassVar[dict[str, str]] = {
        ANY_RULE: "No longer holds",
        Rule.INACTIVE: "Contractor not active",
        Rule.WRONG_TYPE: "Another type of work",
        Rule.MISSING_SKILL: "Skill missing",
        Rule.OUT_OF_RADIUS: "Outside the service radius",
        Rule.NOT_WORKING: "Outside working hours",
        Rule.ABSENT: "During an absence",
        Rule.DRIVE_TOO_LONG: "Drive too long",
    }

    def narrowed(self, rows: AssignmentQuerySet, choice: str) -> QuerySet[Assignment]:
        return rows.in_conflict(timezone.now(), "" if choice == ANY_RULE else choice)


class ChosenFilter(ChoicesFilter):
    title, parameter_name = "choice", "choice"
    choices_by_name: ClassVar[dict[str, str]] = {
        "first": "First of the ranking",
        "other": "Somebody else",
        "reason": "With a reason given",
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """By rank only for those who may see it."""
        shown = "rank" not in hidden_fields("assignments.assignment", person(request))
        return [(name, title) for name, title in super().lookups(request, model_admin) if shown or name == "reason"]

    def narrowed(self, rows: AssignmentQuerySet, choice: str) -> QuerySet[Assignment]:
        if choice == "reason":
            return rows.exclude(override_reason="")
        return rows.filter(rank=1) if choice == "first" else rows.exclude(rank=1)

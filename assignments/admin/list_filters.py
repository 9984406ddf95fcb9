"""Filters of the assignment list in the admin."""

from typing import Any, ClassVar, cast

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from assignments.eligibility import Rule
from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet
from assignments.states import Status
from smartscheduler.accounts.visibility import hidden_fields
from smartscheduler.adminsite.date_filters import DayFilter, DaysFilter, RecentFilter
from smartscheduler.adminsite.permissions import person
from smartscheduler.core.text import LazyText

# A booking that starts this soon should be confirmed.
SOON_DAYS = 2
ANY_RULE = "any"


class StartFilter(DayFilter):
    title, parameter_name, moment, zone = _("start"), "starts", "time_slot__startswith", "job__time_zone"
    choices_by_name: ClassVar[Any] = {
        **DayFilter.choices_by_name,
        "soon": (format_lazy(_("Up to {days} days from today"), days=SOON_DAYS), None, SOON_DAYS),
    }


class StartDaysFilter(DaysFilter):
    title, name, moment, zone = _("start dates"), "starts", "time_slot__startswith", "job__time_zone"


class MadeFilter(RecentFilter):
    title, parameter_name, moment, zone = _("creation"), "made", "created_at", "job__time_zone"


class ChoicesFilter(SimpleListFilter):
    """Filter with fixed choices; `narrowed` has the query of each choice."""

    choices_by_name: ClassVar[dict[str, LazyText]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, str(label)) for name, label in self.choices_by_name.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> QuerySet[Assignment]:
        known = self.value() in {name for name, _ in self.lookup_choices}
        return self.narrowed(cast(AssignmentQuerySet, queryset), self.value() or "") if known else queryset

    def narrowed(self, rows: AssignmentQuerySet, choice: str) -> QuerySet[Assignment]:
        raise NotImplementedError


class KeptFilter(ChoicesFilter):
    title, parameter_name = _("booking"), "kept"
    choices_by_name: ClassVar[dict[str, LazyText]] = {
        "live": _("Live (pending, confirmed or in progress)"),
        "standing": _("Not canceled"),
    }

    def narrowed(self, rows: AssignmentQuerySet, choice: str) -> QuerySet[Assignment]:
        return rows.live() if choice == "live" else rows.exclude(status=Status.CANCELLED)


class LateFilter(ChoicesFilter):
    title, parameter_name = _("lateness"), "late"
    choices_by_name: ClassVar[dict[str, LazyText]] = {
        "now": _("Late: reported, not started, or not completed in time"),
        "reported": _("Reported late"),
    }

    def narrowed(self, rows: AssignmentQuerySet, choice: str) -> QuerySet[Assignment]:
        return rows.late(timezone.now()) if choice == "now" else rows.filter(late_until__isnull=False)


class ConflictFilter(ChoicesFilter):
    title, parameter_name = _("conflicts"), "conflict"
    choices_by_name: ClassVar[dict[str, LazyText]] = {
        ANY_RULE: _("Any conflict"),
        Rule.INACTIVE: _("Contractor not active"),
        Rule.WRONG_TYPE: _("Different job type"),
        Rule.MISSING_SKILL: _("Skill missing"),
        Rule.OUT_OF_RADIUS: _("Outside the service radius"),
        Rule.NOT_WORKING: _("Outside working hours"),
        Rule.ABSENT: _("During an absence"),
        Rule.DRIVE_TOO_LONG: _("Drive too long"),
        Rule.OUTSIDE_WINDOW: _("Outside the arrival window"),
        Rule.REFUSED_BY_CUSTOMER: _("Refused by the customer"),
    }

    def narrowed(self, rows: AssignmentQuerySet, choice: str) -> QuerySet[Assignment]:
        return rows.in_conflict(timezone.now(), "" if choice == ANY_RULE else choice)


class ChosenFilter(ChoicesFilter):
    title, parameter_name = _("choice"), "choice"
    choices_by_name: ClassVar[dict[str, LazyText]] = {
        "first": _("First in the ranking"),
        "other": _("Another contractor"),
        "reason": _("With a reason"),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Choices; those by rank only for users who are allowed to see it."""
        shown = "rank" not in hidden_fields("assignments.assignment", person(request))
        return [(name, title) for name, title in super().lookups(request, model_admin) if shown or name == "reason"]

    def narrowed(self, rows: AssignmentQuerySet, choice: str) -> QuerySet[Assignment]:
        if choice == "reason":
            return rows.exclude(override_reason="")
        return rows.filter(rank=1) if choice == "first" else rows.exclude(rank=1)

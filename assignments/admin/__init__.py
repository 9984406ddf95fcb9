"""Admin of assignments: read-only records with actions. Assignments are created on the ranking page of a job."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from assignments import services

# Imported for their registration with the admin registry.
from assignments.admin import (  # noqa: F401  (they register their pages)
    arrival_window,
    contractor_conflicts,
    contractor_tabs,
    customer_tabs,
    job_booking,
    reschedule,
    swap,
    week,
)
from assignments.admin.actions import ACTIONS
from assignments.admin.forms import ReasonForm
from assignments.admin.list_filters import (
    ChosenFilter,
    ConflictFilter,
    KeptFilter,
    LateFilter,
    MadeFilter,
    StartDaysFilter,
    StartFilter,
)
from assignments.broken_bookings import reasons_of
from assignments.models import Assignment
from assignments.querysets import LIST_ORDER, AssignmentQuerySet
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.visibility import hidden_fields, seen_by
from smartscheduler.adminsite.bulk_results import Remedy
from smartscheduler.adminsite.changelists import ReadAdmin
from smartscheduler.adminsite.history.views import HistoryAdmin
from smartscheduler.adminsite.html import badge, bars
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.record_actions import RecordAdmin, ask_for_each, for_each
from smartscheduler.adminsite.registry import record_url
from smartscheduler.adminsite.return_url import returning
from smartscheduler.core.formatting import local_slot, local_time


@admin.register(Assignment)
class AssignmentAdmin(RecordAdmin, HistoryAdmin, ReadAdmin):
    record_actions = ACTIONS
    list_display = ("job_and_customer", "contractor_name", "when", "status_badge", "score", "standing")
    list_display_links = ("job_and_customer",)
    list_filter = (
        "status",
        KeptFilter,
        StartFilter,
        StartDaysFilter,
        MadeFilter,
        LateFilter,
        ConflictFilter,
        ChosenFilter,
    )
    list_select_related = ("job", "contractor")
    ordering = LIST_ORDER
    search_fields = ("job__job_number",)  # shows the search box; `search` decides what is searched
    search_help_text = _("Job, customer, place or contractor")
    empty_text = _("A job that is assigned to a contractor is listed here. Assign an open job first.")
    empty_link = (_("Open jobs"), "admin:jobs_job_changelist")
    actions = ("confirm_selected", "start_selected", "complete_selected", "cancel_selected")
    change_form_outer_before_template = "admin/assignments/overview.html"
    fieldsets: ClassVar[Any] = (
        (_("Booking"), {"fields": ("job_link", "contractor_link", "when", "status_badge")}),
        (_("History"), {"fields": ("history",)}),
    )
    readonly_fields = ("job_link", "contractor_link", "when", "status_badge", "history")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        return super().get_queryset(request).select_related("job", "contractor", "assigned_by", "conflict")

    def search(
        self, request: HttpRequest, queryset: QuerySet[Assignment], search_term: str
    ) -> tuple[QuerySet[Assignment], bool]:
        """Assignments whose job or contractor contains each of the words."""
        assignments = cast(AssignmentQuerySet, queryset)
        for word in search_term.split():
            assignments = assignments.of_words(word, person(request))
        return assignments, False

    def has_assign_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.ASSIGN)

    def zone_of(self, record: Assignment) -> tzinfo:
        return record.job.zone

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["bars"] = bars(obj.score_breakdown)
        context["unmet"] = reasons_of(obj.pk, reader=person(request))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_sortable_by(self, request: HttpRequest) -> list[str | Callable[[Any], str | bool]]:
        """Sortable columns without hidden ones: the order by a hidden score would reveal it."""
        hidden = hidden_fields("assignments.assignment", person(request))
        return [name for name in super().get_sortable_by(request) if name not in hidden]

    @display(description=_("Job"), ordering="job__job_number", header=True)
    def job_and_customer(self, assignment: Assignment) -> list[str]:
        return [assignment.job.job_number, f"{assignment.job.city}, {assignment.job.state}"]

    @display(description=_("Contractor"), ordering="contractor__name")
    def contractor_name(self, assignment: Assignment) -> str:
        return assignment.contractor.name

    @display(description=_("When"), ordering="time_slot")
    def when(self, assignment: Assignment) -> str:
        return local_slot(assignment.slot, assignment.job.zone)

    @display(description=_("Status"), ordering="status")
    def status_badge(self, assignment: Assignment) -> SafeString:
        return badge(assignment.status, assignment.get_status_display())

    @display(description=_("Rank"))
    def standing(self, assignment: Assignment) -> str:
        if seen_by(assignment):
            return ""
        return gettext("{rank} of {candidates}").format(rank=assignment.rank or "–", candidates=assignment.candidates)

    @display(description=_("Job"))
    def job_link(self, assignment: Assignment) -> SafeString:
        return _link(assignment.job, assignment.job.job_number)

    @display(description=_("Contractor"))
    def contractor_link(self, assignment: Assignment) -> SafeString:
        return _link(assignment.contractor, assignment.contractor.name)

    @display(description=_("Progress"))
    def history(self, assignment: Assignment) -> str:
        zone = assignment.job.zone
        by_user = assignment.assigned_by is not None
        steps = [
            (gettext("assigned by {user} {time}") if by_user else gettext("assigned {time}"), assignment.created_at),
            (gettext("confirmed {time}"), assignment.confirmed_at),
            (gettext("started {time}"), assignment.started_at),
            (gettext("running late until {time}"), assignment.late_until),
            (gettext("completed {time}"), assignment.completed_at),
            (gettext("canceled ({reason}) {time}"), assignment.cancelled_at),
        ]
        facts = {"user": assignment.assigned_by, "reason": assignment.cancel_reason}
        return " · ".join(step.format(**facts, time=local_time(moment, zone)) for step, moment in steps if moment)

    @action(description=_("Confirm"), permissions=["assign"])
    def confirm_selected(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> None:
        """Confirm the selected assignments; one with a conflict is not confirmed, and its page asks."""
        here = request.get_full_path()

        def ask(assignment: Assignment) -> Remedy:
            is_pending = assignment.status == Assignment.Status.PENDING
            return (
                (returning(self.address("confirm", assignment), here), gettext("Confirm it anyway"))
                if is_pending
                else None
            )

        for_each(
            request,
            queryset,
            lambda assignment: services.confirm_assignment(assignment_id=assignment.pk, actor=person(request)),
            done=gettext("Confirmed"),
            remedy=ask,
        )

    @action(description=_("Start work"), permissions=["assign"])
    def start_selected(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> None:
        _each(request, queryset, services.start_assignment, gettext("Started"))

    @action(description=_("Complete"), permissions=["assign"])
    def complete_selected(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> None:
        _each(request, queryset, services.complete_assignment, gettext("Completed"))

    @action(description=_("Cancel …"), permissions=["assign"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> HttpResponse | None:
        """Ask for the reason, then cancel the selected assignments one by one."""
        return ask_for_each(
            self,
            request,
            queryset,
            lambda assignment, reason: services.cancel_assignment(
                assignment_id=assignment.pk, reason=reason, actor=person(request)
            ),
            action="cancel_selected",
            form_class=ReasonForm,
            title=gettext("Cancel assignments"),
            question=gettext("Cancel these assignments? Their time slots become free, and the jobs are open again."),
            done=gettext("Canceled"),
            danger=True,
        )


def _each(
    request: HttpRequest, assignments: QuerySet[Assignment], service: Callable[..., Assignment], done: str
) -> None:
    for_each(
        request,
        assignments,
        lambda assignment: service(assignment_id=assignment.pk, actor=person(request)),
        done=done,
    )


def _link(record: Model, text: str) -> SafeString:
    return format_html('<a class="text-link underline" href="{}">{}</a>', record_url(record, "change"), text)

"""Assignments in the admin: read, and moved on by actions. They are made from a job's Recommend page."""

from collections.abc import Callable
from datetime import tzinfo
from functools import partial
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from assignments import services

# The pages register themselves.
from assignments.admin import contractor_conflicts, contractor_tabs, job_booking, reschedule, week  # noqa: F401
from assignments.admin.actions import ACTIONS
from assignments.admin.forms import ReasonForm
from assignments.admin.list_filters import (
    ChosenFilter,
    ConflictFilter,
    KeptFilter,
    MadeFilter,
    StartDaysFilter,
    StartFilter,
)
from assignments.broken_bookings import reasons_of
from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.visibility import hidden_fields, seen_by
from smartscheduler.adminsite.changelists import ReadAdmin
from smartscheduler.adminsite.history.views import HistoryAdmin
from smartscheduler.adminsite.html import badge, bars
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.record_actions import RecordAdmin, for_each
from smartscheduler.adminsite.registry import record_url
from smartscheduler.core.formatting import local_slot, local_time


@admin.register(Assignment)
class AssignmentAdmin(RecordAdmin, HistoryAdmin, ReadAdmin):
    record_actions = ACTIONS
    list_display = ("job_and_customer", "contractor_name", "when", "status_badge", "score", "standing")
    list_display_links = ("job_and_customer",)
    list_filter = ("status", KeptFilter, StartFilter, StartDaysFilter, MadeFilter, ConflictFilter, ChosenFilter)
    list_select_related = ("job", "contractor")
    ordering = ("-created_at", "id")
    search_fields = ("job__job_number",)  # for the box; what is looked through is in `search`
    search_help_text = "Job, customer, place or contractor"
    actions = ("confirm_selected", "start_selected", "complete_selected", "cancel_selected")
    change_form_outer_before_template = "admin/assignments/overview.html"
    fieldsets: ClassVar[Any] = (
        ("Booking", {"fields": ("job_link", "contractor_link", "when", "status_badge")}),
        ("History", {"fields": ("history",)}),
    )
    readonly_fields = ("job_link", "contractor_link", "when", "status_badge", "history")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        return super().get_queryset(request).select_related("job", "contractor", "assigned_by")

    def search(
        self, request: HttpRequest, queryset: QuerySet[Assignment], search_term: str
    ) -> tuple[QuerySet[Assignment], bool]:
        """The assignments of a job and a contractor that have all the words between them."""
        found = cast(AssignmentQuerySet, queryset)
        for word in search_term.split():
            found = found.of_words(word, person(request))
        return found, False

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
        """Not by a score that is hidden: the order would tell."""
        hidden = hidden_fields("assignments.assignment", person(request))
        return [name for name in super().get_sortable_by(request) if name not in hidden]

    @display(description="Job", ordering="job__job_number", header=True)
    def job_and_customer(self, assignment: Assignment) -> list[str]:
        return [assignment.job.job_number, f"{assignment.job.city}, {assignment.job.state}"]

    @display(description="Contractor", ordering="contractor__name")
    def contractor_name(self, assignment: Assignment) -> str:
        return assignment.contractor.name

    @display(description="When", ordering="time_slot")
    def when(self, assignment: Assignment) -> str:
        return local_slot(assignment.slot, assignment.job.zone)

    @display(description="Status", ordering="status")
    def status_badge(self, assignment: Assignment) -> SafeString:
        return badge(assignment.status, assignment.get_status_display())

    @display(description="Rank")
    def standing(self, assignment: Assignment) -> str:
        return "" if seen_by(assignment) else f"{assignment.rank or '–'} of {assignment.candidates}"

    @display(description="Job")
    def job_link(self, assignment: Assignment) -> SafeString:
        return _link(assignment.job, assignment.job.job_number)

    @display(description="Contractor")
    def contractor_link(self, assignment: Assignment) -> SafeString:
        return _link(assignment.contractor, assignment.contractor.name)

    @display(description="What happened")
    def history(self, assignment: Assignment) -> str:
        zone = assignment.job.zone
        by = f" by {assignment.assigned_by}" if assignment.assigned_by else ""
        steps = [
            (f"assigned{by}", assignment.created_at),
            ("confirmed", assignment.confirmed_at),
            ("started", assignment.started_at),
            ("completed", assignment.completed_at),
            (f"cancelled ({assignment.cancel_reason})", assignment.cancelled_at),
        ]
        return " · ".join(f"{step} {local_time(moment, zone)}" for step, moment in steps if moment)

    @action(description="Confirm", permissions=["assign"])
    def confirm_selected(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> None:
        _each(request, queryset, services.confirm_assignment, "Confirmed")

    @action(description="Start work", permissions=["assign"])
    def start_selected(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> None:
        _each(request, queryset, services.start_assignment, "Started")

    @action(description="Complete", permissions=["assign"])
    def complete_selected(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> None:
        _each(request, queryset, services.complete_assignment, "Completed")

    @action(description="Cancel …", permissions=["assign"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Assignment]) -> HttpResponse | None:
        """Asks for the reason first."""
        form = ReasonForm(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            _each(request, queryset, partial(services.cancel_assignment, **form.cleaned_data), "Cancelled")
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Cancel assignments",
            "opts": self.opts,
            "action": "cancel_selected",
            "question": "Cancel these? Their slots become free, and the jobs open again.",
            "records": queryset.order_by("pk"),
            "form": form,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/confirm_selected.html", context)


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

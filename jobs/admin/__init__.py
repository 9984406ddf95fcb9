"""Jobs in the admin. Other apps register the pages to recommend and to cancel."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from jobs import services
from jobs.admin.forms import JobForm
from jobs.models import PUBLIC_SEARCH_TEXT, SEARCH_TEXT, Job
from jobs.states import TRANSITIONS
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.date_filters import DayFilter, DaysFilter, RecentFilter
from smartscheduler.adminsite.history.views import HistoryAdmin
from smartscheduler.adminsite.html import badge
from smartscheduler.adminsite.location_forms import PLACE, PlacedAdmin
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.service_forms import ServiceAdmin, ServiceForm, changed, submitted
from smartscheduler.core.formatting import local_time

# A job that is wanted so many days from now should have somebody who can do it.
SOON_DAYS = 3


class DesiredDateFilter(DayFilter):
    title, parameter_name, moment = "desired date", "desired", "desired_date"
    choices_by_name: ClassVar[Any] = {
        **DayFilter.choices_by_name,
        "soon": (f"Up to {SOON_DAYS} days from today", None, SOON_DAYS),
    }


class DesiredDaysFilter(DaysFilter):
    title, name, moment = "days wanted", "desired", "desired_date"


class CompletedFilter(RecentFilter):
    title, parameter_name, moment, zone = "completed", "completed", "completed_at", "time_zone"


@admin.register(Job)
class JobAdmin(PlacedAdmin, RecordAdmin, ServiceAdmin, HistoryAdmin, ListAdmin):
    form = JobForm
    list_display = ("number", "status_badge", "priority_badge", "type_badge", "city_state", "wanted")
    list_display_links = ("number",)
    list_filter = ("status", "priority", "type", DesiredDateFilter, DesiredDaysFilter, CompletedFilter, "state")
    search_fields = ("search_text",)
    search_text, public_search_text, full_search_permission = SEARCH_TEXT, PUBLIC_SEARCH_TEXT, Permission.VIEW_CUSTOMERS
    open_search_help_text = "Number, city or ZIP"
    search_help_text = "Number, address, city, ZIP, customer or phone"
    readonly_fields = ("job_number", "status_badge", "cancelled")
    actions = None
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("type", "priority"), ("desired_date", "duration"))}),
        ("What it takes", {"fields": ("required_skills", "special_requirements")}),
        ("Site", {"fields": PLACE}),
        ("Customer", {"fields": (("customer_name", "customer_phone"),)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Job | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        state = (("job_number", "status_badge"), *([("cancelled",)] if obj.cancelled_at else []))
        return ((None, {"fields": state}), *super().get_fieldsets(request, obj))

    def write(self, request: HttpRequest, form: ServiceForm, formsets: Sequence[Any], *, change: bool) -> None:
        if change:
            services.update_job(job_id=form.instance.pk, actor=person(request), **changed(form))
        else:
            services.create_job(id=form.instance.pk, actor=person(request), **submitted(form))

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """A completed or cancelled job is history: it can be read."""
        closed = obj is not None and not TRANSITIONS[obj.status]
        return not closed and super().has_change_permission(request, obj)

    @display(description="Job", ordering="job_number", header=True)
    def number(self, job: Job) -> list[str]:
        return [job.job_number, job.customer_name]

    @display(description="Status", ordering="status")
    def status_badge(self, job: Job) -> SafeString:
        return badge(job.status, job.get_status_display())

    @display(description="Priority", ordering="priority")
    def priority_badge(self, job: Job) -> SafeString:
        return badge(job.priority, job.get_priority_display())

    @display(description="Type", ordering="type")
    def type_badge(self, job: Job) -> SafeString:
        return badge(job.type, job.get_type_display())

    @display(description="City", ordering="city")
    def city_state(self, job: Job) -> str:
        return f"{job.city}, {job.state}"

    @display(description="Wanted", ordering="desired_date")
    def wanted(self, job: Job) -> str:
        return local_time(job.desired_date, job.zone)

    @display(description="Cancelled")
    def cancelled(self, job: Job) -> str:
        return f"{local_time(job.cancelled_at, job.zone)}: {job.cancel_reason}" if job.cancelled_at else ""

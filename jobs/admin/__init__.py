"""Admin of jobs. Other apps register the pages that rank contractors and cancel a job."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
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

# A job with a desired date this close should have a contractor who can do it.
SOON_DAYS = 3


class DesiredDateFilter(DayFilter):
    title, parameter_name, moment = _("desired date"), "desired", "desired_date"
    choices_by_name: ClassVar[Any] = {
        **DayFilter.choices_by_name,
        "soon": (format_lazy(_("Up to {days} days from today"), days=SOON_DAYS), None, SOON_DAYS),
    }


class DesiredDaysFilter(DaysFilter):
    title, name, moment = _("desired dates"), "desired", "desired_date"


class CompletedFilter(RecentFilter):
    title, parameter_name, moment, zone = _("completed"), "completed", "completed_at", "time_zone"


@admin.register(Job)
class JobAdmin(PlacedAdmin, RecordAdmin, ServiceAdmin, HistoryAdmin, ListAdmin):
    form = JobForm
    list_display = ("number", "status_badge", "priority_badge", "type_badge", "city_state", "local_desired_date")
    list_display_links = ("number",)
    list_filter = ("status", "priority", "type", DesiredDateFilter, DesiredDaysFilter, CompletedFilter, "state")
    search_fields = ("search_text",)
    search_text, public_search_text, full_search_permission = SEARCH_TEXT, PUBLIC_SEARCH_TEXT, Permission.VIEW_CUSTOMERS
    open_search_help_text = _("Number, city or ZIP code")
    search_help_text = _("Number, address, city, ZIP code, customer or phone")
    readonly_fields = ("job_number", "status_badge", "cancelled")
    actions = None
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("type", "priority"), ("desired_date", "duration"))}),
        (_("Requirements"), {"fields": ("required_skills", "special_requirements")}),
        (_("Site"), {"fields": PLACE}),
        (_("Customer"), {"fields": (("customer_name", "customer_phone"),)}),
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
        """Completed and cancelled jobs are read-only."""
        closed = obj is not None and not TRANSITIONS[obj.status]
        return not closed and super().has_change_permission(request, obj)

    @display(description=_("Job"), ordering="job_number", header=True)
    def number(self, job: Job) -> list[str]:
        return [job.job_number, job.customer_name]

    @display(description=_("Status"), ordering="status")
    def status_badge(self, job: Job) -> SafeString:
        return badge(job.status, job.get_status_display())

    @display(description=_("Priority"), ordering="priority")
    def priority_badge(self, job: Job) -> SafeString:
        return badge(job.priority, job.get_priority_display())

    @display(description=_("Type"), ordering="type")
    def type_badge(self, job: Job) -> SafeString:
        return badge(job.type, job.get_type_display())

    @display(description=_("City"), ordering="city")
    def city_state(self, job: Job) -> str:
        return f"{job.city}, {job.state}"

    @display(description=_("Desired date"), ordering="desired_date")
    def local_desired_date(self, job: Job) -> str:
        return local_time(job.desired_date, job.zone)

    @display(description=_("Canceled"))
    def cancelled(self, job: Job) -> str:
        return f"{local_time(job.cancelled_at, job.zone)}: {job.cancel_reason}" if job.cancelled_at else ""

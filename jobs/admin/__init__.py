"""Admin of jobs. Other apps register the pages that rank contractors and cancel a job."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from contractors.models import Contractor
from jobs import services
from jobs.admin import customer_options, customer_tabs  # noqa: F401  (the tabs register themselves)
from jobs.admin.bulk_forms import DayForm, PriorityForm
from jobs.admin.forms import JobForm
from jobs.models import PUBLIC_SEARCH_TEXT, SEARCH_TEXT, Job
from jobs.querysets import LIST_ORDER
from jobs.states import TRANSITIONS
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.date_filters import DayFilter, DaysFilter, RecentFilter
from smartscheduler.adminsite.entry_previews import (
    PreviewAdmin,
    Understood,
    of_duration,
    of_moment,
    of_phone,
    of_skills,
)
from smartscheduler.adminsite.history.views import HistoryAdmin
from smartscheduler.adminsite.html import badge
from smartscheduler.adminsite.location_forms import EXACT_PLACE, NEW_PLACE, PLACE
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.record_actions import RecordAdmin, ask_for_each
from smartscheduler.adminsite.service_forms import OTHER_SYSTEM, ServiceAdmin, ServiceForm, changed, submitted
from smartscheduler.core.entry.moments import Edge
from smartscheduler.core.formatting import local_slot, local_time

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
class JobAdmin(PreviewAdmin, RecordAdmin, ServiceAdmin, HistoryAdmin, ListAdmin):
    form = JobForm
    is_geocoded = True
    change_form_before_template = "admin/jobs/form_head.html"
    list_display = ("number", "status_badge", "priority_badge", "type_badge", "city_state", "local_desired_date")
    list_display_links = ("number",)
    list_filter = ("status", "priority", "type", DesiredDateFilter, DesiredDaysFilter, CompletedFilter, "state")
    ordering = LIST_ORDER
    # The header has the button for a new job.
    show_add_link = False
    search_fields = ("search_text",)
    search_text, public_search_text, full_search_permission = SEARCH_TEXT, PUBLIC_SEARCH_TEXT, Permission.VIEW_CUSTOMERS
    open_search_help_text = _("Number, city or ZIP code")
    search_help_text = _("Number, address, city, ZIP code, customer or phone")
    empty_text = _("Jobs of customers are listed here, open ones first. Enter them one by one, or import a file.")
    readonly_fields = ("job_number", "status_badge", "arrival_window", "cancelled")
    actions = ("prioritize_selected", "move_selected")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("type", "priority"), ("desired_date", "duration"))}),
        (_("Requirements"), {"fields": ("required_skills", "special_requirements")}),
        (_("Site"), {"fields": PLACE}),
        EXACT_PLACE,
        (_("Customer"), {"fields": (("customer_name", "customer_phone"),)}),
        OTHER_SYSTEM,
    )
    # In the order in which a caller tells it.
    new_fieldsets: ClassVar[Any] = (
        (_("Customer"), {"fields": (("customer_name", "customer_phone"),)}),
        (_("Site"), {"fields": NEW_PLACE}),
        (
            _("Work"),
            {"fields": (("type", "priority"), ("desired_date", "duration"), ("window_start", "window_length"))},
        ),
        (_("Requirements"), {"fields": ("required_skills", "special_requirements")}),
        EXACT_PLACE,
        OTHER_SYSTEM,
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(customer_options.options)
        return [path("customers/", view, name="jobs_job_customers"), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Job | None = None) -> Any:
        if obj is None:
            return self.new_fieldsets
        shown = [*(["arrival_window"] if obj.window else []), *(["cancelled"] if obj.cancelled_at else [])]
        state = (("job_number", "status_badge"), *((name,) for name in shown))
        return ((None, {"fields": state}), *super().get_fieldsets(request, obj))

    def known_skills(self) -> list[str]:
        return Contractor.objects.in_business().skill_names()

    def previews(self, posted: QueryDict, zone: tzinfo | None) -> Iterator[tuple[str, Understood]]:
        yield from super().previews(posted, zone)
        if text := posted.get("desired_date", "").strip():
            yield "desired_date", of_moment(text, zone, Edge.NOON)
        if text := posted.get("window_start", "").strip():
            yield "window_start", of_moment(text, zone)
        if text := posted.get("duration", "").strip():
            yield "duration", of_duration(text)
        if text := posted.get("customer_phone", "").strip():
            yield "customer_phone", of_phone(text, any_country=True)
        if text := posted.get("required_skills", "").strip():
            yield "required_skills", of_skills(text, self.known_skills())

    def write(self, request: HttpRequest, form: ServiceForm, formsets: Sequence[Any], *, change: bool) -> None:
        if change:
            services.update_job(job_id=form.instance.pk, actor=person(request), **changed(form))
        else:
            services.create_job(
                id=form.instance.pk, actor=person(request), **cast(JobForm, form).chosen(submitted(form))
            )

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """Completed and cancelled jobs are read-only."""
        closed = obj is not None and not TRANSITIONS[obj.status]
        return not closed and super().has_change_permission(request, obj)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.CANCEL_JOBS)

    def has_plan_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.MAKE_PLANS)

    @action(description=_("Set the priority …"), permissions=["change"])
    def prioritize_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        return ask_for_each(
            self,
            request,
            queryset,
            lambda job, priority: services.update_job(job_id=job.pk, actor=person(request), priority=priority),
            action="prioritize_selected",
            form_class=PriorityForm,
            title=gettext("Set the priority"),
            question=gettext("Set the priority of these jobs?"),
            done=gettext("Changed"),
        )

    @action(description=_("Move to another day …"), permissions=["change"])
    def move_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        """Change the desired day of the selected jobs; each keeps its time of day at its site."""
        return ask_for_each(
            self,
            request,
            queryset,
            lambda job, day: services.move_to_day(job_id=job.pk, actor=person(request), day=day),
            action="move_selected",
            form_class=DayForm,
            title=gettext("Change the desired date"),
            question=gettext("Change the desired date of these jobs? Each keeps its time of day."),
            done=gettext("Changed"),
        )

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

    @display(description=_("Arrival window"))
    def arrival_window(self, job: Job) -> str:
        return local_slot(job.window, job.zone) if job.window else ""

    @display(description=_("Canceled"))
    def cancelled(self, job: Job) -> str:
        return f"{local_time(job.cancelled_at, job.zone)}: {job.cancel_reason}" if job.cancelled_at else ""

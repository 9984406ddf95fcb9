"""A contractor's week: hours, absences, assignments, the drives between them and what is left, day by day."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from assignments.calendars import DaySchedule, drives_between, schedule
from assignments.clock import minute_of_day
from assignments.models import Assignment
from contractors.admin import ContractorAdmin, ReadOnlyInline
from contractors.models import Contractor
from smartscheduler.accounts.policy import Permission
from smartscheduler.backoffice.display import badge, local_slot
from smartscheduler.backoffice.people import require
from smartscheduler.filters import CalendarDayField
from smartscheduler.rules.current import going_by
from smartscheduler.timeslots import TimeSlot

DAYS = 7
USUAL_HOURS = (6, 20)


@dataclass(frozen=True)
class Bar:
    """A stretch of a day, in per cent of the hours that are shown."""

    kind: str
    left: float
    width: float
    text: str
    assignment: Assignment | None = None


@dataclass(frozen=True)
class Row:
    day: date
    is_today: bool
    bars: list[Bar]
    free: str


class WeekForm(forms.Form):
    start = CalendarDayField(required=False)


class AssignmentInline(ReadOnlyInline):
    model = Assignment
    fk_name = "contractor"
    fields = readonly_fields = ("job_link", "when", "status_badge", "score")
    ordering = ("-time_slot",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        return super().get_queryset(request).select_related("job")

    @display(description="Job")
    def job_link(self, assignment: Assignment) -> SafeString:
        address = reverse("admin:assignments_assignment_change", args=[assignment.pk])
        return format_html('<a class="text-link underline" href="{}">{}</a>', address, assignment.job.job_number)

    @display(description="When")
    def when(self, assignment: Assignment) -> str:
        return local_slot(assignment.slot, assignment.job.zone)

    @display(description="Status")
    def status_badge(self, assignment: Assignment) -> SafeString:
        return badge(assignment.status, assignment.get_status_display())


class WeekAdmin(ContractorAdmin):
    """The contractor page, with the assignments in a tab and the week as a page of its own."""

    inlines = (*ContractorAdmin.inlines, AssignmentInline)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.week_view)
        return [path("<uuid:object_id>/week/", view, name=self._route("week")), *super().get_urls()]

    def buttons(self, request: HttpRequest, record: Contractor) -> Any:
        act = {"name": "week", "label": "Week", "icon": "calendar_view_week"}
        yield {"act": act, "url": self.address("week", record), "post": False}
        yield from super().buttons(request, record)

    @method_decorator(going_by())
    def week_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The seven days from `?start=`, else from the Monday of this week; by the contractor's own clock."""
        require(request, Permission.VIEW_CONTRACTORS)
        contractor = self.record_or_404(request, object_id)
        today = timezone.now().astimezone(contractor.zone).date()
        form = WeekForm(request.GET)
        start = (form.cleaned_data["start"] if form.is_valid() else None) or today - timedelta(days=today.weekday())
        days = schedule(contractor=contractor, start=start, end=start + timedelta(days=DAYS - 1))
        hours = _hours(days, contractor.zone)
        context = {
            **self.admin_site.each_context(request),
            "title": "Week",
            "subtitle": str(contractor),
            "opts": self.opts,
            "original": contractor,
            "rows": [_row(day, contractor.zone, hours, today) for day in days],
            "marks": [
                (hour, (hour - hours[0]) / (hours[1] - hours[0]) * 100) for hour in range(hours[0], hours[1] + 1)
            ],
            "start": start,
            "end": days[-1].date,
            "previous_url": f"?start={start - timedelta(days=DAYS)}",
            "next_url": f"?start={start + timedelta(days=DAYS)}",
            "back": self.address("change", contractor),
            "zone": f"{timezone.now().astimezone(contractor.zone):%Z}",
        }
        return TemplateResponse(request, "admin/assignments/week.html", context)


def _marks(first: int, last: int) -> list[tuple[int, float]]:
    """Each whole hour, and where it stands in per cent."""
    return [(hour, (hour - first) / (last - first) * 100) for hour in range(first, last + 1)]


def _hours(days: list[DaySchedule], zone: ZoneInfo) -> tuple[int, int]:
    """The hours that show everything, whole ones."""
    first, last = USUAL_HOURS[0] * 60, USUAL_HOURS[1] * 60
    for day in days:
        for slot in (*day.working_hours, *(one.slot for one in day.assignments)):
            first = min(first, minute_of_day(slot.start, zone, day.date))
            last = max(last, minute_of_day(slot.end, zone, day.date))
    return first // 60, -(-last // 60)


def _row(day: DaySchedule, zone: ZoneInfo, hours: tuple[int, int], today: date) -> Row:
    shown = (hours[1] - hours[0]) * 60

    def bar(kind: str, slot: TimeSlot, text: str, assignment: Assignment | None = None) -> Bar:
        start, end = (
            min(max(minute_of_day(edge, zone, day.date) - hours[0] * 60, 0), shown) for edge in (slot.start, slot.end)
        )
        return Bar(kind, start / shown * 100, (end - start) / shown * 100, text, assignment)

    work = [bar("work", slot, f"works {_span(slot, zone)}") for slot in day.working_hours]
    away = [bar("absence", slot, f"absent {_span(slot, zone)}") for slot in day.absences]
    drives = [bar("drive", slot, f"drive {_span(slot, zone)}") for slot, _ in drives_between(day.assignments)]
    booked = [bar(one.status, one.slot, _span(one.slot, zone), one) for one in day.assignments]
    return Row(day.date, day.date == today, [*work, *away, *drives, *booked], _what_is_left(day, zone))


def _what_is_left(day: DaySchedule, zone: ZoneInfo) -> str:
    if not day.working_hours:
        return "does not work"
    return f"free {', '.join(_span(slot, zone) for slot in day.free)}" if day.free else "nothing free"


def _span(slot: TimeSlot, zone: ZoneInfo) -> str:
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    return f"{start:%H:%M}–{'24:00' if end.date() > start.date() and not (end.hour or end.minute) else f'{end:%H:%M}'}"

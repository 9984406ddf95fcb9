"""Week page of a contractor: working hours, absences, assignments, drives, free time, and jobs that would fit."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assignments.admin.week_grid import DAYS, rows_of
from assignments.calendars import DaySchedule, drives_of_days, schedule
from assignments.gap_filling import Opening, openings
from contractors.models import Contractor
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.buttons import Weight
from smartscheduler.adminsite.form_fields import DayField
from smartscheduler.adminsite.permissions import may
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import ViewButton
from smartscheduler.core.entry.moments import Direction
from smartscheduler.core.formatting import local_slot, local_time, time_of_day, zone_name
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import FARTHEST, TimeSlot

MOST_STARTS = 6
LEGEND = [
    ("work", _("works")),
    ("free", _("free, before any drive")),
    ("booked confirmed", _("booked")),
    ("booked pending", _("booked, not confirmed")),
    ("booked conflict", _("booked, with a conflict")),
    ("drive", _("drive between two sites")),
    ("absence", _("absent")),
]


class WeekForm(forms.Form):
    """Query parameters: a day of the week to show, and the start of a free stretch to fill."""

    start = DayField(required=False, direction=Direction.NEAREST)
    free = forms.DateTimeField(required=False)

    def clean_start(self) -> date | None:
        day: date | None = self.cleaned_data["start"]
        today = timezone.now().date()
        if day and not today - FARTHEST + timedelta(days=DAYS) <= day <= today + FARTHEST - timedelta(days=DAYS):
            raise forms.ValidationError(
                gettext("Choose a week within five years from today. The current week is shown instead.")
            )
        return day


@registry.record_view(
    Contractor,
    "week",
    permission=Permission.VIEW_CONTRACTORS,
    button=ViewButton(label=_("Week"), icon="calendar_view_week", weight=Weight.LEADING),
)
def week(request: HttpRequest, contractor: Contractor, admin: RecordAdmin) -> HttpResponse:
    """Show the week of the day `?start=`, by default the current one, in the contractor's time zone."""
    now, rules = timezone.now(), current_rules()
    today = now.astimezone(contractor.zone).date()
    form = WeekForm(request.GET)
    form.is_valid()
    start = _monday(form.cleaned_data.get("start") or today)
    days = schedule(contractor=contractor, start=start, end=start + timedelta(days=DAYS - 1), rules=rules)
    rows, marks = rows_of(days, drives_of_days((day.assignments for day in days), rules), contractor.zone, now)
    context = {
        **admin.admin_site.each_context(request),
        "title": gettext("Week"),
        "subtitle": str(contractor),
        "opts": admin.opts,
        "original": contractor,
        "form": form,
        "picker": WeekForm(initial={"start": start}),
        "rows": rows,
        "marks": marks,
        "legend": LEGEND,
        "start": start,
        "end": days[-1].date,
        "is_this_week": start == _monday(today),
        "previous_url": f"?start={start - timedelta(days=DAYS)}",
        "next_url": f"?start={start + timedelta(days=DAYS)}",
        "back": registry.record_url(contractor, "change"),
        "zone": zone_name(now, contractor.zone),
        "may_fill": may(request, Permission.RECOMMEND),
    }
    stretch = _stretch(days, form.cleaned_data.get("free"))
    if stretch and context["may_fill"]:
        context["stretch"] = local_slot(stretch, contractor.zone)
        context["openings"] = [_offer(opening, contractor) for opening in openings(contractor, stretch, now, rules)]
    return TemplateResponse(request, "admin/assignments/week.html", context)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _stretch(days: list[DaySchedule], start: datetime | None) -> TimeSlot | None:
    """Free stretch that starts at `start`, or None if it is no longer free."""
    return next((slot for day in days for slot in day.free if slot.start == start), None)


def _offer(opening: Opening, contractor: Contractor) -> dict[str, Any]:
    """Template context of an open job: its starts in the stretch, and the URL of the page that books it."""
    job, starts = opening.job, opening.starts
    there = [start.astimezone(job.zone) for start in starts]
    query = {"contractor": contractor.pk, "day": there[0].date()}
    return {
        "job": job,
        "desired_date": local_time(job.desired_date, job.zone),
        "miles": f"{opening.miles:.1f}",
        "starts": [time_of_day(start) for start in there[:MOST_STARTS]],
        "more": max(0, len(there) - MOST_STARTS),
        "zone": zone_name(there[0], job.zone),
        "url": reverse("admin:jobs_job_recommend", args=[job.pk], query=query),
    }

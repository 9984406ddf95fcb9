"""Page to reschedule an assignment: free starts on a day and the days around it, with a confirmation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assignments import services
from assignments.admin.actions import is_movable
from assignments.availability import Visit
from assignments.calendars import load_calendar
from assignments.customer_notices import customer_notice
from assignments.drop_targets import DropTarget, drop_target_of
from assignments.local_time import day_at
from assignments.models import Assignment
from assignments.wanted_time import apart_from_desired, differs_from_wanted
from jobs.requirements import JobRequest
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.buttons import Weight
from smartscheduler.adminsite.entry_previews import of_moment
from smartscheduler.adminsite.form_fields import DayField, InstantField, MomentField, reason_field
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import ViewButton, record_url
from smartscheduler.adminsite.return_url import way_back
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.core.formatting import local_hours, local_slot
from smartscheduler.errors import DomainError
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import FARTHEST, TimeSlot
from smartscheduler.travel.estimates import known_site

DAYS = 7
TYPED = "typed"


class DayForm(forms.Form):
    """The day whose free times are shown, and whether those outside the arrival window are shown too."""

    day = DayField(required=False)
    outside_window = forms.BooleanField(required=False)

    def clean_day(self) -> date | None:
        day: date | None = self.cleaned_data["day"]
        if day and abs(day - timezone.now().date()) > FARTHEST:
            raise ValidationError(gettext("Choose a day within five years from today."))
        return day


class StartForm(forms.Form):
    """Form with one of the offered slots, or `typed` and a local time of the site."""

    slot = LineFormField(max_length=100, error_messages={"required": _("Choose a time slot or enter a time.")})
    start = MomentField(required=False, label=_("Another time"))
    window_break_reason = reason_field(required=False, label=_("Reason for breaking the arrival window"))

    def __init__(self, booking: Assignment, data: Any = None) -> None:
        super().__init__(data)
        self.fields["start"].widget.attrs |= {
            "autocomplete": "off",
            "placeholder": gettext("For example tomorrow 9am or 12/3 2pm"),
            "data-reads": record_url(booking, "read-start"),
        }

    def clean(self) -> dict[str, Any]:
        slot = self.cleaned_data.get("slot")
        if slot == TYPED and not self.cleaned_data.get("start") and "start" not in self.errors:
            self.add_error("start", gettext("Enter a time."))
        elif slot and slot != TYPED:
            self.cleaned_data["start"] = InstantField().clean(slot)
        return self.cleaned_data


@dataclass(frozen=True)
class Day:
    """Day in the strip of days, with its possible starts or the reason why there are none."""

    day: date
    fit: DropTarget
    shown: bool
    present: bool


def days_around(booking: Assignment, shown: date, rules: Rules, *, outside_window: bool = False) -> list[Day]:
    """Seven days from the day before `shown`, or from today if that is later. One query.

    With `outside_window`, starts outside the arrival window count as possible.
    """
    job, now = booking.job, timezone.now()
    request = JobRequest.of(job)
    if outside_window:
        request = request.despite_window()
    zone, site = job.zone, known_site(job.point)
    first = max(min(shown, now.astimezone(zone).date()), shown - timedelta(days=1))
    days = [first + timedelta(days=later) for later in range(DAYS)]
    span = TimeSlot(day_at(days[0], zone).start, day_at(days[-1], zone).end)
    calendar = load_calendar(booking.contractor, span, rules, request=request)
    present = booking.slot.start.astimezone(zone).date()
    visits = [Visit(job.duration, site, [day_at(day, zone)], now, rules) for day in days]
    fits = [drop_target_of(booking.contractor, calendar, visit) for visit in visits]
    return [Day(day, fit, day == shown, day == present) for day, fit in zip(days, fits, strict=True)]


@registry.record_view(
    Assignment,
    "reschedule",
    permission=Permission.ASSIGN,
    button=ViewButton(label=_("Reschedule"), icon="schedule", possible=is_movable, weight=Weight.PAGE),
)
def reschedule(request: HttpRequest, booking: Assignment, admin: RecordAdmin) -> HttpResponse:
    """Show the free starts on `?day=`; a POST asks for a confirmation, and a second one reschedules."""
    with timezone.override(booking.job.zone):
        form = StartForm(booking, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return _moved(request, booking, admin, form)
        return _page(request, booking, admin, form)


@registry.record_view(Assignment, "read-start", permission=Permission.ASSIGN)
def read_start(request: HttpRequest, booking: Assignment, admin: RecordAdmin) -> HttpResponse:
    """The meaning of `?text=` as a start: the slot, and its differences from the desired date."""
    job = booking.job
    with timezone.override(job.zone):
        meaning = of_moment(request.GET.get("text", ""), job.zone)
        if meaning.is_problem:
            return JsonResponse(meaning._asdict())
        start = MomentField().clean(request.GET.get("text", ""))
    slot = TimeSlot(start, start + job.duration)
    request_of_job = JobRequest.of(job)
    difference = {
        "when": local_slot(slot, job.zone),
        "note": differs_from_wanted(slot, request_of_job),
        "apart": apart_from_desired(slot, request_of_job),
        "breaks_window": not request_of_job.allows(start),
    }
    return JsonResponse({**meaning._asdict(), **difference})


def _moved(request: HttpRequest, booking: Assignment, admin: RecordAdmin, form: StartForm) -> HttpResponse:
    start = form.cleaned_data["start"]
    if "confirmed" not in request.POST:
        return _page(request, booking, admin, form, asking=start)
    try:
        reason = form.cleaned_data["window_break_reason"]
        moved = services.reschedule_assignment(
            assignment_id=booking.pk, start=start, actor=person(request), window_break_reason=reason
        )
    except DomainError as refusal:
        form.add_error(None, gettext("Not rescheduled. {reason}").format(reason=refusal.detail))
        # Load the booking again: another user may have changed it, which is a likely cause of the refusal.
        return _page(request, admin.record_or_404(request, booking.pk), admin, form)
    message = gettext("{booking} is rescheduled: {slot}.")
    done = message.format(booking=booking, slot=local_slot(moved.slot, booking.job.zone))
    notice = customer_notice(booking.job).after if moved.breaks_window else ""
    messages.success(request, f"{done} {notice}".strip())
    return redirect(way_back(request, record_url(moved, "change")))


def _page(
    request: HttpRequest, booking: Assignment, admin: RecordAdmin, form: StartForm, asking: datetime | None = None
) -> HttpResponse:
    job, asked = booking.job, JobRequest.of(booking.job)
    may_break = may(request, Permission.BREAK_WINDOW)
    context = {
        "title": gettext("Reschedule"),
        "subtitle": str(booking),
        "original": booking,
        "job": job,
        "form": form,
        "movable": is_movable(booking),
        "when": local_slot(booking.slot, job.zone),
        "zone": job.zone.key,
        "asking_start": asking and asking.isoformat(),
        "asking": asking and local_slot(TimeSlot(asking, asking + job.duration), job.zone),
        "note": asking and differs_from_wanted(TimeSlot(asking, asking + job.duration), asked),
        "window": local_slot(job.window, job.zone) if job.window else "",
        "breaks_window": asking and not asked.allows(asking),
        "may_break_windows": may_break,
        "customer_notice": customer_notice(job).before if job.window and may_break else "",
        "back": way_back(request, record_url(booking, "change")),
        "here": request.get_full_path(),
        **_days(booking, request.GET.get("day", ""), outside_window=may_break and "outside_window" in request.GET),
    }
    if not request.htmx:  # type: ignore[attr-defined]
        context = {**admin.admin_site.each_context(request), "opts": admin.opts, **context}
    template = "admin/assignments/free_times.html" if request.htmx else "admin/assignments/reschedule.html"  # type: ignore[attr-defined]
    response = TemplateResponse(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response.render()  # now, while the time zone of the site is active


def _days(booking: Assignment, asked: str, *, outside_window: bool) -> dict[str, Any]:
    """Context for the day `asked` and the days around it; the day of the booking if `asked` is invalid or empty."""
    job = booking.job
    now_there = timezone.now().astimezone(job.zone).date()
    present = max(booking.slot.start.astimezone(job.zone).date(), now_there)
    day_form = DayForm({"day": asked or present.isoformat(), "outside_window": outside_window})
    day = day_form.cleaned_data["day"] if day_form.is_valid() else present
    days = days_around(booking, day, current_rules(), outside_window=outside_window)
    shown = next(candidate for candidate in days if candidate.shown)
    return {
        "day_form": day_form,
        "days": days,
        "shown": shown,
        "outside_window": outside_window,
        "slots": _slots(booking, shown.fit.starts),
        "earlier": (day - timedelta(days=DAYS)) if day > now_there else None,
        "later": day + timedelta(days=DAYS),
    }


def _slots(booking: Assignment, starts: Sequence[datetime]) -> list[dict[str, Any]]:
    zone, duration, request = booking.job.zone, booking.job.duration, JobRequest.of(booking.job)
    slots = []
    for start in starts:
        slot = TimeSlot(start, start + duration)
        slots.append(
            {
                "value": start.isoformat(),
                "hours": local_hours(slot, zone),
                "full": local_slot(slot, zone),
                "present": start == booking.slot.start,
                "note": differs_from_wanted(slot, request),
                "apart": apart_from_desired(slot, request),
                "breaks_window": not request.allows(start),
            }
        )
    return slots

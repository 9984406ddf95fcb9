"""Page to swap two bookings: those nearby with the reasons of those that cannot be, and a confirmation."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assignments import services
from assignments.admin.actions import is_movable
from assignments.availability import Booking, Calendar
from assignments.booking_checks import booking_obstacles
from assignments.calendars import load_calendars
from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet
from assignments.states import MOVABLE
from jobs.requirements import JobRequest
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.buttons import Weight
from smartscheduler.adminsite.form_fields import reason_field, version_field
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import ViewButton, record_url
from smartscheduler.adminsite.return_url import way_back
from smartscheduler.core.db.text_fields import SearchFormField
from smartscheduler.core.formatting import local_slot
from smartscheduler.core.ids import parse_id
from smartscheduler.errors import DomainError
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.estimates import known_sites
from smartscheduler.travel.routes import Site

# Bookings that are checked, and those that the page shows.
MOST_CHECKED, MOST_SHOWN = 60, 20
# Without a search: bookings that start within this time of the other one, of sites within these degrees.
NEAR_IN_TIME, NEAR_IN_DEGREES = timedelta(days=3), 1


class SearchForm(forms.Form):
    q = SearchFormField(required=False, max_length=100)


class SwapForm(forms.Form):
    """The reason, and the versions of the two bookings that the page has shown."""

    version, other_version = version_field(), version_field()
    override_reason = reason_field(required=False, label=_("Reason"))


@dataclass(frozen=True)
class Swap:
    """A booking to swap with, what the two jobs get then, and why that is not possible; empty if it is."""

    other: Assignment
    now: str
    first: str
    second: str
    obstacle: str = ""


@registry.record_view(
    Assignment,
    "swap",
    permission=Permission.ASSIGN,
    button=ViewButton(label=_("Swap"), icon="swap_calls", possible=is_movable, weight=Weight.PAGE),
)
def swap(request: HttpRequest, booking: Assignment, admin: RecordAdmin) -> HttpResponse:
    """GET: the bookings that match `?q=`, or those nearby. POST: ask for a confirmation; a second one swaps."""
    if request.method != "POST":
        return _page(request, booking, admin)
    pk = parse_id(request.POST.get("other", ""))
    other = pk and Assignment.objects.select_related("job", "contractor").filter(pk=pk).exclude(pk=booking.pk).first()
    form = SwapForm(request.POST)
    if not other:
        form.add_error(None, gettext("Choose another assignment to swap with."))
    elif "confirmed" in request.POST and form.is_valid():
        try:
            done = services.swap_assignments(
                assignment_id=booking.pk,
                other_id=other.pk,
                actor=person(request),
                override_reason=form.cleaned_data["override_reason"],
                versions=(form.cleaned_data["version"], form.cleaned_data["other_version"]),
            )
        except DomainError as refusal:
            form.add_error(None, gettext("Not swapped. {reason}").format(reason=refusal.detail))
        else:
            return _done(request, done, other)
        return _page(request, admin.record_or_404(request, booking.pk), admin, form)
    return _page(request, booking, admin, form, asking=other or None)


def _done(request: HttpRequest, first: Assignment, other: Assignment) -> HttpResponse:
    """Say what the two jobs have now. The first one may have a new booking."""
    second = Assignment.objects.live().select_related("job", "contractor").get(job=other.job_id)
    text = gettext("{first} and {second} are swapped: {first_place}; {second_place}.")
    done = text.format(
        first=first.job.job_number,
        second=second.job.job_number,
        first_place=_place(first, first.slot, first),
        second_place=_place(second, second.slot, second),
    )
    messages.success(request, done)
    return redirect(way_back(request, record_url(first, "change")))


def _place(holder: Assignment, slot: TimeSlot, of: Assignment) -> str:
    """`Ada, Mon, Nov 30, 9:00–11:00 AM CST`, in local time of the site of `of`."""
    text = gettext("{contractor}, {slot}")
    return text.format(contractor=holder.contractor.name, slot=local_slot(slot, of.job.zone))


def _page(
    request: HttpRequest,
    booking: Assignment,
    admin: RecordAdmin,
    form: SwapForm | None = None,
    asking: Assignment | None = None,
) -> HttpResponse:
    search = SearchForm(request.GET)
    q = search.cleaned_data["q"] if search.is_valid() else ""
    movable = is_movable(booking)
    others = [asking] if asking else list(_others(booking, q, person(request))) if movable else []
    swaps = _checked(booking, others)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": gettext("Swap"),
        "subtitle": str(booking),
        "original": booking,
        "job": booking.job,
        "when": local_slot(booking.slot, booking.job.zone),
        "movable": movable,
        "form": form or SwapForm(),
        "q": q,
        "swaps": sorted(swaps, key=lambda each: bool(each.obstacle))[:MOST_SHOWN],
        "asking": swaps[0] if asking else None,
        "back": way_back(request, record_url(booking, "change")),
        "here": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/assignments/swap.html", context)


def _others(booking: Assignment, q: str, reader: User) -> Sequence[Assignment]:
    """Coming movable bookings that match `q`, or without it those near in time and place. The nearest in time first."""
    others = Assignment.objects.filter(status__in=MOVABLE, time_slot__startswith__gt=timezone.now())
    others = others.exclude(pk=booking.pk)
    for word in q.split():
        others = others.of_words(word, reader)
    if not q:
        others = _nearby(others, booking)
    start = booking.slot.start
    nearest = [*_first(others.filter(time_slot__startswith__gte=start), "time_slot")]
    nearest += _first(others.filter(time_slot__startswith__lt=start), "-time_slot")
    nearest.sort(key=lambda other: (abs(other.slot.start - start), other.job.job_number))
    return nearest[:MOST_CHECKED]


def _first(others: AssignmentQuerySet, order: str) -> AssignmentQuerySet:
    return others.select_related("job", "contractor").order_by(order, "pk")[:MOST_CHECKED]


def _nearby(others: AssignmentQuerySet, booking: Assignment) -> AssignmentQuerySet:
    around = TimeSlot(booking.slot.start - NEAR_IN_TIME, booking.slot.end + NEAR_IN_TIME)
    latitude, longitude = float(booking.job.latitude), float(booking.job.longitude)
    return others.overlapping(around).filter(
        job__latitude__range=(latitude - NEAR_IN_DEGREES, latitude + NEAR_IN_DEGREES),
        job__longitude__range=(longitude - NEAR_IN_DEGREES, longitude + NEAR_IN_DEGREES),
    )


def _checked(booking: Assignment, others: Collection[Assignment]) -> list[Swap]:
    """The swaps with the first rule that each fails. The number of queries does not grow."""
    if not others:
        return []
    rules, bookings = current_rules(), [booking, *others]
    window = TimeSlot(min(each.slot.start for each in bookings), max(each.slot.end for each in bookings))
    calendars = load_calendars({each.contractor_id for each in bookings}, window, rules)
    sites = known_sites([each.job.point for each in bookings])
    site_of = {each.pk: site for each, site in zip(bookings, sites, strict=True)}
    return [_swap(booking, other, calendars, site_of, rules) for other in others]


def _swap(
    booking: Assignment,
    other: Assignment,
    calendars: Mapping[UUID, Calendar],
    site_of: Mapping[UUID, Site],
    rules: Rules,
) -> Swap:
    """The swap, checked by the engine against calendars without the two bookings."""
    is_one_contractor = other.contractor_id == booking.contractor_id
    first, second = booking.slot, other.slot
    if is_one_contractor:  # they trade their start times
        first = TimeSlot(other.slot.start, other.slot.start + booking.job.duration)
        second = TimeSlot(booking.slot.start, booking.slot.start + other.job.duration)

    def obstacle(moves: Assignment, holder: Assignment, slot: TimeSlot, stays: Assignment, stays_in: TimeSlot) -> str:
        asked, calendar = JobRequest.of(moves.job), calendars[holder.contractor_id]
        bookings = [each for each in calendar.bookings if each.job_id not in {booking.job_id, other.job_id}]
        if is_one_contractor:
            bookings.append(Booking(stays_in, stays.job.point, stays.job_id))
        calendar = replace(calendar, bookings=bookings, allowed=asked.allowed)
        reasons = booking_obstacles(holder.contractor, asked, slot, calendar, site_of[moves.pk], rules)
        text = gettext("{job}: {reason}")
        return text.format(job=moves.job.job_number, reason=reasons[0].message) if reasons else ""

    return Swap(
        other,
        now=_place(other, other.slot, other),
        first=_place(other, first, booking),
        second=_place(booking, second, other),
        obstacle=obstacle(booking, other, first, other, second) or obstacle(other, booking, second, booking, first),
    )

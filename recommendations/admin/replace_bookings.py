"""Pages that give many bookings another contractor or time at once.

Each lists bookings with their best replacement; one click applies all selected ones, and each row gets its own answer.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from assignments import services
from assignments.admin.rows import FREES, MOVES, Line, conflict_lines, lines
from assignments.customer_notices import customer_notice
from assignments.models import Assignment
from assignments.states import MOVABLE
from assignments.wanted_time import apart_from_desired, moved_by
from contractors.models import Contractor
from jobs.requirements import JobRequest
from recommendations.replacements import LEAST_HORIZON, MOST_BOOKINGS, Offers, Replacement, offer_replacements
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.bulk_results import Outcome, page_of, report
from smartscheduler.adminsite.buttons import Button, Weight
from smartscheduler.adminsite.date_filters import between_days
from smartscheduler.adminsite.form_fields import DayField
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import Panel, list_url, record_url
from smartscheduler.adminsite.return_url import returning, way_back
from smartscheduler.core.db.text_fields import LineFormField, NotesFormField
from smartscheduler.core.formatting import local_slot, long_day
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.core.ids import parse_id
from smartscheduler.errors import DomainError
from smartscheduler.places import MIDDLE, Point, great_circle_miles, state_choices
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules

# Bookings of one day and area that are read; the page then shows the first MOST_BOOKINGS.
MOST_READ = 1_000
FARTHEST_DAY = timedelta(days=366)
DEFAULT_MILES = 25
# Ends the value of an option that is not the first of the ranking.
OVERRIDE = "override"
# Parameter of the address: starts outside promised arrival windows are offered too.
OUTSIDE = "outside_windows"
# Places of the bookings of a day that the page offers as filters.
MOST_PLACES = 12
METRO_DIGITS = 3


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The bookings of a page and its texts. `after`: move to later days than this one, instead of replacing."""

    title: str
    subtitle: str = ""
    bookings: Sequence[Assignment]
    count: int
    intro: str
    nothing: str
    submit: str
    back: str
    links: Sequence[str] = MOVES
    conflicts: bool = False
    after: date | None = None
    own: bool = True
    original: Contractor | None = None
    form: forms.Form | None = None
    areas: Sequence["Area"] = ()


class Choice(NamedTuple):
    """The value of an option: contractor, start, and whether it is not the first of the ranking."""

    contractor_id: UUID
    start: datetime
    is_override: bool


class Option(NamedTuple):
    """A replacement as an option of a select.

    `is_override`: not the first of the ranking. `breaks_window`: outside the promised arrival window.
    """

    value: str
    text: str
    chosen: bool
    is_override: bool
    breaks_window: bool


@dataclass(frozen=True)
class Row:
    """A booking with its replacements in groups, each with a title."""

    line: Line
    groups: list[tuple[str, list[Option]]]
    selected: bool
    note: str

    @property
    def booking(self) -> Assignment:
        return self.line.booking


class ReasonsForm(forms.Form):
    """The reasons for choices that are not the first of the ranking, and for starts outside arrival windows."""

    override_reason = NotesFormField(label=_("Reason"), max_length=500, required=False)
    window_break_reason = NotesFormField(
        label=_("Reason for breaking the arrival window"), max_length=500, required=False
    )


def respond(
    request: HttpRequest,
    admin: RecordAdmin,
    scope_now: Callable[[], Scope],
    next_page: Callable[[set[UUID]], str] | None = None,
) -> HttpResponse:
    """GET: the page. POST: apply the selected replacements, then show the remaining bookings with new ones.

    `next_page` returns the URL of the remaining bookings by the ids of the replaced ones; by default the same URL.
    """
    if request.method == "POST" and may(request, Permission.ASSIGN):
        form = ReasonsForm(request.POST)
        if not form.is_valid():
            for name, errors in form.errors.items():
                messages.error(request, f"{form[name].label}: {' '.join(map(str, errors))}")
            return redirect(request.get_full_path())
        outcomes = _replace_selected(request, form.cleaned_data)
        report(request, list(outcomes.values()), gettext("Reassigned or moved"))
        if next_page:
            return redirect(next_page({pk for pk, outcome in outcomes.items() if not outcome.refusal}))
        scope = scope_now()
        return redirect(request.get_full_path() if scope.bookings or scope.form else scope.back)
    return _page(request, admin, scope_now())


def _page(request: HttpRequest, admin: RecordAdmin, scope: Scope) -> HttpResponse:
    rules, user = current_rules(), person(request)
    here = request.get_full_path()
    shown = (
        conflict_lines(scope.bookings, user, here, rules)
        if scope.conflicts and scope.bookings
        else lines(scope.bookings, user, here, scope.links)
    )
    context = {
        **admin.admin_site.each_context(request),
        "title": scope.title,
        "subtitle": scope.subtitle,
        "opts": admin.opts,
        "original": scope.original,
        "scope": scope,
        "conflicts": shown,
        "may_assign": may(request, Permission.ASSIGN),
        "promised": sum(booking.job.window is not None for booking in scope.bookings),
        "may_break_windows": may(request, Permission.BREAK_WINDOW),
        "outside_windows": _is_outside(request),
    }
    if context["may_assign"]:
        context["rows"] = _rows(scope, shown, rules, outside_windows=context["outside_windows"])
        context["selected"] = sum(row.selected for row in context["rows"])
    return TemplateResponse(request, "admin/recommendations/replace_bookings.html", context)


def _is_outside(request: HttpRequest) -> bool:
    """Whether starts outside promised arrival windows are asked for, by a user who may break them."""
    return OUTSIDE in request.GET and may(request, Permission.BREAK_WINDOW)


def _rows(scope: Scope, shown: Sequence[Line], rules: Rules, *, outside_windows: bool) -> list[Row]:
    offered = offer_replacements(
        scope.bookings, rules, own=scope.own, after=scope.after, outside_windows=outside_windows
    )
    return [_row(scope, line, offers, rules) for line, offers in zip(shown, offered, strict=True)]


def _row(scope: Scope, line: Line, offers: Offers, rules: Rules) -> Row:
    chosen = offers.chosen
    groups = [
        (title, [_option(option, offers.booking, chosen=option is chosen) for option in options])
        for title, options in _grouped(offers.replacements)
    ]
    selected = chosen is not None and (chosen.keeps_time or scope.after is not None)
    note = ""
    if offers.booking.status not in MOVABLE:
        note = gettext("The work has started. Complete or cancel it.")
    elif not groups and offers.booking.job.window:
        window = local_slot(offers.booking.job.window, offers.booking.job.zone)
        note = gettext("No contractor has a free start in the promised arrival window, {window}.").format(window=window)
    elif not groups:
        days = max(rules.horizon_days, LEAST_HORIZON)
        note = gettext("No contractor is free for this job within {days} days.").format(days=days)
    return Row(line, groups, selected, note)


def _option(option: Replacement, booking: Assignment, *, chosen: bool) -> Option:
    breaks = not JobRequest.of(booking.job).allows(option.slot.start)
    text = _text(option, booking)
    if breaks:
        text = gettext("{replacement}, outside the arrival window").format(replacement=text)
    return Option(_value(option), text, chosen, option.is_override, breaks)


def _grouped(replacements: Sequence[Replacement]) -> Iterator[tuple[str, list[Replacement]]]:
    """Replacements with equal consequences in one group, in the order of their first option."""
    titles = {
        (True, False): gettext("At the booked time"),
        (False, False): gettext("Another contractor, another time"),
        (False, True): gettext("The same contractor, another time"),
    }
    groups: dict[str, list[Replacement]] = {}
    for option in replacements:
        groups.setdefault(titles[option.keeps_time, option.keeps_contractor], []).append(option)
    yield from groups.items()


def _text(option: Replacement, booking: Assignment) -> str:
    text = _plain_text(option, booking)
    if option.contractor.pk in booking.job.preferred_contractors:
        return gettext("{replacement}, preferred by the customer").format(replacement=text)
    return text


def _plain_text(option: Replacement, booking: Assignment) -> str:
    contractor, slot = option.contractor, local_slot(option.slot, booking.job.zone)
    change = moved_by(option.slot, booking)
    desired = apart_from_desired(option.slot, JobRequest.of(booking.job))
    if desired and not option.keeps_time:
        slot = gettext("{slot} ({difference})").format(slot=slot, difference=desired)
    if option.keeps_contractor:
        text = gettext("{change}: {slot}, {contractor}")
        return text.format(contractor=contractor.name, slot=slot, change=change)
    rated = (
        gettext("{rating} stars").format(rating=f"{contractor.rating:.1f}")
        if contractor.rating_count or contractor.rating
        else gettext("not rated")
    )
    if option.keeps_time:
        text = gettext("{contractor} ({rated}, {miles} miles)")
    else:
        # The change comes first, so that it can be read on a narrow screen.
        text = gettext("{change}: {slot}, {contractor} ({rated}, {miles} miles)")
    return text.format(contractor=contractor.name, rated=rated, miles=f"{option.miles:.1f}", slot=slot, change=change)


def _value(option: Replacement) -> str:
    return "|".join(
        [str(option.contractor.pk), option.slot.start.isoformat(), *([OVERRIDE] if option.is_override else [])]
    )


def _replace_selected(request: HttpRequest, reasons: dict[str, str]) -> dict[UUID, Outcome]:
    """Apply the replacement of each selected row in a transaction of its own, the earliest booking first.

    Returns the result of each booking by its id.
    """
    ids = {parsed for text in request.POST.getlist("row")[:MOST_BOOKINGS] if (parsed := parse_id(text))}
    bookings = Assignment.objects.filter(pk__in=ids).select_related("job", "contractor").order_by("time_slot", "pk")
    return {booking.pk: _replaced(request, booking, reasons) for booking in bookings}


def _replaced(request: HttpRequest, booking: Assignment, reasons: dict[str, str]) -> Outcome:
    name, url = str(booking), page_of(booking)
    choice = _choice(request.POST.get(f"choice-{booking.pk}", ""))
    if choice is None:
        return Outcome(name, url, gettext("Select a replacement."))
    try:
        moved = _move(booking, choice, request, **reasons)
    except DomainError as refusal:
        return Outcome(name, url, refusal.detail)
    except ObjectDoesNotExist:
        return Outcome(name, url, gettext("This contractor no longer exists. Choose another one."))
    text = gettext("{contractor}, {slot}, {status}")
    slot, status = local_slot(moved.slot, booking.job.zone), moved.get_status_display().lower()
    result = text.format(contractor=moved.contractor.name, slot=slot, status=status)
    notice = f". {customer_notice(booking.job).after}" if moved.breaks_window else ""
    return Outcome(name, page_of(moved), result=f"{result}{notice}")


def _move(
    booking: Assignment, choice: Choice, request: HttpRequest, *, override_reason: str, window_break_reason: str
) -> Assignment:
    """Reassign or reschedule; a repeated request answers with the booking that the first one has made.

    The services drop a reason for breaking the arrival window that is not needed.
    """
    contractor_id, start, is_override = choice
    if done := _made(booking, contractor_id, start):
        return done
    actor = person(request)
    try:
        if contractor_id == booking.contractor_id:
            return services.reschedule_assignment(
                assignment_id=booking.pk, start=start, actor=actor, window_break_reason=window_break_reason
            )
        return services.reassign_assignment(
            assignment_id=booking.pk,
            contractor_id=contractor_id,
            start=start,
            actor=actor,
            override_reason=override_reason if is_override else "",
            window_break_reason=window_break_reason,
        )
    except DomainError:
        # The second of two clicks waits for the lock of the first one, then finds the booking gone.
        if done := _made(booking, contractor_id, start):
            return done
        raise


def _made(booking: Assignment, contractor_id: UUID, start: datetime) -> Assignment | None:
    live = Assignment.objects.live().filter(job=booking.job_id, contractor=contractor_id, time_slot__startswith=start)
    return live.select_related("contractor").first()


def _choice(value: str) -> Choice | None:
    contractor, _, text = value.partition("|")
    moment, _, flag = text.partition("|")
    try:
        start = datetime.fromisoformat(moment)
    except ValueError:
        return None
    contractor_id = parse_id(contractor)
    return Choice(contractor_id, start, flag == OVERRIDE) if contractor_id and start.tzinfo else None


def _first(bookings: QuerySet[Assignment]) -> tuple[list[Assignment], int]:
    """The first bookings of a page by start, and the number of all."""
    ordered = bookings.select_related("job", "contractor", "conflict").order_by("time_slot", "pk")
    listed = list(ordered[: MOST_BOOKINGS + 1])
    return (listed, len(listed)) if len(listed) <= MOST_BOOKINGS else (listed[:MOST_BOOKINGS], bookings.count())


def _of_contractor(
    request: HttpRequest, contractor: Contractor, bookings: tuple[list[Assignment], int], *, intro: str, nothing: str
) -> Scope:
    """The scope of a page about one contractor; the texts have placeholders for the name and the count."""
    listed, count = bookings
    return Scope(
        title=gettext("Bookings with conflicts"),
        subtitle=str(contractor),
        bookings=listed,
        count=count,
        intro=intro.format(contractor=contractor.name, count=count),
        nothing=nothing.format(contractor=contractor.name),
        submit=gettext("Reassign selected"),
        back=way_back(request, record_url(contractor, "change")),
        original=contractor,
    )


@registry.record_view(Contractor, "conflicts", permission=Permission.VIEW_CONTRACTORS)
def conflicts(request: HttpRequest, contractor: Contractor, admin: RecordAdmin) -> HttpResponse:
    """The conflicts of a contractor, for example after an absence."""

    def scope() -> Scope:
        bookings = _first(Assignment.objects.in_conflict(timezone.now()).filter(contractor=contractor))
        intro = ngettext(
            "{contractor} has {count} booking with a conflict.",
            "{contractor} has {count} bookings with conflicts.",
            bookings[1],
        )
        nothing = gettext("{contractor} has no bookings with conflicts.")
        return replace(_of_contractor(request, contractor, bookings, intro=intro, nothing=nothing), conflicts=True)

    return respond(request, admin, scope)


@registry.record_view(Contractor, "replace", permission=Permission.ASSIGN)
def replace_contractor(request: HttpRequest, contractor: Contractor, admin: RecordAdmin) -> HttpResponse:
    """All live bookings of a contractor, who leaves."""

    def scope() -> Scope:
        bookings = _first(Assignment.objects.live().filter(contractor=contractor))
        intro = ngettext(
            "{contractor} has {count} live booking.", "{contractor} has {count} live bookings.", bookings[1]
        )
        nothing = gettext("{contractor} has no live bookings.")
        of_contractor = _of_contractor(request, contractor, bookings, intro=intro, nothing=nothing)
        return replace(of_contractor, title=gettext("Reassign all bookings"), links=FREES, own=False)

    return respond(request, admin, scope)


@registry.list_view(Assignment, "conflicts", permission=Permission.ASSIGN)
def all_conflicts(request: HttpRequest, admin: RecordAdmin) -> HttpResponse:
    """The conflicts of all contractors."""

    def scope() -> Scope:
        listed, count = _first(Assignment.objects.in_conflict(timezone.now()))
        intro = ngettext("{count} booking has a conflict.", "{count} bookings have conflicts.", count)
        return Scope(
            title=gettext("Bookings with conflicts"),
            bookings=listed,
            count=count,
            intro=intro.format(count=count),
            nothing=gettext("No booking has a conflict."),
            submit=gettext("Reassign selected"),
            back=way_back(request, list_url(Assignment, "changelist")),
            conflicts=True,
        )

    return respond(request, admin, scope)


@registry.list_action(Assignment)
@action(description=_("Reassign or move …"), permissions=["assign"])
def replace_selected(admin: RecordAdmin, request: HttpRequest, bookings: QuerySet[Assignment]) -> HttpResponse:
    """Lead to the page with the selected bookings and their replacements."""
    ids = [str(pk) for pk in bookings.order_by("time_slot", "pk").values_list("pk", flat=True)[:MOST_BOOKINGS]]
    return redirect(_of_ids(ids, request.get_full_path()))


@registry.list_view(Assignment, "replace", permission=Permission.ASSIGN)
def selected_bookings(request: HttpRequest, admin: RecordAdmin) -> HttpResponse:
    """The bookings with the ids `?id=`, selected in a list."""
    ids = [parsed for text in request.GET.getlist("id")[:MOST_BOOKINGS] if (parsed := parse_id(text))]
    back = way_back(request, list_url(Assignment, "changelist"))

    def scope() -> Scope:
        listed, count = _first(Assignment.objects.live().filter(pk__in=ids))
        intro = ngettext("{count} live booking is selected.", "{count} live bookings are selected.", count)
        return Scope(
            title=gettext("Reassign or move bookings"),
            bookings=listed,
            count=count,
            intro=intro.format(count=count),
            nothing=gettext("None of the selected bookings is live, so there is nothing to reassign or move."),
            submit=gettext("Reassign or move selected"),
            back=back,
        )

    def remaining(replaced: set[UUID]) -> str:
        left = [str(pk) for pk in ids if pk not in replaced]
        return _of_ids(left, back, outside_windows=_is_outside(request)) if left else back

    return respond(request, admin, scope, remaining)


def _of_ids(ids: Sequence[str], back: str, *, outside_windows: bool = False) -> str:
    query = urlencode({"id": ids, **({OUTSIDE: 1} if outside_windows else {})}, doseq=True)
    return returning(f"{list_url(Assignment, 'replace')}?{query}", back)


class Area(NamedTuple):
    """An area with bookings on the day: its name, its value in the field, and the number of its bookings."""

    name: str
    value: str
    bookings: int


class MoveDayForm(forms.Form):
    """The day and the area whose bookings move, for example because of the weather."""

    day = DayField(label=_("Day"), help_text=_("For example today, tomorrow, Mon or 12/3."))
    area = LineFormField(
        label=_("Area"),
        required=False,
        max_length=80,
        help_text=_(
            "A city (Austin or Austin, TX), a state (TX), a ZIP code, or its first three digits for a metro area."
            " Empty: all sites."
        ),
        widget=UnfoldAdminTextInputWidget(),
    )
    miles = forms.IntegerField(
        label=_("Miles around the ZIP code"),
        required=False,
        min_value=1,
        max_value=500,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    contractor = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if abs(day - timezone.now().date()) > FARTHEST_DAY:
            raise ValidationError(gettext("Choose a day within a year from today."))
        return day

    def clean_area(self) -> str:
        """The area; `near` is the center of a ZIP code, `places` are the conditions on city and state."""
        area: str = self.cleaned_data["area"]
        states = dict(state_choices())
        city, _, state = (part.strip() for part in area.rpartition(","))
        self.near: Point | None = None
        self.places: dict[str, str] = {}
        if area.isdigit() and len(area) == METRO_DIGITS:
            self.places = {"job__zip_code__startswith": area}
        elif area.isdigit():
            middle = middle_of(area)
            if middle is None:
                raise ValidationError(gettext("The location of this ZIP code is unknown. Enter a city instead."))
            self.near = Point(float(middle.latitude), float(middle.longitude))
        elif area.upper() in states:
            self.places = {"job__state": area.upper()}
        elif city and state.upper() in states:
            self.places = {"job__city__iexact": city, "job__state": state.upper()}
        elif area:
            self.places = {"job__city__iexact": area}
        return area

    @property
    def of_day(self) -> QuerySet[Assignment]:
        """Movable bookings that start on the day at their site, in all areas."""
        day, contractor = self.cleaned_data["day"], self.cleaned_data["contractor"]
        movable = Assignment.objects.filter(status__in=MOVABLE)
        of_day = between_days(movable, "time_slot__startswith", "job__time_zone", day, day)
        return of_day.filter(contractor=contractor) if contractor else of_day

    def areas(self) -> list[Area]:
        """Cities and metro areas with most bookings on the day. A metro area has several cities."""
        counts = self.of_day.values_list("job__city", "job__state", "job__zip_code").order_by()
        cities, metros = Counter[str](), dict[str, Counter[str]]()
        for city, state, zip_code, count in counts.annotate(Count("pk"))[:MOST_READ]:
            place = f"{city}, {state}"
            cities[place] += count
            metros.setdefault(zip_code[:METRO_DIGITS], Counter())[place] += count
        named = gettext("{place} area (ZIP {digits}…)")
        areas = [Area(place, place, count) for place, count in cities.items()]
        areas += [
            Area(named.format(place=places.most_common(1)[0][0], digits=digits), digits, places.total())
            for digits, places in metros.items()
            if len(places) > 1
        ]
        return sorted(areas, key=lambda area: (-area.bookings, area.name))[:MOST_PLACES]

    def bookings(self) -> list[Assignment]:
        """The bookings of the day in the area, by start; at most MOST_READ."""
        values = self.cleaned_data
        listed = (
            self.of_day.filter(**self.places)
            .select_related("job", "contractor")
            .order_by("time_slot", "pk")[:MOST_READ]
        )
        near, miles = self.near, values["miles"] or DEFAULT_MILES
        return [each for each in listed if near is None or great_circle_miles(near, each.job.point) <= miles]


@registry.list_view(Assignment, "move-day", permission=Permission.ASSIGN)
def move_day(request: HttpRequest, admin: RecordAdmin) -> HttpResponse:
    """The bookings of an area on one day, each with the next free time of the same contractor first."""
    today = timezone.localdate(timezone=MIDDLE)
    asked = request.GET.dict() or {"day": today.isoformat()}
    form = MoveDayForm({"miles": str(DEFAULT_MILES), **asked})

    def scope() -> Scope:
        day, bookings, areas = None, list[Assignment](), list[Area]()
        if form.is_valid():
            day, bookings, areas = form.cleaned_data["day"], form.bookings(), form.areas()
        count = len(bookings)
        text = ngettext("{count} booking on {day}.", "{count} bookings on {day}.", count)
        return Scope(
            title=gettext("Move a day"),
            bookings=bookings[:MOST_BOOKINGS],
            count=count,
            intro=text.format(count=count, day=long_day(day)) if day else "",
            nothing=gettext("No bookings to move on this day in this area.") if day else "",
            submit=gettext("Move selected"),
            back=way_back(request, list_url(Assignment, "changelist")),
            after=day,
            form=form,
            areas=areas,
        )

    return respond(request, admin, scope)


registry.list_panel(Assignment, Panel("admin/recommendations/replace_links.html", permission=Permission.ASSIGN))


@registry.buttons(Contractor)
def of_contractor(request: HttpRequest, contractor: Contractor) -> Iterator[Button]:
    """Link to the page that moves the contractor's bookings of a day."""
    if may(request, Permission.ASSIGN) and contractor.status != Contractor.Status.INACTIVE:
        today = timezone.localdate(timezone=contractor.zone)
        query = urlencode({"contractor": contractor.pk, "day": today})
        url = f"{list_url(Assignment, 'move-day')}?{query}"
        yield Button(label=gettext("Move a day"), icon="event_repeat", url=url, weight=Weight.PAGE)

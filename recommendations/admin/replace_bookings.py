"""Pages that give many bookings another contractor or time at once.

Each lists bookings with their best replacement; one click applies all selected ones, and each row gets its own answer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from assignments import services
from assignments.admin.rows import FREES, MOVES, Line, conflict_lines, lines
from assignments.models import Assignment
from assignments.states import MOVABLE
from assignments.wanted_time import moved_by
from contractors.models import Contractor
from recommendations.replacements import LEAST_HORIZON, MOST_BOOKINGS, Offers, Replacement, offer_replacements
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.bulk_results import Outcome, page_of, report
from smartscheduler.adminsite.buttons import Button, Weight
from smartscheduler.adminsite.date_filters import between_days
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import Panel, list_url, record_url
from smartscheduler.adminsite.return_url import way_back
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.core.formatting import local_slot, long_day
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.core.rest.filters import CalendarDayField
from smartscheduler.errors import DomainError
from smartscheduler.places import Point, great_circle_miles, state_choices
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules

# Bookings of one day and area that are read; the page then shows the first MOST_BOOKINGS.
MOST_READ = 1_000
FARTHEST_DAY = timedelta(days=366)
DEFAULT_MILES = 25
# All sites are in the United States: the day that is shown at first is today in the Central time zone.
MIDDLE = ZoneInfo("America/Chicago")


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


@dataclass(frozen=True)
class Row:
    """A booking with its replacements in groups: title, and value, text and selection of each option."""

    line: Line
    groups: list[tuple[str, list[tuple[str, str, bool]]]]
    selected: bool
    note: str

    @property
    def booking(self) -> Assignment:
        return self.line.booking


def respond(request: HttpRequest, admin: RecordAdmin, scope_now: Callable[[], Scope]) -> HttpResponse:
    """GET: the page. POST: apply the selected replacements, then show the remaining bookings with new ones."""
    if request.method == "POST" and may(request, Permission.ASSIGN):
        outcomes = _replace_selected(request)
        report(request, outcomes, gettext("Reassigned or moved"))
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
    }
    if context["may_assign"]:
        context["rows"] = _rows(scope, shown, rules)
        context["selected"] = sum(row.selected for row in context["rows"])
    return TemplateResponse(request, "admin/recommendations/replace_bookings.html", context)


def _rows(scope: Scope, shown: Sequence[Line], rules: Rules) -> list[Row]:
    offered = offer_replacements(scope.bookings, rules, own=scope.own, after=scope.after)
    return [_row(scope, line, offers, rules) for line, offers in zip(shown, offered, strict=True)]


def _row(scope: Scope, line: Line, offers: Offers, rules: Rules) -> Row:
    chosen = offers.chosen
    groups = [
        (title, [(_value(option), _text(option, offers.booking), option is chosen) for option in options])
        for title, options in _grouped(offers.replacements)
    ]
    selected = chosen is not None and (chosen.keeps_time or scope.after is not None)
    note = ""
    if offers.booking.status not in MOVABLE:
        note = gettext("The work has started. Complete or cancel it.")
    elif not groups:
        days = max(rules.horizon_days, LEAST_HORIZON)
        note = gettext("No contractor is free for this job within {days} days.").format(days=days)
    return Row(line, groups, selected, note)


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
    contractor, slot = option.contractor, local_slot(option.slot, booking.job.zone)
    change = moved_by(option.slot, booking)
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
    return f"{option.contractor.pk}|{option.slot.start.isoformat()}"


def _replace_selected(request: HttpRequest) -> list[Outcome]:
    """Apply the replacement of each selected row in a transaction of its own, the earliest booking first."""
    ids = {parsed for text in request.POST.getlist("row")[:MOST_BOOKINGS] if (parsed := _uuid(text))}
    bookings = Assignment.objects.filter(pk__in=ids).select_related("job", "contractor").order_by("time_slot", "pk")
    return [_replaced(request, booking) for booking in bookings]


def _replaced(request: HttpRequest, booking: Assignment) -> Outcome:
    name, url = str(booking), page_of(booking)
    contractor_id, start = _choice(request.POST.get(f"choice-{booking.pk}", ""))
    if contractor_id is None or start is None:
        return Outcome(name, url, gettext("Select a replacement."))
    try:
        moved = _move(booking, contractor_id, start, request)
    except DomainError as refusal:
        return Outcome(name, url, refusal.detail)
    except ObjectDoesNotExist:
        return Outcome(name, url, gettext("This contractor no longer exists. Choose another one."))
    text = gettext("{contractor}, {slot}, {status}")
    slot, status = local_slot(moved.slot, booking.job.zone), moved.get_status_display().lower()
    return Outcome(name, page_of(moved), result=text.format(contractor=moved.contractor.name, slot=slot, status=status))


def _move(booking: Assignment, contractor_id: UUID, start: datetime, request: HttpRequest) -> Assignment:
    """Reassign or reschedule; a repeated request answers with the booking that the first one has made."""
    if done := _made(booking, contractor_id, start):
        return done
    actor = person(request)
    try:
        if contractor_id == booking.contractor_id:
            return services.reschedule_assignment(assignment_id=booking.pk, start=start, actor=actor)
        return services.reassign_assignment(
            assignment_id=booking.pk, contractor_id=contractor_id, start=start, actor=actor
        )
    except DomainError:
        # The second of two clicks waits for the lock of the first one, then finds the booking gone.
        if done := _made(booking, contractor_id, start):
            return done
        raise


def _made(booking: Assignment, contractor_id: UUID, start: datetime) -> Assignment | None:
    live = Assignment.objects.live().filter(job=booking.job_id, contractor=contractor_id, time_slot__startswith=start)
    return live.select_related("contractor").first()


def _choice(value: str) -> tuple[UUID | None, datetime | None]:
    contractor, _, text = value.partition("|")
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        return None, None
    return _uuid(contractor), start if start.tzinfo else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


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


class MoveDayForm(forms.Form):
    """The day and the area whose bookings move, for example because of the weather."""

    day = CalendarDayField(label=_("Day"), widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    area = LineFormField(
        label=_("Area"),
        required=False,
        max_length=80,
        help_text=_("A city (Austin or Austin, TX), a state (TX), or a ZIP code. Empty: all sites."),
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
        if area.isdigit():
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

    def bookings(self) -> list[Assignment]:
        """Movable bookings that start on the day at their site, by start; at most MOST_READ."""
        values = self.cleaned_data
        of_day = between_days(
            Assignment.objects.filter(status__in=MOVABLE),
            "time_slot__startswith",
            "job__time_zone",
            values["day"],
            values["day"],
        ).filter(**self.places)
        if values["contractor"]:
            of_day = of_day.filter(contractor=values["contractor"])
        listed = of_day.select_related("job", "contractor").order_by("time_slot", "pk")[:MOST_READ]
        near, miles = self.near, values["miles"] or DEFAULT_MILES
        return [each for each in listed if near is None or great_circle_miles(near, each.job.point) <= miles]


@registry.list_view(Assignment, "move-day", permission=Permission.ASSIGN)
def move_day(request: HttpRequest, admin: RecordAdmin) -> HttpResponse:
    """The bookings of an area on one day, each with the next free time of the same contractor first."""
    today = timezone.localdate(timezone=MIDDLE)
    asked = request.GET.dict() or {"day": today.isoformat()}
    form = MoveDayForm({"miles": str(DEFAULT_MILES), **asked})

    def scope() -> Scope:
        day, bookings = None, list[Assignment]()
        if form.is_valid():
            day, bookings = form.cleaned_data["day"], form.bookings()
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

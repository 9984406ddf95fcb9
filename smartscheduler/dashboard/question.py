"""The question that the address of the board asks: days, a clock, and which contractors in which order."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import BooleanField, Count, Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from assignments.local_time import day_at
from assignments.models import Assignment
from contractors.models import PUBLIC_SEARCH_TEXT, SEARCH_TEXT, Contractor, WorkingHours
from contractors.querysets import ContractorQuerySet
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.visibility import CONTACTS, can_see
from smartscheduler.core.db.search_terms import search_terms
from smartscheduler.core.db.text_fields import LineFormField, SearchFormField
from smartscheduler.core.rest.filters import CalendarDayField
from smartscheduler.dashboard.axis import ONE_DAY, Axis
from smartscheduler.dashboard.free_time import works
from smartscheduler.errors import InvalidInput
from smartscheduler.places import validate_time_zone, zone

# Rows of a page, the most in one answer, and the last row that an address can ask for.
PAGE_ROWS, MOST_ROWS, FARTHEST_ROW = 60, 300, 10_000_000
A_WEEK = 7
# Value of the parameter `clock` for a board in the local time of each lane.
OWN_CLOCKS = "local"
# Value of the parameter `proposals` for a board without the proposals of a plan.
NO_PROPOSALS = "off"
# Contractors who still work today are few if they are at most one in so many.
FEW = 4
CLOCKS = [
    ("", _("Time zone of most rows")),
    ("America/New_York", _("Eastern time")),
    ("America/Chicago", _("Central time")),
    ("America/Denver", _("Mountain time")),
    ("America/Phoenix", _("Arizona time")),
    ("America/Los_Angeles", _("Pacific time")),
    ("America/Anchorage", _("Alaska time")),
    ("Pacific/Honolulu", _("Hawaii time")),
    (OWN_CLOCKS, _("Each contractor's own time")),
]
# The filters that the page folds away; it shows how many of them are active.
FOLDED_FILTERS = ("city", "type", "status", "show", "group", "working", "able", "clock", "proposals")
# SQL: the contractor has a booking that is not canceled in a period of instants, or of local times.
BOOKED = """EXISTS (
    SELECT FROM assignments_assignment booking
    WHERE booking.contractor_id = contractors_contractor.id AND booking.status <> 'cancelled'
      AND booking.time_slot && tstzrange({start}, {end})
)"""
BOOKED_IN = BOOKED.format(start="%s", end="%s")
BOOKED_LOCALLY = BOOKED.format(
    start="%s::timestamp AT TIME ZONE contractors_contractor.time_zone",
    end="%s::timestamp AT TIME ZONE contractors_contractor.time_zone",
)


class BoardForm(forms.Form):
    """Filters and order of the board: days, clock and contractors. Invalid values are ignored."""

    day = CalendarDayField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    days = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[("", _("Day")), ("3", _("3 days")), ("7", _("Week"))]
    )
    clock = LineFormField(required=False, max_length=64, widget=forms.Select(choices=CLOCKS))
    q = SearchFormField(required=False, max_length=100, label=_("Name, city, email or skill"))
    type = forms.ChoiceField(required=False, choices=[("", _("All types")), *Contractor.Type.choices])
    status = forms.ChoiceField(required=False, choices=[*Contractor.Status.choices, ("any", _("Any status"))])
    city = SearchFormField(required=False, max_length=100)
    show = forms.ChoiceField(
        required=False, choices=[("", _("All contractors")), ("booked", _("Booked")), ("free", _("Not booked"))]
    )
    working = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs={"value": "1"}))
    able = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs={"value": "1"}))
    sort = forms.ChoiceField(
        required=False,
        choices=[
            ("", _("By name")),
            ("next_free", _("By next free time")),
            ("hours_free", _("By hours free")),
            ("distance", _("By distance to the job")),
            ("rating", _("By rating")),
        ],
    )
    group = forms.ChoiceField(
        required=False,
        choices=[("", _("No groups")), ("metro", _("Groups: metro areas")), ("city", _("Groups: cities"))],
    )
    proposals = forms.ChoiceField(
        required=False,
        choices=[("", _("Proposals of a plan")), (NO_PROPOSALS, _("No proposals"))],
    )
    # The selected job, for `able` and the order by distance.
    for_job = forms.UUIDField(required=False, widget=forms.HiddenInput)
    # The first row and the number of rows; or a contractor whose row is among them.
    row = forms.IntegerField(required=False, min_value=1, max_value=FARTHEST_ROW)
    rows = forms.IntegerField(required=False, min_value=1, max_value=MOST_ROWS)
    at = forms.UUIDField(required=False)

    def clean_clock(self) -> str:
        clock: str = self.cleaned_data["clock"]
        if clock and clock != OWN_CLOCKS:
            validate_time_zone(clock)
        return clock

    def clean_q(self) -> str:
        try:
            return " ".join(search_terms(self.cleaned_data["q"], field="q"))
        except InvalidInput as refusal:
            raise forms.ValidationError(refusal.detail) from refusal


@dataclass(frozen=True)
class Question:
    """Parsed filters and order of the board. `day` is None for today."""

    day: date | None = None
    days: int = 1
    clock: str = ""
    q: str = ""
    type: str = ""
    status: str = Contractor.Status.ACTIVE
    city: str = ""
    show: str = ""
    working: bool = False
    able: bool = False
    sort: str = ""
    group: str = ""
    proposals: str = ""
    for_job: UUID | None = None
    row: int = 1
    rows: int = PAGE_ROWS
    at: UUID | None = None
    public_text_only: bool = True
    # Whose favorites come first.
    reader: UUID | None = None

    @classmethod
    def of(cls, parameters: object, reader: User) -> "Question":
        """Parse the query parameters of a request. `q` searches only fields that `reader` may see."""
        form = BoardForm(parameters)  # type: ignore[arg-type]  # a QueryDict
        form.is_valid()
        filters = {name: value for name, value in form.cleaned_data.items() if value}
        if not reader.allows(Permission.ASSIGN):
            # Who can take a job depends on exact places.
            filters.pop("able", None)
        return cls(**filters, public_text_only=not can_see(reader, CONTACTS), reader=reader.pk)

    def query(self, **changes: Any) -> str:
        """The query string of this question with other values: `?sort=rating&row=61`."""
        changed = replace(self, **changes)
        values = {
            field.name: "1" if value is True else value
            for field in fields(changed)
            if field.name in BoardForm.base_fields and (value := getattr(changed, field.name)) != field.default
        }
        return f"?{urlencode(values)}"

    @property
    def active_filters(self) -> int:
        """Number of filters in the folded part of the form that differ from their defaults."""
        return sum(getattr(self, name) != getattr(Question, name) for name in FOLDED_FILTERS)

    def people(self, axis: Axis) -> ContractorQuerySet:
        """The contractors who match the filters on these days, unordered; `able` does not count."""
        contractors = self._contractors()
        if self.show:
            booked = contractors.alias(booked=_booked(axis))
            contractors = booked.filter(booked=self.show == "booked")
        if self.working:
            # A booking outside the working hours must not be hidden with its row.
            contractors = contractors.alias(works=works(axis), booked=_booked(axis)).filter(
                Q(works=True) | Q(booked=True)
            )
        return contractors

    def axis(self, now: datetime) -> Axis:
        """The days and the clock. Runs one query, unless `clock` is a time zone.

        Without such a choice the clock is that of the most frequent time zone of these contractors, or UTC.
        """
        own_clocks = self.clock == OWN_CLOCKS
        home = zone(self.clock) if self.clock and not own_clocks else self._most_frequent_zone
        today = now.astimezone(home).date()
        first = self.day or today
        if self.days == A_WEEK:
            first -= timedelta(days=first.weekday())
        return Axis(first, self.days, None if own_clocks else home, today)

    def opening(self, now: datetime) -> "Question":
        """The question with the day that the board opens with. Runs two queries more at most.

        Today, unless few contractors still work today and later bookings exist: then the day of the next one.
        """
        home = zone(self.clock) if self.clock and self.clock != OWN_CLOCKS else self._most_frequent_zone
        local, contractors = now.astimezone(home), self._contractors()
        shifts = WorkingHours.objects.filter(contractor=OuterRef("pk"), day_of_week=local.isoweekday() % 7)
        shifts = shifts.filter(Q(end_time__gt=local.time()) | Q(end_time=time.min))
        counts = contractors.aggregate(total=Count("pk"), working=Count("pk", filter=Exists(shifts)))
        if counts["working"] * FEW > counts["total"]:
            return self
        tomorrow = day_at(local.date() + ONE_DAY, home).start
        later = Assignment.objects.live().filter(contractor__in=contractors, time_slot__startswith__gte=tomorrow)
        start = later.order_by("time_slot").values_list("time_slot__startswith", flat=True).first()
        return self if start is None else replace(self, day=start.astimezone(home).date())

    @cached_property
    def _most_frequent_zone(self) -> ZoneInfo:
        zones = self._contractors().order_by().values_list("time_zone").annotate(count=Count("pk"))
        most_frequent = zones.order_by("-count", "time_zone").first()
        return zone(most_frequent[0] if most_frequent else "UTC")

    def _contractors(self) -> ContractorQuerySet:
        rows: ContractorQuerySet = Contractor.objects.all()
        if self.status != "any":
            rows = rows.filter(status=self.status)
        if self.type:
            rows = rows.filter(type=self.type)
        if self.city:
            rows = rows.filter(city__iexact=self.city)
        for word in self.q.split():
            rows = rows.alias(search_text=SEARCH_TEXT).filter(search_text__icontains=word)
            if self.public_text_only:
                rows = rows.alias(public_search_text=PUBLIC_SEARCH_TEXT).filter(public_search_text__icontains=word)
        return rows


def _booked(axis: Axis) -> RawSQL:
    if axis.zone is None:
        period, statement = (axis.first, axis.last + ONE_DAY), BOOKED_LOCALLY
    else:
        period, statement = axis.window(axis.zone), BOOKED_IN
    return RawSQL(statement, list(period), output_field=BooleanField())  # noqa: S611  (our own text)

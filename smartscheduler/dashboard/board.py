"""The board of a day: a lane for each contractor, with working hours, absences, bookings and drives.

A lane is a day in local time of its contractor. Minutes count from local midnight by the wall clock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import BooleanField, Count, Prefetch, QuerySet, prefetch_related_objects
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from assignments.availability import Calendar, working_time
from assignments.calendars import Drive, drives_of_days
from assignments.local_time import day_at, minute_of_day
from assignments.models import Assignment
from assignments.states import MOVABLE
from contractors.models import PUBLIC_SEARCH_TEXT, SEARCH_TEXT, Absence, Contractor
from contractors.querysets import ContractorQuerySet
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import CONTACTS, can_see
from smartscheduler.core.db.search_terms import search_terms
from smartscheduler.core.db.text_fields import SearchFormField
from smartscheduler.core.formatting import zone_name
from smartscheduler.core.rest.filters import CalendarDayField
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, clip

MOST_LANES = 500
ONE_MINUTE = timedelta(minutes=1)
# Hours that are always shown. Bookings outside them extend the range; shifts extend it on a board with few lanes.
USUAL_HOURS = (6, 20)
A_FEW = 20
# SQL: the contractor has a booking that is not canceled on the local day. The day is passed twice.
BOOKED = """EXISTS (
    SELECT FROM assignments_assignment booking
    WHERE booking.contractor_id = contractors_contractor.id AND booking.status <> 'cancelled'
      AND booking.time_slot && tstzrange(
        %s::timestamp AT TIME ZONE contractors_contractor.time_zone,
        (%s::timestamp + interval '1 day') AT TIME ZONE contractors_contractor.time_zone
      )
)"""


class BoardForm(forms.Form):
    """Filters of the board: day and contractors. Invalid values are ignored."""

    day = CalendarDayField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    q = SearchFormField(required=False, max_length=100, label=_("Name, city, email or skill"))
    type = forms.ChoiceField(required=False, choices=[("", _("All types")), *Contractor.Type.choices])
    status = forms.ChoiceField(required=False, choices=[*Contractor.Status.choices, ("any", _("Any status"))])
    city = SearchFormField(required=False, max_length=100)
    show = forms.ChoiceField(
        required=False, choices=[("", _("All contractors")), ("booked", _("Booked")), ("free", _("Not booked"))]
    )

    def clean_q(self) -> str:
        try:
            return " ".join(search_terms(self.cleaned_data["q"], field="q"))
        except InvalidInput as refusal:
            raise forms.ValidationError(refusal.detail) from refusal


@dataclass(frozen=True)
class Question:
    """Parsed filters of the board. `day` is None for today."""

    day: date | None = None
    q: str = ""
    type: str = ""
    status: str = Contractor.Status.ACTIVE
    city: str = ""
    show: str = ""
    public_text_only: bool = True

    @classmethod
    def of(cls, parameters: object, reader: User) -> "Question":
        """Parse the query parameters of a request. `q` searches only fields that `reader` may see."""
        form = BoardForm(parameters)  # type: ignore[arg-type]  # a QueryDict
        form.is_valid()
        filters = {name: value for name, value in form.cleaned_data.items() if value}
        return cls(**filters, public_text_only=not can_see(reader, CONTACTS))

    def people(self, day: date) -> ContractorQuerySet:
        """The contractors whose lanes are shown on `day`, unordered."""
        contractors = self._contractors()
        if self.show:
            booked = RawSQL(BOOKED, [day, day], output_field=BooleanField())  # noqa: S611  (our own text)
            contractors = contractors.alias(booked=booked).filter(booked=self.show == "booked")
        return contractors

    def today(self, now: datetime) -> date:
        """Today in the most frequent time zone of these contractors; in UTC without contractors."""
        zones = self._contractors().order_by().values_list("time_zone").annotate(count=Count("pk")).order_by("-count")
        zone = zones.first()
        return now.astimezone(ZoneInfo(zone[0]) if zone else UTC).date()

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


@dataclass(frozen=True)
class Stretch:
    """A part of a lane, in minutes of the day."""

    start: int
    end: int
    note: str = ""


@dataclass(frozen=True)
class Block:
    """A booking in its lane."""

    stretch: Stretch
    booking: Assignment
    movable: bool


@dataclass(frozen=True)
class Lane:
    contractor: Contractor
    zone: str
    work: list[Stretch]
    absences: list[Stretch]
    drives: list[Stretch]
    blocks: list[Block]


@dataclass(frozen=True)
class Board:
    """The lanes of one day, the range of hours, and the number of contractors beyond MOST_LANES."""

    day: date
    lanes: list[Lane]
    first_hour: int
    last_hour: int
    more: int
    is_today: bool

    @property
    def hours(self) -> range:
        return range(self.first_hour, self.last_hour + 1)

    @property
    def previous(self) -> date:
        return self.day - timedelta(days=1)

    @property
    def next(self) -> date:
        return self.day + timedelta(days=1)


def board(question: Question, now: datetime, rules: Rules) -> Board:
    """The board for the filters. Runs five queries."""
    today = question.today(now)
    day = question.day or today
    people = list(question.people(day).order_by("name", "pk")[: MOST_LANES + 1])
    more = question.people(day).count() - MOST_LANES if len(people) > MOST_LANES else 0
    lanes = lanes_of(people[:MOST_LANES], day, rules)
    first, last = _hours(lanes)
    return Board(
        day=day,
        lanes=lanes,
        first_hour=first,
        last_hour=last,
        more=max(more, 0),
        is_today=day == today,
    )


def some_lanes(ids: Collection[UUID], question: Question, day: date, rules: Rules) -> list[Lane]:
    """The lanes of these contractors that match the filters."""
    return lanes_of(list(question.people(day).filter(pk__in=ids).order_by("name", "pk")), day, rules)


def lanes_of(people: list[Contractor], day: date, rules: Rules) -> list[Lane]:
    """A lane for each contractor, in the given order. Runs three queries for all of them."""
    if not people:
        return []
    windows = {person.pk: day_at(day, person.zone) for person in people}
    span = TimeSlot(min(window.start for window in windows.values()), max(window.end for window in windows.values()))
    bookings = Assignment.objects.exclude(status=Assignment.Status.CANCELLED).overlapping(span)
    _prefetch(people, bookings.select_related("job").order_by("time_slot"), span)
    days = {
        person.pk: [booking for booking in person.booked if booking.slot.overlaps(windows[person.pk])]  # type: ignore[attr-defined]
        for person in people
    }
    drives = drives_of_days(days.values(), rules)
    return [
        _lane(person, windows[person.pk], day, days[person.pk], routes)
        for person, routes in zip(people, drives, strict=True)
    ]


def _prefetch(people: list[Contractor], bookings: QuerySet[Assignment], span: TimeSlot) -> None:
    away = Absence.objects.filter(period__overlap=(span.start, span.end))
    prefetch_related_objects(
        people,
        "working_hours",
        Prefetch("absences", away, to_attr="away"),
        Prefetch("assignments", bookings, to_attr="booked"),
    )


def _lane(contractor: Contractor, window: TimeSlot, day: date, booked: list[Assignment], drives: list[Drive]) -> Lane:
    zone = contractor.zone
    calendar = Calendar(zone, contractor.shifts)

    def stretch(slot: TimeSlot, note: str = "") -> Stretch:
        return Stretch(minute_of_day(slot.start, zone, day), minute_of_day(slot.end, zone, day), note)

    return Lane(
        contractor=contractor,
        zone=zone_name(window.start, zone),
        work=[stretch(slot) for slot in clip(working_time(calendar, window), window)],
        absences=[
            stretch(away.slot, away.get_kind_display())
            for away in contractor.away  # type: ignore[attr-defined]
            if away.slot.overlaps(window)
        ],
        drives=[stretch(drive.slot, str(drive)) for drive in drives],
        blocks=[Block(stretch(booking.slot), booking, booking.status in MOVABLE) for booking in booked],
    )


def _hours(lanes: list[Lane]) -> tuple[int, int]:
    shown = [block.stretch for lane in lanes for block in lane.blocks]
    if len(lanes) <= A_FEW:
        shown += [part for lane in lanes for part in lane.work]
    first, last = USUAL_HOURS
    earliest = min((part.start for part in shown), default=first * 60)
    latest = max((part.end for part in shown), default=last * 60)
    return min(first, earliest // 60), max(last, -(-latest // 60))

"""The board: a lane for each contractor, with working hours, absences, bookings and drives.

The days and the clock are those of its axis (dashboard.axis): one time zone for all lanes, or each contractor's own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    prefetch_related_objects,
)
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assignments.availability import Calendar, working_time
from assignments.calendars import Drive, drives_of_days
from assignments.local_time import day_at
from assignments.models import Assignment
from assignments.states import MOVABLE, TRANSITIONS, Status
from contractors.models import PUBLIC_SEARCH_TEXT, SEARCH_TEXT, Absence, Contractor, WorkingHours
from contractors.querysets import ContractorQuerySet
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import CONTACTS, can_see
from smartscheduler.core.db.search_terms import search_terms
from smartscheduler.core.db.text_fields import SearchFormField
from smartscheduler.core.formatting import long_day, short_day, zone_name
from smartscheduler.core.rest.filters import CalendarDayField
from smartscheduler.core.text import LazyText
from smartscheduler.dashboard.axis import ONE_DAY, ONE_MINUTE, Axis, Column, offset_text, shown_hours
from smartscheduler.errors import InvalidInput
from smartscheduler.places import validate_time_zone, zone
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, clip, union, without

# Lanes of a board of one day. A board of several days has fewer, so that all have about as many blocks.
MOST_LANES = 500
A_WEEK = 7
# Value of the parameter `clock` for a board in the local time of each lane.
OWN_CLOCKS = "local"
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
    """Filters of the board: days, clock and contractors. Invalid values are ignored."""

    day = CalendarDayField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    days = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[("", _("Day")), ("3", _("3 days")), ("7", _("Week"))]
    )
    clock = forms.CharField(required=False, max_length=64, widget=forms.Select(choices=CLOCKS))
    q = SearchFormField(required=False, max_length=100, label=_("Name, city, email or skill"))
    type = forms.ChoiceField(required=False, choices=[("", _("All types")), *Contractor.Type.choices])
    status = forms.ChoiceField(required=False, choices=[*Contractor.Status.choices, ("any", _("Any status"))])
    city = SearchFormField(required=False, max_length=100)
    show = forms.ChoiceField(
        required=False, choices=[("", _("All contractors")), ("booked", _("Booked")), ("free", _("Not booked"))]
    )

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
    """Parsed filters of the board. `day` is None for today."""

    day: date | None = None
    days: int = 1
    clock: str = ""
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

    def people(self, axis: Axis) -> ContractorQuerySet:
        """The contractors whose lanes are shown on these days, unordered."""
        contractors = self._contractors()
        if self.show:
            booked = contractors.alias(booked=_booked(axis))
            contractors = booked.filter(booked=self.show == "booked")
        return contractors

    @property
    def most_lanes(self) -> int:
        return MOST_LANES // self.days

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


@dataclass(frozen=True)
class Stretch:
    """A part of a lane, in positions of the axis."""

    start: int
    end: int
    note: str = ""


@dataclass(frozen=True)
class Block:
    """A booking in its lane. `is_late`: it should have started or ended by now. `conflicts`: the rules reject it."""

    stretch: Stretch
    booking: Assignment
    zone: ZoneInfo
    is_late: bool
    conflicts: bool

    @property
    def is_movable(self) -> bool:
        return self.booking.status in MOVABLE

    @property
    def transitions(self) -> str:
        """The states that it can change to, separated by spaces."""
        return " ".join(sorted(TRANSITIONS[self.booking.status]))


@dataclass(frozen=True)
class Lane:
    """A row. `zone` is the abbreviation of the contractor's time zone, `offset` its distance from the board's.

    `working_minutes` are those outside absences, `booked_minutes` those of them that are booked.
    """

    contractor: Contractor
    zone: str
    offset: str
    work: list[Stretch]
    absences: list[Stretch]
    drives: list[Stretch]
    blocks: list[Block]
    working_minutes: int
    booked_minutes: int


@dataclass(frozen=True)
class Board:
    """The lanes, the axis with the shown part of each day, and the number of contractors beyond the last lane."""

    axis: Axis
    lanes: list[Lane]
    more: int

    @property
    def day(self) -> date:
        return self.axis.first

    @property
    def is_today(self) -> bool:
        return self.axis.is_today

    @cached_property
    def columns(self) -> list[Column]:
        working = ([(part.start, part.end) for part in lane.work] for lane in self.lanes)
        booked = ((block.stretch.start, block.stretch.end) for block in self.blocks)
        return self.axis.columns(*shown_hours(self.axis, working, booked))

    @property
    def blocks(self) -> list[Block]:
        return [block for lane in self.lanes for block in lane.blocks]

    @property
    def clock(self) -> str:
        """The value of `clock` that stands for this axis."""
        return self.axis.zone.key if self.axis.zone else OWN_CLOCKS

    @property
    def starts_at(self) -> datetime | None:
        """The instant of position 0; None without a common clock."""
        return self.axis.window(self.axis.zone).start if self.axis.zone else None

    @property
    def zone(self) -> str:
        """The abbreviation of the board's time zone; empty without a common clock."""
        return zone_name(self.starts_at, self.axis.zone) if self.starts_at and self.axis.zone else ""

    @property
    def previous(self) -> date:
        return self.day - ONE_DAY * self.axis.days

    @property
    def next(self) -> date:
        return self.day + ONE_DAY * self.axis.days

    @property
    def heading(self) -> str:
        """The days and the clock: `Monday, November 30 · today · times in CST`."""
        if self.axis.days == 1:
            days = [long_day(self.day), *([gettext("today")] if self.is_today else [])]
        else:
            days = [gettext("{first} to {last}").format(first=short_day(self.day), last=short_day(self.axis.last))]
        clock = gettext("times in {zone}").format(zone=self.zone) if self.zone else gettext("local time of each row")
        return " · ".join([*days, clock])

    @property
    def counts(self) -> list[tuple[str, LazyText, int]]:
        """Numbers of the shown blocks: selector of the scripts, heading, number."""
        return [
            ("", _("Bookings"), len(self.blocks)),
            ("pending", Status.PENDING.label, self._count(Status.PENDING)),
            ("in_progress", Status.IN_PROGRESS.label, self._count(Status.IN_PROGRESS)),
            ("completed", Status.COMPLETED.label, self._count(Status.COMPLETED)),
            ("late", _("Late"), sum(block.is_late for block in self.blocks)),
            ("conflict", _("Conflicts"), sum(block.conflicts for block in self.blocks)),
        ]

    def _count(self, status: Status) -> int:
        return sum(block.booking.status == status for block in self.blocks)

    @property
    def booked_share(self) -> float | None:
        """Booked share (0–1) of the working time of the shown rows; None without working time."""
        working = sum(lane.working_minutes for lane in self.lanes)
        return sum(lane.booked_minutes for lane in self.lanes) / working if working else None


def board(question: Question, now: datetime, rules: Rules) -> Board:
    """The board for the filters. Runs six queries, or seven if there are more contractors than lanes."""
    axis, most = question.axis(now), question.most_lanes
    people = list(question.people(axis).order_by("name", "pk")[: most + 1])
    more = question.people(axis).count() - most if len(people) > most else 0
    return Board(axis, lanes_of(people[:most], axis, rules, now), max(more, 0))


def some_lanes(ids: Collection[UUID], question: Question, now: datetime, rules: Rules) -> list[Lane]:
    """The lanes of these contractors that match the filters."""
    axis = question.axis(now)
    return lanes_of(list(question.people(axis).filter(pk__in=ids).order_by("name", "pk")), axis, rules, now)


def lanes_of(people: list[Contractor], axis: Axis, rules: Rules, now: datetime) -> list[Lane]:
    """A lane for each contractor, in the given order. Runs four queries for all of them."""
    if not people:
        return []
    windows = {person.pk: axis.window(person.zone) for person in people}
    span = TimeSlot(min(window.start for window in windows.values()), max(window.end for window in windows.values()))
    bookings = Assignment.objects.exclude(status=Assignment.Status.CANCELLED).overlapping(span)
    _prefetch(people, bookings.select_related("job", "conflict").order_by("time_slot"), span)
    booked = {
        person.pk: [booking for booking in person.booked if booking.slot.overlaps(windows[person.pk])]  # type: ignore[attr-defined]
        for person in people
    }
    drives = _drives(people, booked, rules)
    return [_lane(person, axis, booked[person.pk], drives[person.pk], now) for person in people]


def _prefetch(people: list[Contractor], bookings: QuerySet[Assignment], span: TimeSlot) -> None:
    away = Absence.objects.filter(period__overlap=(span.start, span.end))
    prefetch_related_objects(
        people,
        "working_hours",
        Prefetch("absences", away, to_attr="away"),
        Prefetch("assignments", bookings, to_attr="booked"),
    )


def _drives(people: list[Contractor], booked: dict[UUID, list[Assignment]], rules: Rules) -> dict[UUID, list[Drive]]:
    """Drives between bookings of one local day: the first drive of a day begins at home, not at yesterday's site."""
    days = [(person.pk, list(day)) for person in people for _date, day in groupby(booked[person.pk], key=_local_date)]
    drives: dict[UUID, list[Drive]] = {person.pk: [] for person in people}
    for (pk, _bookings), routes in zip(days, drives_of_days((day for _pk, day in days), rules), strict=True):
        drives[pk] += routes
    return drives


def _local_date(booking: Assignment) -> date:
    return booking.slot.start.astimezone(booking.job.zone).date()


def _lane(contractor: Contractor, axis: Axis, booked: list[Assignment], drives: list[Drive], now: datetime) -> Lane:
    own = contractor.zone
    window = axis.window(own)
    work = clip(working_time(Calendar(own, contractor.shifts), window), window)
    away = [absence for absence in contractor.away if absence.slot.overlaps(window)]  # type: ignore[attr-defined]
    free = without(work, union(absence.slot for absence in away))
    idle = without(free, union(booking.slot for booking in booked))

    def stretch(slot: TimeSlot, note: str = "") -> Stretch:
        return Stretch(axis.minute(slot.start, own), axis.minute(slot.end, own), note)

    return Lane(
        contractor=contractor,
        zone=zone_name(window.start, own),
        offset=offset_text(own, axis),
        work=[stretch(slot) for slot in work],
        absences=[stretch(absence.slot, absence.get_kind_display()) for absence in away],
        drives=[stretch(drive.slot, str(drive)) for drive in drives],
        blocks=[
            Block(stretch(booking.slot), booking, axis.zone_for(own), _is_late(booking, now), _conflicts(booking, now))
            for booking in booked
        ],
        working_minutes=_minutes(free),
        booked_minutes=_minutes(free) - _minutes(idle),
    )


def _is_late(booking: Assignment, now: datetime) -> bool:
    if booking.status in MOVABLE:
        return booking.slot.start < now
    return booking.status == Status.IN_PROGRESS and booking.slot.end < now


def _conflicts(booking: Assignment, now: datetime) -> bool:
    """As AssignmentQuerySet.in_conflict, without a query."""
    return booking.is_live and booking.slot.end > now and hasattr(booking, "conflict") and booking.conflict.is_told


def _minutes(slots: Sequence[TimeSlot]) -> int:
    return sum(slot.duration // ONE_MINUTE for slot in slots)

"""The board: a lane for each contractor, with working hours, absences, bookings and drives.

The days and the clock are those of its axis (dashboard.axis): one time zone for all lanes, or each contractor's own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils.translation import gettext

from assignments.availability import Calendar, working_time
from assignments.calendars import Drive, delays_of_days, drives_of_days
from assignments.lateness import END_GRACE, START_GRACE, late_from, late_sentence, waiting_from
from assignments.models import Assignment
from assignments.start_window import earliest_start
from assignments.states import CAN_RUN_LATE, MOVABLE, TRANSITIONS
from contractors.models import Absence, Contractor
from recommendations.planning.models import Plan, PlanItem
from smartscheduler.core.formatting import local_slot, long_day, short_day, zone_name
from smartscheduler.dashboard.axis import ONE_DAY, ONE_MINUTE, Axis, Column, offset_text, shown_hours
from smartscheduler.dashboard.proposals import NONE, Proposals, proposals
from smartscheduler.dashboard.question import NO_PROPOSALS, OWN_CLOCKS, PAGE_ROWS, Question
from smartscheduler.dashboard.rows import Row, RowPage, page_of, some_rows
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, clip, union, without


@dataclass(frozen=True)
class Stretch:
    """A part of a lane, in positions of the axis. `when` is its time in words, for narrow screens."""

    start: int
    end: int
    note: str = ""
    when: str = ""


@dataclass(frozen=True)
class Block:
    """A booking in its lane at `now`. `delay`: how late it is expected to be. `conflicts`: the rules reject it.

    `heading` is its day, for the first booking of each day on a board of several days: a narrow screen shows a list.
    `promised` is the arrival window of the job, if it is in the lane.
    """

    stretch: Stretch
    booking: Assignment
    zone: ZoneInfo
    now: datetime
    delay: timedelta
    conflicts: bool
    heading: str = ""
    promised: Stretch | None = None

    @property
    def leaves_window(self) -> bool:
        """Whether the booking starts outside the arrival window."""
        window = self.booking.job.window
        return window is not None and not window.start <= self.booking.slot.start <= window.end

    @property
    def late_from(self) -> datetime | None:
        """When it counts as late if nothing changes until then; in the past for one with a delay."""
        # A day ago instead of now, because the clock of the reader's screen may be behind.
        return self.now - ONE_DAY if self.delay else late_from(self.booking.status, self.booking.slot)

    @property
    def is_late(self) -> bool:
        return self.late_from is not None and self.late_from <= self.now

    @property
    def waiting_from(self) -> datetime | None:
        """When its customer waits if the work does not start until then."""
        return waiting_from(self.booking.status, self.booking.slot)

    @property
    def is_waiting(self) -> bool:
        return self.waiting_from is not None and self.waiting_from <= self.now

    @property
    def lateness(self) -> str:
        """Why it is late, or would be."""
        return late_sentence(self.booking, self.delay, self.zone)

    @property
    def can_run_late(self) -> bool:
        """Whether it can be reported late now."""
        booking = self.booking
        return booking.status in CAN_RUN_LATE and self.now >= earliest_start(booking.slot, booking.job.zone)

    @property
    def is_movable(self) -> bool:
        return self.booking.status in MOVABLE

    @property
    def transitions(self) -> str:
        """The states that it can change to, separated by spaces."""
        return " ".join(sorted(TRANSITIONS[self.booking.status]))


@dataclass(frozen=True)
class Ghost:
    """A proposal of a plan in its lane. `zone` is the clock of the lane."""

    stretch: Stretch
    item: PlanItem
    zone: ZoneInfo


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
    ghosts: list[Ghost] = field(default_factory=list)
    row: Row | None = None


@dataclass(frozen=True)
class Board:
    """The lanes of a page of rows, and the axis with the shown part of each day."""

    question: Question
    axis: Axis
    page: RowPage
    lanes: list[Lane]
    plan: Plan | None = None

    # For the legend.
    late_after_start = START_GRACE
    late_after_end = END_GRACE

    @property
    def earlier(self) -> str:
        """The address of the page of rows before this one; empty on the first page."""
        first = self.page.first
        return self.question.query(row=max(1, first - PAGE_ROWS), rows=PAGE_ROWS, at=None) if first > 1 else ""

    @property
    def later(self) -> str:
        """The address of the page of rows after this one; empty on the last page."""
        last = self.page.last
        return self.question.query(row=last + 1, rows=PAGE_ROWS, at=None) if last < self.page.total else ""

    @property
    def day(self) -> date:
        return self.axis.first

    @property
    def is_today(self) -> bool:
        return self.axis.is_today

    @cached_property
    def columns(self) -> list[Column]:
        working = ([(part.start, part.end) for part in lane.work] for lane in self.lanes)
        ghosts = (ghost.stretch for lane in self.lanes for ghost in lane.ghosts)
        stretches = [*(block.stretch for block in self.blocks), *ghosts]
        booked = ((stretch.start, stretch.end) for stretch in stretches)
        return self.axis.columns(*shown_hours(self.axis, working, booked))

    @property
    def blocks(self) -> list[Block]:
        return [block for lane in self.lanes for block in lane.blocks]

    @property
    def proposals(self) -> int:
        """The number of proposals on these rows."""
        return sum(len(lane.ghosts) for lane in self.lanes)

    @property
    def without_proposals(self) -> str:
        """The address of this board without proposals."""
        return self.question.query(proposals=NO_PROPOSALS)

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


def board(question: Question, now: datetime, rules: Rules) -> Board:
    """The board for the filters. Runs eight queries, one more for groups or a plan, and others for a selected job."""
    axis = question.axis(now)
    page = page_of(question, axis, now, rules)
    proposed = _proposals([row.contractor for row in page.rows], question, axis, now)
    return Board(question, axis, page, _lanes_of_rows(page.rows, axis, rules, now, proposed), proposed.plan)


def some_lanes(ids: Collection[UUID], question: Question, now: datetime, rules: Rules) -> list[Lane]:
    """The lanes of these contractors that match the filters."""
    axis = question.axis(now)
    rows = some_rows(ids, question, axis, now, rules)
    proposed = _proposals([row.contractor for row in rows], question, axis, now)
    return _lanes_of_rows(rows, axis, rules, now, proposed)


def _proposals(people: list[Contractor], question: Question, axis: Axis, now: datetime) -> Proposals:
    """The proposals for these lanes, unless the question hides them."""
    if not people or question.proposals == NO_PROPOSALS:
        return NONE
    return proposals([person.pk for person in people], _span(people, axis), now)


def _span(people: list[Contractor], axis: Axis) -> TimeSlot:
    """The days of the axis in all lanes."""
    windows = [axis.window(person.zone) for person in people]
    return TimeSlot(min(window.start for window in windows), max(window.end for window in windows))


def _lanes_of_rows(rows: list[Row], axis: Axis, rules: Rules, now: datetime, proposed: Proposals = NONE) -> list[Lane]:
    lanes = lanes_of([row.contractor for row in rows], axis, rules, now, proposed)
    return [replace(lane, row=row) for lane, row in zip(lanes, rows, strict=True)]


def lanes_of(
    people: list[Contractor], axis: Axis, rules: Rules, now: datetime, proposed: Proposals = NONE
) -> list[Lane]:
    """A lane for each contractor, in the given order. Runs four queries for all of them."""
    if not people:
        return []
    windows = {person.pk: axis.window(person.zone) for person in people}
    span = _span(people, axis)
    bookings = Assignment.objects.exclude(status=Assignment.Status.CANCELLED).overlapping(span)
    _prefetch(people, bookings.select_related("job", "conflict").order_by("time_slot"), span)
    booked = {
        person.pk: [booking for booking in person.booked if booking.slot.overlaps(windows[person.pk])]  # type: ignore[attr-defined]
        for person in people
    }
    days = [(person.pk, list(day)) for person in people for _date, day in groupby(booked[person.pk], key=_local_date)]
    drives = _drives(people, days, rules)
    delays = _delays([day for _pk, day in days], rules)
    lanes = [_lane(person, axis, booked[person.pk], drives[person.pk], delays, now) for person in people]
    return [
        replace(lane, ghosts=_ghosts(lane.contractor, proposed.by_contractor.get(lane.contractor.pk, []), axis))
        for lane in lanes
    ]


def _prefetch(people: list[Contractor], bookings: QuerySet[Assignment], span: TimeSlot) -> None:
    away = Absence.objects.filter(period__overlap=(span.start, span.end))
    prefetch_related_objects(
        people,
        "working_hours",
        Prefetch("absences", away, to_attr="away"),
        Prefetch("assignments", bookings, to_attr="booked"),
    )


def _drives(
    people: list[Contractor], days: list[tuple[UUID, list[Assignment]]], rules: Rules
) -> dict[UUID, list[Drive]]:
    """Drives between bookings of one local day: the first drive of a day begins at home, not at yesterday's site."""
    drives: dict[UUID, list[Drive]] = {person.pk: [] for person in people}
    for (pk, _bookings), routes in zip(days, drives_of_days((day for _pk, day in days), rules), strict=True):
        drives[pk] += routes
    return drives


def _delays(days: list[list[Assignment]], rules: Rules) -> dict[UUID, timedelta]:
    """The delays by id of the booking."""
    delays = delays_of_days(days, rules)
    return {
        booking.pk: delay
        for day, late in zip(days, delays, strict=True)
        for booking, delay in zip(day, late, strict=True)
    }


def _local_date(booking: Assignment) -> date:
    return booking.slot.start.astimezone(booking.job.zone).date()


def _lane(
    contractor: Contractor,
    axis: Axis,
    booked: list[Assignment],
    drives: list[Drive],
    delays: dict[UUID, timedelta],
    now: datetime,
) -> Lane:
    own = contractor.zone
    window = axis.window(own)
    work = clip(working_time(Calendar(own, contractor.shifts), window), window)
    away = [absence for absence in contractor.away if absence.slot.overlaps(window)]  # type: ignore[attr-defined]
    free = without(work, union(absence.slot for absence in away))
    idle = without(free, union(booking.slot for booking in booked))

    def stretch(slot: TimeSlot, note: str = "", when: str = "") -> Stretch:
        return Stretch(axis.minute(slot.start, own), axis.minute(slot.end, own), note, when)

    def when(slot: TimeSlot) -> str:
        (part,) = clip([slot], window)
        return local_slot(part, axis.zone_for(own)) if axis.days > 1 else ""

    headings = _headings(booked, axis, own)
    return Lane(
        contractor=contractor,
        zone=zone_name(window.start, own),
        offset=offset_text(own, axis),
        work=[stretch(slot) for slot in work],
        absences=[stretch(absence.slot, absence.get_kind_display(), when(absence.slot)) for absence in away],
        drives=[stretch(drive.slot, str(drive)) for drive in drives],
        blocks=[
            Block(
                stretch(booking.slot),
                booking,
                axis.zone_for(own),
                now,
                delays[booking.pk],
                _conflicts(booking, now),
                heading,
                stretch(promised) if (promised := _promised(booking, window)) else None,
            )
            for booking, heading in zip(booked, headings, strict=True)
        ],
        working_minutes=_minutes(free),
        booked_minutes=_minutes(free) - _minutes(idle),
    )


def _ghosts(contractor: Contractor, items: list[PlanItem], axis: Axis) -> list[Ghost]:
    own, window = contractor.zone, axis.window(contractor.zone)
    return [
        Ghost(Stretch(axis.minute(item.slot.start, own), axis.minute(item.slot.end, own)), item, axis.zone_for(own))
        for item in items
        if item.slot and item.slot.overlaps(window)
    ]


def _headings(booked: list[Assignment], axis: Axis, own: ZoneInfo) -> list[str]:
    """The day above each booking: of the first one of each day, on a board of several days."""
    if axis.days == 1:
        return [""] * len(booked)
    days = [booking.slot.start.astimezone(axis.zone_for(own)).date() for booking in booked]
    return [short_day(day) if day != before else "" for before, day in zip([None, *days], days, strict=False)]


def _promised(booking: Assignment, window: TimeSlot) -> TimeSlot | None:
    """The arrival window of a live booking, as far as it is in the lane."""
    promised = booking.job.window
    if promised is None or not booking.is_live or not promised.overlaps(window):
        return None
    return clip([promised], window)[0]


def _conflicts(booking: Assignment, now: datetime) -> bool:
    """As AssignmentQuerySet.in_conflict, without a query."""
    return booking.is_live and booking.slot.end > now and hasattr(booking, "conflict") and booking.conflict.is_told


def _minutes(slots: Sequence[TimeSlot]) -> int:
    return sum(slot.duration // ONE_MINUTE for slot in slots)

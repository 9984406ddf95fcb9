"""Week board of a plan: contractors by days, with today's bookings and the proposed ones."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.states import Action, ItemState
from smartscheduler.adminsite.registry import record_url
from smartscheduler.core.formatting import local_hours, short_day
from smartscheduler.timeslots import TimeSlot

# Contractors on the board and on the map.
MOST_ROWS = 60
ONE_DAY = timedelta(days=1)
# Bookings are read from the first to the last day in any time zone.
MARGIN = timedelta(days=1)


class Block(NamedTuple):
    """A booking or a proposal. `kind`: today, leaves (a booking that the plan changes), proposed, stale, accepted."""

    kind: str
    hours: str
    number: str
    where: str
    url: str
    note: str
    start: datetime
    job: Job

    @property
    def kind_text(self) -> str:
        """The kind in words, for readers who don't see colors."""
        return dict(_legend())[self.kind]


@dataclass(frozen=True)
class Row:
    """A contractor, with the blocks of each day in the order of their starts."""

    contractor: Contractor
    cells: list[tuple[date, list[Block]]]
    proposals: int


@dataclass(frozen=True)
class WeekBoard:
    """The rows of the contractors that the plan changes, by name; `hidden` is the number of those beyond MOST_ROWS."""

    days: list[date]
    rows: list[Row]
    hidden: int = 0
    legend: list[tuple[str, str]] = field(default_factory=list)


def week_board(plan: Plan, items: Sequence[PlanItem]) -> WeekBoard:
    """The board of a plan. Runs one query, for the bookings of the shown contractors."""
    people, counts = _people(items)
    shown = sorted(people, key=lambda pk: (-counts[pk], people[pk].name, pk))[:MOST_ROWS]
    blocks = _blocks(plan, items, set(shown))
    days = [plan.first_day + ONE_DAY * number for number in range((plan.last_day - plan.first_day).days + 1)]
    # A booking that moves can come from a day outside the plan.
    rows = [
        Row(people[pk], [(day, sorted(blocks[pk, day], key=_order)) for day in days], counts[pk])
        for pk in sorted(shown, key=lambda pk: (people[pk].name, pk))
    ]
    return WeekBoard(days, rows, len(people) - len(shown), _legend())


def _people(items: Iterable[PlanItem]) -> tuple[dict[UUID, Contractor], dict[UUID, int]]:
    """The contractors of the changes by id, and the number of each one's proposals."""
    people: dict[UUID, Contractor] = {}
    counts: dict[UUID, int] = defaultdict(int)
    for item in items:
        if not item.is_change:
            continue
        for contractor in (item.contractor, item.previous_contractor):
            if contractor:
                people[contractor.pk] = contractor
        if item.contractor:
            counts[item.contractor.pk] += 1
    return people, counts


def _blocks(plan: Plan, items: Sequence[PlanItem], people: set[UUID]) -> dict[tuple[UUID, date], list[Block]]:
    blocks: dict[tuple[UUID, date], list[Block]] = defaultdict(list)
    leaving = {item.previous_assignment_id for item in items if item.is_change and item.state != ItemState.ACCEPTED}
    made = {item.assignment_id for item in items if item.state == ItemState.ACCEPTED}
    for booking in bookings_of(plan, people):
        kind = "leaves" if booking.pk in leaving else "accepted" if booking.pk in made else "today"
        block = _block(kind, booking.slot, booking.job, record_url(booking, "change"))
        blocks[booking.contractor_id, _day(booking.slot, booking.job)].append(block)
    for item in items:
        if item.is_change and item.contractor_id in people and item.slot and item.state != ItemState.ACCEPTED:
            kind = "stale" if item.state == ItemState.STALE else "proposed"
            block = _block(kind, item.slot, item.job, f"#item-{item.pk}", _note(item))
            blocks[item.contractor_id, _day(item.slot, item.job)].append(block)
    return blocks


def bookings_of(plan: Plan, people: set[UUID]) -> list[Assignment]:
    """Live and completed bookings of these contractors on the days of the plan."""
    first = datetime.combine(plan.first_day, datetime.min.time(), tzinfo=plan.created_at.tzinfo) - MARGIN
    last = datetime.combine(plan.last_day, datetime.min.time(), tzinfo=plan.created_at.tzinfo) + ONE_DAY + MARGIN
    bookings = Assignment.objects.exclude(status=Assignment.Status.CANCELLED).overlapping(TimeSlot(first, last))
    return list(bookings.filter(contractor__in=people).select_related("job").order_by("time_slot", "pk"))


def _block(kind: str, slot: TimeSlot, job: Job, url: str, note: str = "") -> Block:
    where = gettext("{type} in {city}").format(type=job.get_type_display(), city=job.city)
    return Block(kind, local_hours(slot, job.zone), job.job_number, where, url, note, slot.start, job)


def _note(item: PlanItem) -> str:
    """What the proposal changes, for a booking that exists."""
    if item.slot_so_far is None:
        return ""
    before = short_day(item.slot_so_far.start.astimezone(item.job.zone).date())
    if item.action == Action.REASSIGN and item.previous_contractor:
        return gettext("from {contractor}").format(contractor=item.previous_contractor.name)
    return gettext("from {day}").format(day=before)


def _day(slot: TimeSlot, job: Job) -> date:
    return slot.start.astimezone(job.zone).date()


def _order(block: Block) -> tuple[datetime, str]:
    return block.start, block.number


def _legend() -> list[tuple[str, str]]:
    return [
        ("today", gettext("booked today")),
        ("proposed", gettext("proposed")),
        ("leaves", gettext("booked today, and the plan changes it")),
        ("stale", gettext("proposed, and no longer possible")),
        ("accepted", gettext("booked from this plan")),
    ]

"""Result of a run: the rows of a plan made from the solver's placements, each checked by the availability engine."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from uuid import UUID

import structlog
from django.utils.translation import gettext

from assignments.availability import Booking, Calendar, blocked_time
from assignments.booking_checks import booking_obstacles
from assignments.eligibility import Reason
from assignments.scoring import Score, as_decimal
from contractors.models import Contractor
from recommendations.explanations import Breakdown, distance, explain, rated
from recommendations.planning.decision_sentence import FIRST_CONTRACTOR
from recommendations.planning.evaluation import worth_of
from recommendations.planning.models import PlanItem
from recommendations.planning.objective import fairness_price, priority_worth
from recommendations.planning.problem import Placement, Solution, StartRange
from recommendations.planning.snapshot import PlannedJob, Snapshot, slot_of
from recommendations.planning.states import Action
from recommendations.search.query import EligibleContractor, ScoredCandidate
from smartscheduler.core.formatting import short_day
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import ROAD

logger = structlog.get_logger(__name__)
# Candidates that are counted exactly for "third of 40"; with more, the number is a lower limit.
MOST_COUNTED = 12


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A job with its contractor and slot, and the parts of its worth."""

    planned: PlannedJob
    contractor: Contractor
    slot: TimeSlot
    score: Score
    travel: int
    fairness: int = 0

    @property
    def disruption(self) -> int:
        so_far, rules = self.planned.so_far, self.planned.query.rules
        return so_far.disruption(self.contractor.pk, self.slot.start, rules) if so_far else 0

    @property
    def worth(self) -> int:
        priority = priority_worth(self.planned.job.priority, self.planned.query.rules)
        return priority + self.score.total - self.travel - self.fairness - self.disruption

    @property
    def action(self) -> Action:
        so_far = self.planned.so_far
        if so_far is None:
            return Action.BOOK
        if so_far.contractor_id != self.contractor.pk:
            return Action.REASSIGN
        return Action.MOVE if so_far.slot.start != self.slot.start else Action.KEEP


def normalized(snapshot: Snapshot, placements: Iterable[Placement]) -> list[Placement]:
    """Each placement by the best of the ranges that contain its start: a booking at its own time is no change."""
    options = {(option.job, option.segment): option for option in snapshot.problem.options}
    return [
        placement._replace(range=_best_range(options[placement.job, placement.segment].ranges, placement.start))
        for placement in placements
    ]


def _best_range(ranges: Sequence[StartRange], start: int) -> int:
    fitting = [number for number, each in enumerate(ranges) if each[0] <= start <= each[1]]
    return max(fitting, key=lambda number: (ranges[number][2], -number))


def place(snapshot: Snapshot, placements: Iterable[Placement]) -> list[Placed]:
    """The placements with contractor, slot, score, travel and fairness, in order of contractor and start."""
    problem = snapshot.problem
    options = {(option.job, option.segment): option for option in problem.options}
    by_segment = groupby(
        sorted(placements, key=lambda placement: (placement.segment, placement.start)),
        lambda placement: placement.segment,
    )
    placed = []
    for number, group in by_segment:
        route, segment = list(group), problem.segments[number]
        contractor = snapshot.contractors[segment.contractor]
        days = [options[each.job, number].ranges[each.range].day for each in route]
        for position, placement in enumerate(route):
            option, site = options[placement.job, number], problem.jobs[placement.job].site
            day = days[position]
            if position:
                leg = problem.legs[problem.jobs[route[position - 1].job].site][site]
                travel = leg.price if day == days[position - 1] else 0
            else:
                travel = (option.price_before if day == segment.days[0] else 0) - segment.price
            if position == len(route) - 1 and day == segment.days[1]:
                travel += option.price_after
            placed.append(_placed(snapshot.jobs[placement.job], contractor, placement.start, travel))
    return _with_fairness(snapshot, placed)


def _placed(planned: PlannedJob, contractor: Contractor, start: int, travel: int) -> Placed:
    slot = slot_of(planned, start)
    contender = next(contender for contender in planned.eligible if contender.id == contractor.pk)
    score = planned.query.score(contender.rating, contender.miles, planned.offset(slot.start))
    return Placed(planned=planned, contractor=contractor, slot=slot, score=score, travel=travel)


def _with_fairness(snapshot: Snapshot, placed: Iterable[Placed]) -> list[Placed]:
    """Each new job of a contractor with its share of the price of uneven work, in order of time."""
    new: Counter[UUID] = Counter()
    result = []
    for each in sorted(placed, key=lambda each: (each.contractor.pk, each.slot)):
        if each.planned.so_far is None:
            each = replace(each, fairness=fairness_price(new[each.contractor.pk], snapshot.rules))
            new[each.contractor.pk] += 1
        result.append(each)
    return result


def dropped_price(snapshot: Snapshot) -> int:
    """What the solver's worth has more than the rows: the price of dropping each booking, as worth of keeping it."""
    return sum(planned.dropping for planned in snapshot.jobs)


def checked(snapshot: Snapshot, solution: Solution) -> tuple[list[Placement], list[str]]:
    """The placements that the engine accepts, and the rules by which it refuses others.

    A refused placement is a defect. It is logged and left out.
    """
    placements = normalized(snapshot, solution.placements)
    by_contractor: dict[int, list[Placement]] = defaultdict(list)
    for placement in placements:
        by_contractor[snapshot.problem.segments[placement.segment].contractor].append(placement)
    kept, refused = [], []
    for number, group in by_contractor.items():
        contractor = snapshot.contractors[number]
        for placement in group:
            others = [other for other in group if other is not placement]
            reasons = _obstacles(snapshot, contractor, placement, others)
            if reasons:
                refused.append(reasons[0].code.value)
                job = snapshot.jobs[placement.job].job.job_number
                logger.error("plan_item_refused", job=job, contractor=str(contractor.pk), why=reasons[0].code.value)
            else:
                kept.append(placement)
    return sorted(kept), refused


def _obstacles(
    snapshot: Snapshot, contractor: Contractor, placement: Placement, others: Sequence[Placement]
) -> list[Reason]:
    planned = snapshot.jobs[placement.job]
    calendar = snapshot.calendars[contractor.pk]
    bookings = [*calendar.bookings, *(_booking(snapshot.jobs[other.job], other.start) for other in others)]
    calendar = planned.within_hours(replace(calendar, bookings=bookings))
    slot, request, so_far = slot_of(planned, placement.start), planned.request, planned.so_far
    if so_far and not so_far.changes(contractor.pk, slot.start):
        request = replace(request, arrival=None)  # a booking that broke its window stays as it is
    return booking_obstacles(contractor, request, slot, calendar, planned.site, snapshot.rules)


def _booking(planned: PlannedJob, start: int) -> Booking:
    return Booking(slot_of(planned, start), planned.request.point, planned.job.pk)


def items_of(snapshot: Snapshot, placements: Sequence[Placement]) -> list[PlanItem]:
    """The rows of the plan, without the plan: new bookings and changes by start, then dropped bookings."""
    placed = sorted(place(snapshot, placements), key=lambda each: (each.slot, each.planned.job.job_number))
    there = {each.planned.job.pk for each in placed}
    dropped = [planned for planned in snapshot.jobs if planned.so_far and planned.job.pk not in there]
    bundles = Bundles(snapshot, placed, dropped)
    items = [_item(snapshot, each, bundles) for each in placed]
    items += [_dropped(planned, bundles) for planned in dropped]
    for position, item in enumerate(items):
        item.position = position
    return items


def _item(snapshot: Snapshot, placed: Placed, bundles: "Bundles") -> PlanItem:
    planned, score = placed.planned, placed.score
    rank, considered, exact, first = _rank(snapshot, placed)
    breakdown = _breakdown(placed).as_json()
    if first and first != placed.contractor.pk:
        breakdown[FIRST_CONTRACTOR] = str(first)
    item = PlanItem(
        action=placed.action,
        bundle=bundles.number(planned.job.pk),
        job=planned.job,
        contractor=placed.contractor,
        priority_worth=priority_worth(planned.job.priority, snapshot.rules),
        score=as_decimal(score.total),
        score_breakdown=breakdown,
        travel=placed.travel,
        fairness=placed.fairness,
        disruption=placed.disruption,
        worth=placed.worth,
        rank=rank,
        candidates_considered=considered,
        candidates_exact=exact,
    )
    item.slot = placed.slot
    return _with_booking_so_far(item, planned)


def _dropped(planned: PlannedJob, bundles: "Bundles") -> PlanItem:
    price = planned.dropping
    item = PlanItem(
        action=Action.DROP, bundle=bundles.number(planned.job.pk), job=planned.job, disruption=price, worth=-price
    )
    return _with_booking_so_far(item, planned)


def _with_booking_so_far(item: PlanItem, planned: PlannedJob) -> PlanItem:
    if so_far := planned.so_far:
        item.previous_assignment_id, item.previous_version = so_far.assignment_id, so_far.version
        item.previous_contractor_id, item.slot_so_far = so_far.contractor_id, so_far.slot
    return item


def _breakdown(placed: Placed) -> Breakdown:
    query, contractor = placed.planned.query, placed.contractor
    route = query.site.route_from(contractor.point, query.rules.pace)
    day = short_day(placed.slot.start.astimezone(query.request.zone).date())
    explanation = explain(
        score=placed.score,
        weights=query.weights,
        rated=rated(contractor.rating, contractor.rating_count),
        distance=distance(f"{route.miles:.1f}", route.minutes, by_road=route.source == ROAD),
        free=gettext("Planned for {day}").format(day=day),
    )
    return Breakdown.of(placed.score, query.weights, explanation)


def _rank(snapshot: Snapshot, placed: Placed) -> tuple[int | None, int, bool, UUID | None]:
    """The rank of the contractor for this job alone, by the bookings of today, the number of candidates, and the first.

    None if the contractor would not be a candidate today, for example because the plan frees the time first.
    """
    planned = placed.planned
    by_id = {contender.id: contender for contender in planned.eligible}
    own = _candidate(snapshot, planned, by_id[placed.contractor.pk])
    if own is None:
        return None, 0, False, None
    rank, candidates, first = 1, 1, own
    for opened, contender in enumerate(planned.eligible):
        matters = contender.best_order < own.order
        if not matters and opened >= MOST_COUNTED:
            return rank, candidates, False, first.contender.id
        if contender.id == placed.contractor.pk:
            continue
        if candidate := _candidate(snapshot, planned, contender):
            candidates += 1
            rank += candidate.order < own.order
            first = min(first, candidate, key=lambda each: each.order)
    return rank, candidates, True, first.contender.id


def _candidate(snapshot: Snapshot, planned: PlannedJob, contender: EligibleContractor) -> ScoredCandidate | None:
    calendar = snapshot.today.get(contender.id)
    return planned.query.candidate(contender, planned.within_hours(calendar)) if calendar else None


class Bundles:
    """Numbers of the bundles: items that use time which another item frees belong together."""

    def __init__(self, snapshot: Snapshot, placed: Sequence[Placed], dropped: Sequence[PlannedJob]) -> None:
        self._parent: dict[UUID, UUID] = {}
        self._numbers: dict[UUID, int] = {}
        changed = [each for each in placed if each.action != Action.KEEP]
        freed: dict[UUID, list[PlannedJob]] = defaultdict(list)
        for planned in [*(each.planned for each in changed), *dropped]:
            if planned.so_far:
                freed[planned.so_far.contractor_id].append(planned)
        for each in changed:
            for planned in freed[each.contractor.pk]:
                if planned is not each.planned and self._needs(snapshot, each, planned):
                    self._parent[self._root(each.planned.job.pk)] = self._root(planned.job.pk)

    def number(self, job_id: UUID) -> int:
        return self._numbers.setdefault(self._root(job_id), len(self._numbers))

    def _root(self, job_id: UUID) -> UUID:
        while (parent := self._parent.get(job_id, job_id)) != job_id:
            job_id = parent
        return job_id

    @staticmethod
    def _needs(snapshot: Snapshot, placed: Placed, freed: PlannedJob) -> bool:
        """Whether the slot of `placed` is free only without the booking of `freed`."""
        assert freed.so_far  # noqa: S101
        booking = Booking(freed.so_far.slot, freed.request.point)
        calendar = Calendar(placed.contractor.zone, bookings=[booking])
        blocked = blocked_time(calendar, placed.planned.site, snapshot.rules)
        return any(slot.overlaps(placed.slot) for slot in blocked)


def rows_worth(snapshot: Snapshot, placements: Sequence[Placement]) -> int:
    """The worth of the rows: what the solver's objective says of them, less the prices of dropping."""
    return worth_of(snapshot.problem, placements) - dropped_price(snapshot)


def first_start(items: Iterable[PlanItem]) -> datetime | None:
    """The first start among the items that change something."""
    starts = [item.slot.start for item in items if item.slot and item.is_change]
    return min(starts, default=None)

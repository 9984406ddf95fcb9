"""Figures of a plan: today, by hand, and as proposed. Pure over a snapshot.

*Today* is the bookings as they are. *By hand* books each open job, most urgent first, with the first of its ranking:
what a coordinator gets without a plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from assignments.availability import Booking, Calendar
from assignments.scoring import as_decimal
from jobs.models import Job
from jobs.querysets import URGENCY
from recommendations.planning.problem import Placement
from recommendations.planning.results import Placed, normalized, place
from recommendations.planning.snapshot import PlannedJob, Snapshot, minutes
from recommendations.search.query import ScoredCandidate
from smartscheduler.places import Point
from smartscheduler.timeslots import TimeSlot

HOUR = timedelta(hours=1)
Stop = tuple[TimeSlot, Point]


class Booked(NamedTuple):
    """A job of the plan with a contractor and a slot, in one of the three states that are compared."""

    planned: PlannedJob
    contractor_id: UUID
    slot: TimeSlot
    score: int


class Figures:
    """Computes the figures of bookings on top of those that stay, whose miles and hours are added up once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._fixed = {pk: list(_stops(calendar)) for pk, calendar in snapshot.calendars.items()}
        self._miles = {pk: self._miles_of(pk, stops) for pk, stops in self._fixed.items()}
        self._hours = {pk: _hours(stops) for pk, stops in self._fixed.items()}

    def of(self, booked: Sequence[Booked]) -> dict[str, Any]:
        """Planned and unplanned jobs, mean score, days late, miles between jobs, hours, and customers who are moved."""
        miles, hours = self._with(booked)
        there = {each.planned.job.pk: each for each in booked}
        left_out = [planned for planned in self.snapshot.jobs if planned.job.pk not in there]
        return {
            "planned": len(booked),
            "unplanned": len(left_out),
            "urgent_unplanned": sum(planned.job.priority == Job.Priority.URGENT for planned in left_out),
            "mean_score": _mean([each.score for each in booked]),
            "days_late": sum(max(0, each.planned.offset(each.slot.start)) for each in booked),
            "miles": round(miles, 1),
            "busiest_hours": round(max(hours.values(), default=0.0), 2),
            "idlest_hours": round(min(hours.values(), default=0.0), 2),
            "customers_moved": self._moved(there),
        }

    def _with(self, booked: Sequence[Booked]) -> tuple[float, dict[UUID, float]]:
        new: dict[UUID, list[Stop]] = defaultdict(list)
        for each in booked:
            new[each.contractor_id].append((each.slot, each.planned.request.point))
        miles, hours = dict(self._miles), dict(self._hours)
        for pk, stops in new.items():
            miles[pk] = self._miles_of(pk, [*self._fixed[pk], *stops])
            hours[pk] += _hours(stops)
        return sum(miles.values()), hours

    def _moved(self, there: dict[UUID, Booked]) -> int:
        moved = 0
        for planned in self.snapshot.jobs:
            if planned.so_far:
                now = there.get(planned.job.pk)
                moved += now is None or planned.so_far.changes(now.contractor_id, now.slot.start)
        return moved

    def _miles_of(self, contractor_id: UUID, stops: Iterable[Stop]) -> float:
        """Miles between consecutive sites of each working day."""
        days = defaultdict(list)
        for slot, point in sorted(stops):
            days[self.snapshot.working_day(contractor_id, slot.start)].append(point)
        return sum(
            self.snapshot.sites[target].miles_from(origin)
            for points in days.values()
            for origin, target in pairwise(points)
        )

    def day_miles(self, booked: Sequence[Booked]) -> dict[UUID, tuple[float, float]]:
        """By job: miles of its contractor's working day with the bookings of today, and with `booked`."""
        before, after = (
            defaultdict[tuple[UUID, date], list[Stop]](list),
            defaultdict[tuple[UUID, date], list[Stop]](list),
        )
        for pk in self._fixed:
            for stop in _stops(self.snapshot.today[pk]):
                before[self._day(pk, stop[0])].append(stop)
            for stop in self._fixed[pk]:
                after[self._day(pk, stop[0])].append(stop)
        days = {each.planned.job.pk: self._day(each.contractor_id, each.slot) for each in booked}
        for each in booked:
            after[days[each.planned.job.pk]].append((each.slot, each.planned.request.point))
        miles = {
            day: (self._miles_of(day[0], before[day]), self._miles_of(day[0], after[day])) for day in {*days.values()}
        }
        return {job: miles[day] for job, day in days.items()}

    def _day(self, contractor_id: UUID, slot: TimeSlot) -> tuple[UUID, date]:
        return contractor_id, self.snapshot.working_day(contractor_id, slot.start)


def as_booked(placed: Iterable[Placed]) -> list[Booked]:
    return [Booked(each.planned, each.contractor.pk, each.slot, each.score.total) for each in placed]


def booked_by(snapshot: Snapshot, placements: Sequence[Placement]) -> list[Booked]:
    """The bookings that placements stand for."""
    return as_booked(place(snapshot, placements))


def placements_of(snapshot: Snapshot, booked: Iterable[Booked]) -> list[Placement]:
    """The placements that bookings stand for, without those that have no listed option."""
    by_job = {each.planned.job.pk: each for each in booked}
    placements = []
    for option in snapshot.problem.options:
        each = by_job.get(snapshot.jobs[option.job].job.pk)
        contractor = snapshot.contractors[snapshot.problem.segments[option.segment].contractor]
        if each is None or each.contractor_id != contractor.pk:
            continue
        start = minutes(each.slot.start)
        if any(start_range.earliest <= start <= start_range.latest for start_range in option.ranges):
            placements.append(Placement(option.job, option.segment, start, 0))
    return normalized(snapshot, placements)


def today(snapshot: Snapshot) -> list[Booked]:
    """The bookings that may change, as they are."""
    return [
        Booked(planned, so_far.contractor_id, so_far.slot, _score_so_far(planned))
        for planned in snapshot.jobs
        if (so_far := planned.so_far)
    ]


def _score_so_far(planned: PlannedJob) -> int:
    """The score of the present booking; 0 for a contractor who could not be booked today."""
    assert planned.so_far  # noqa: S101
    for contender in planned.eligible:
        if contender.id == planned.so_far.contractor_id:
            offset = planned.offset(planned.so_far.slot.start)
            return planned.query.score(contender.rating, contender.miles, offset).total
    return 0


def by_hand(snapshot: Snapshot) -> list[Booked]:
    """The bookings of today, and each open job, most urgent first, with the first of its ranking at that time."""
    calendars, booked = dict(snapshot.today), today(snapshot)
    for planned in sorted(snapshot.open_jobs, key=_urgency):
        if best := _first(planned, calendars):
            slot = planned.query.suggested(best)
            booked.append(Booked(planned, best.contender.id, slot, best.score.total))
            calendars[best.contender.id] = _with_booking(calendars[best.contender.id], planned, slot)
    return booked


def _urgency(planned: PlannedJob) -> tuple[int, datetime, UUID]:
    return URGENCY[planned.job.priority], planned.job.desired_date, planned.job.pk


def _first(planned: PlannedJob, calendars: dict[UUID, Calendar]) -> ScoredCandidate | None:
    """The first candidate of the ranking. Contenders come by their bounds, so the search ends early."""
    best: ScoredCandidate | None = None
    for contender in planned.eligible if planned.days[0] <= planned.days[1] else ():
        if best is not None and contender.best_order > best.order:
            break
        calendar = calendars.get(contender.id)
        candidate = planned.query.candidate(contender, planned.within_hours(calendar)) if calendar else None
        if candidate and (best is None or candidate.order < best.order):
            best = candidate
    return best


def _with_booking(calendar: Calendar, planned: PlannedJob, slot: TimeSlot) -> Calendar:
    booking = Booking(slot, planned.request.point, planned.job.pk)
    return Calendar(calendar.zone, calendar.shifts, calendar.absences, [*calendar.bookings, booking])


def _stops(calendar: Calendar) -> Iterable[Stop]:
    return ((booking.slot, booking.site) for booking in calendar.bookings)


def _hours(stops: Iterable[Stop]) -> float:
    return sum((slot.duration for slot, _ in stops), timedelta()) / HOUR


def _mean(scores: Sequence[int]) -> float | None:
    return float(as_decimal(round(sum(scores) / len(scores)))) if scores else None

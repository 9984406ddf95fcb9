"""Import of past work, which the services rightly refuse to book.

Each choice comes from the real ranking at the time of the booking, and each slot lies in the free time from the
availability engine. The rows have their past dates and pass all constraints. No events are published for them.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from assignments.availability import Booking, Calendar, blocked_time
from assignments.decision_record import Decision
from assignments.models import Assignment
from contractors.models import Contractor
from jobs.arrival import USUAL_WINDOW
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import best_candidates, contractors_by_id, ranked_candidate
from recommendations.results import RankedCandidate
from recommendations.search.query import RankingQuery
from smartscheduler.accounts.models import User
from smartscheduler.ops.demo.jobs import Order
from smartscheduler.places import Point
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import Site

# How far back occupied slots of contractors are loaded.
MEMORY = timedelta(days=40)


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot of a candidate, with the decision record to store."""

    entry: RankedCandidate
    slot: TimeSlot
    candidates_considered: int
    rules: Rules

    @property
    def decision(self) -> Decision:
        return Decision(
            rules=self.rules,
            score=self.entry.score,
            score_breakdown=self.entry.breakdown.as_json(),
            rank=self.entry.rank,
            candidates_considered=self.candidates_considered,
        )


class Archive:
    """Past work by contractor, which the availability engine does not consider."""

    def __init__(self, rules: Rules, actor: User | None, now: datetime) -> None:
        self._rules, self._actor = rules, actor
        self._work: dict[UUID, list[Booking]] = defaultdict(list)
        past = Assignment.objects.exclude(status=Assignment.Status.CANCELLED).filter(
            time_slot__endswith__gt=now - MEMORY, time_slot__startswith__lte=now
        )
        for assignment in past.select_related("job"):
            self._work[assignment.contractor_id].append(Booking(assignment.slot, assignment.job.point))

    def choices(self, order: Order, *, most: int) -> Iterator[Choice]:
        """Slots of the best candidates at the time of the booking, best candidate first, without occupied slots."""
        job = Job(**order.made(order.ordered_at))
        search = replace(RankingQuery.of(JobRequest.of(job), self._rules), now=order.booked_at)
        (best,) = best_candidates([search], most)
        people = contractors_by_id([candidate.contender.id for candidate in best.candidates])
        for rank, candidate in enumerate(best.candidates, start=1):
            ranked = ranked_candidate(search, candidate, rank, people[candidate.contender.id])
            for slot in ranked.slots:
                if not self._at_work(ranked.contractor, slot, job.point):
                    yield Choice(ranked, slot, best.met, self._rules)

    def _at_work(self, contractor: Contractor, slot: TimeSlot, site: Point) -> bool:
        calendar = Calendar(contractor.zone, bookings=self._work[contractor.pk])
        return any(blocked.overlaps(slot) for blocked in blocked_time(calendar, Site(site), self._rules))

    def keep(self, order: Order, choice: Choice, now: datetime, *, done: bool) -> Assignment:
        """Store the job and its assignment in a slot that has started: completed or in progress."""
        job = self._keep_job(order, choice, now, done=done)
        assignment = Assignment(
            id=job.pk,
            job=job,
            contractor=choice.entry.contractor,
            assigned_by=self._actor,
            status=job.status,
            confirmed_at=order.booked_at + timedelta(minutes=order.chance.randint(15, 240)),
            started_at=min(now, choice.slot.start + timedelta(minutes=order.chance.randint(0, 9))),
            completed_at=job.completed_at,
        )
        assignment.slot = choice.slot
        assignment.record(choice.decision)
        assignment.clean_fields()
        assignment.save(force_insert=True)
        Assignment.objects.filter(pk=assignment.pk).update(created_at=order.booked_at)
        self._work[assignment.contractor_id].append(Booking(choice.slot, job.point))
        return assignment

    def _keep_job(self, order: Order, choice: Choice, now: datetime, *, done: bool) -> Job:
        late = timedelta(minutes=order.chance.randint(-15, 15))
        window = window_around(choice.slot.start) if order.has_window else None
        job = Job(
            **order.made(order.ordered_at, desired_date=min(order.fields["desired_date"], choice.slot.start)),
            window_start=window and window.start,
            window_end=window and window.end,
            status=Job.Status.COMPLETED if done else Job.Status.IN_PROGRESS,
            completed_at=min(now, choice.slot.end + late) if done else None,
        )
        return _import(job, order)

    def keep_lost(self, order: Order) -> Job:
        """Store a job that no contractor could take: cancelled a day after the order."""
        job = Job(
            **order.made(order.ordered_at),
            status=Job.Status.CANCELLED,
            cancelled_at=order.ordered_at + timedelta(days=1),
            cancel_reason="No contractor was available in time.",
        )
        return _import(job, order)


def window_around(start: datetime) -> TimeSlot:
    """The arrival window of a booking: two hours that begin at its start, or up to half an hour before."""
    begins = start - timedelta(minutes=start.minute % 30, seconds=start.second, microseconds=start.microsecond)
    return TimeSlot(begins, begins + USUAL_WINDOW)


def _import(job: Job, order: Order) -> Job:
    job.clean_fields()
    job.save(force_insert=True)
    Job.objects.filter(pk=job.pk).update(created_at=order.ordered_at)
    return job

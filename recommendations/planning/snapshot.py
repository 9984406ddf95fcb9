"""Snapshot of a plan: everything that it reads, on one state of the database, as a problem in integers.

Eligibility, free time, drives and scores come from the engine of the ranking and of bookings. The solver gets start
ranges and prices, and knows no rule. Everything is sparse: a pair of a job and a contractor's day exists only if the
engine has found a start in it.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Max, Q

from assignments.availability import Booking, Calendar, free_within, working_time
from assignments.calendars import load_calendars
from assignments.local_time import day_at, day_of, local_instant
from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet
from assignments.states import MOVABLE, Status
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.planning.eligible import FEWEST_KEPT, MOST_PAIRS, ContractorIndex
from recommendations.planning.objective import BookingSoFar, priority_worth, travel_price
from recommendations.planning.problem import REQUIRED, Leg, Option, PlanJob, Problem, Segment, StartRange
from recommendations.planning.scope import Scope
from recommendations.planning.segments import Stretch, by_working_day, stretches_of, working_day
from recommendations.planning.states import Lock, MayChange
from recommendations.search.query import EligibleContractor, RankingQuery
from smartscheduler.core.db.transactions import snapshot as one_state
from smartscheduler.events.models import OutboxEvent
from smartscheduler.places import Point, drive_minutes
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, unchecked, union, without
from smartscheduler.travel.estimates import known_sites
from smartscheduler.travel.routes import Site

MINUTE, ONE_DAY = timedelta(minutes=1), timedelta(days=1)
STEP = 5
GRID = 30
# Options of all jobs together up to which all are listed. Above it, each job lists its best ones, at least so many.
MOST_OPTIONS, FEWEST_OF_A_JOB = 60_000, 60
# How far after its days a job that is left out is looked at.
LOOK_AHEAD_DAYS = 60


@dataclass(frozen=True, kw_only=True)
class PlannedJob:
    """A job of the plan. `so_far` is its booking if it may change, `days` the local days at the site that count."""

    job: Job
    query: RankingQuery
    days: tuple[date, date]
    not_before: datetime
    eligible: Sequence[EligibleContractor]
    # The highest score that eligible contractors beyond those listed could have; None without others.
    bound_of_others: int | None = None
    so_far: BookingSoFar | None = None
    lock: str = ""
    # The earliest and latest start of a day at the site; None for any.
    start_hours: tuple[time, time] | None = None

    @property
    def request(self) -> JobRequest:
        return self.query.request

    @property
    def site(self) -> Site:
        return self.query.site

    def within_hours(self, calendar: Calendar) -> Calendar:
        """The calendar with all time as absence in which work that starts in the start hours cannot lie."""
        if self.start_hours is None:
            return calendar
        return replace(calendar, absences=[*calendar.absences, *self._outside_hours])

    @cached_property
    def _outside_hours(self) -> list[TimeSlot]:
        assert self.start_hours  # noqa: S101
        zone, (earliest, latest) = self.request.zone, map(_since_midnight, self.start_hours)
        first, last = self.days[0] - ONE_DAY, self.days[1] + timedelta(days=LOOK_AHEAD_DAYS)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        allowed = [
            unchecked((local_instant(day, earliest, zone), local_instant(day, latest, zone) + self.request.duration))
            for day in days
        ]
        return without([unchecked((day_at(first, zone).start, day_at(last, zone).end))], union(allowed))

    @property
    def dropping(self) -> int:
        """The price of dropping the booking, beside the worth of its job. A locked one is never dropped."""
        if self.so_far is None:
            return 0
        return self.so_far.dropped(self.query.rules) + (REQUIRED if self.lock else 0)

    def offset(self, start: datetime) -> int:
        """Days from the desired day to the day of `start`, at the site."""
        return (day_of(start, self.request.zone) - self.query.first_day).days


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """All that a plan has read. `calendars` contain the bookings that stay, `today` all bookings, `working` the hours.

    Jobs, contractors and segments have the numbers of the problem. `stretches[n]` are the instants of segment n.
    """

    scope: Scope
    rules: Rules
    now: datetime
    event_head: int
    jobs: Sequence[PlannedJob]
    contractors: Sequence[Contractor]
    calendars: dict[UUID, Calendar]
    today: dict[UUID, Calendar]
    working: dict[UUID, list[TimeSlot]]
    problem: Problem
    stretches: Sequence[Stretch]
    sites: dict[Point, Site]
    kept: int
    conflicts: Sequence[dict[str, object]]

    @property
    def open_jobs(self) -> list[PlannedJob]:
        return [planned for planned in self.jobs if planned.so_far is None]

    @property
    def movable(self) -> int:
        return sum(planned.so_far is not None for planned in self.jobs)

    def working_day(self, contractor_id: UUID, moment: datetime) -> date:
        """The day of the contractor to which work that starts at `moment` belongs."""
        return working_day(self.working[contractor_id], moment, self.calendars[contractor_id].zone)


def read_snapshot(scope: Scope, *, now: datetime) -> Snapshot:
    """Read the state of now in one transaction, which ends before the problem is computed."""
    with one_state(), connection.cursor() as cursor:
        # Who is eligible is computed between two queries. That can take minutes on a busy machine.
        seconds = f"{settings.PLAN_PROCESS_SECONDS}s"
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [seconds])
        rules = current_rules()
        head = OutboxEvent.objects.aggregate(Max("sequence"))["sequence__max"] or 0
        reading = Reading(scope, rules, now)
        reading.read()
    return reading.snapshot(head)


@dataclass(frozen=True, kw_only=True)
class ScopeSummary:
    """What a plan of a scope would be about: open jobs, contractors who could do at least one, days, and bookings.

    `movable` bookings may change, `kept` ones stay.
    """

    jobs: int
    contractors: int
    days: int
    kept: int
    movable: int


def summarize(scope: Scope, rules: Rules, *, now: datetime) -> ScopeSummary:
    """The summary of a valid scope, without opening a calendar, and with one look at each contractor if possible."""
    with one_state():
        return Reading(scope, rules, now).summary()


def _since_midnight(hour: time) -> timedelta:
    return timedelta(hours=hour.hour, minutes=hour.minute)


def minutes(moment: datetime) -> int:
    """Whole minutes since 1970, rounded down."""
    return int(moment.timestamp() // 60)


def instant(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


class Reading:
    """Reads the records of a scope, then builds the problem from them."""

    def __init__(self, scope: Scope, rules: Rules, now: datetime) -> None:
        self.scope, self.rules, self.now = scope, rules, now
        self.window = _window(scope)
        self.earliest = now + timedelta(hours=scope.lead_hours)

    def read(self) -> None:
        """All queries: jobs, contractors, bookings, calendars, road distances, conflicts."""
        self.read_scope()
        self._read_calendars()

    def read_scope(self) -> None:
        """Jobs, eligible contractors, and the bookings that may change or stay."""
        index, jobs = self._index(), self._open_jobs()
        self.most_eligible = max(FEWEST_KEPT, MOST_PAIRS // max(1, len(jobs)))
        self.jobs = self._planned(jobs, {}, index)
        ids = {contender.id for planned in self.jobs for contender in planned.eligible}
        movable = self._movable(ids)
        self.jobs += self._planned([assignment.job for assignment in movable], _by_job(movable), index)
        ids |= {contender.id for planned in self.jobs for contender in planned.eligible}
        self.ids = ids | {assignment.contractor_id for assignment in movable}
        self.moving = {assignment.job_id for assignment in movable}
        self.staying = self._staying(self.ids, self.moving)
        self.kept = self.staying.count()

    def summary(self) -> ScopeSummary:
        """What `read_scope` reads, in numbers: for each job, only contractors whom no job before it has are checked."""
        index, jobs = self._index(), self._open_jobs()
        able = self._able(jobs, index, set())
        movable = self._movable(able)
        able = self._able([assignment.job for assignment in movable], index, able)
        concerned = able | {assignment.contractor_id for assignment in movable}
        kept = self._staying(concerned, {assignment.job_id for assignment in movable}).count()
        return ScopeSummary(
            jobs=len(jobs), contractors=len(able), days=self.scope.days, kept=kept, movable=len(movable)
        )

    def _able(self, jobs: Sequence[Job], index: ContractorIndex, known: Set[UUID]) -> set[UUID]:
        """The known contractors and those who could do one of the jobs on its days."""
        able = set(known)
        sites = known_sites([job.point for job in jobs])
        for job, site in zip(jobs, sites, strict=True):
            query, (first, last) = self._query(job, site)
            if first <= last:
                able.update(index.others(query, able))
        return able

    def _index(self) -> ContractorIndex:
        contractors = Contractor.objects.filter(status=Contractor.Status.ACTIVE)
        if self.scope.contractors is not None:
            contractors = contractors.filter(pk__in=self.scope.contractors)
        return ContractorIndex(contractors.exclude(pk__in=self.scope.excluded).order_by("pk"))

    def _open_jobs(self) -> list[Job]:
        return list(Job.objects.open().filter(pk__in=self.scope.jobs).order_by("pk"))

    def _staying(self, contractors: Set[UUID], moving: Set[UUID]) -> AssignmentQuerySet:
        live = Assignment.objects.live().filter(contractor__in=contractors).overlapping(self.window)
        return live.exclude(job__in=moving)

    def _read_calendars(self) -> None:
        self.contractors = list(Contractor.objects.filter(pk__in=self.ids).order_by("pk"))
        self.today = load_calendars(self.ids, self.window, self.rules)
        self.calendars = {pk: _without(calendar, self.moving) for pk, calendar in self.today.items()}
        broken = self.staying.exclude(conflict=None).order_by("time_slot", "pk")
        self.conflicts: list[dict[str, object]] = [
            {"assignment": str(pk), "job": number, "rules": rules}
            for pk, number, rules in broken.values_list("pk", "job__job_number", "conflict__rules")
        ]
        points = sorted({booking.site for calendar in self.calendars.values() for booking in calendar.bookings})
        self.sites = dict(zip(points, known_sites(points), strict=True))

    def _planned(self, jobs: Sequence[Job], so_far: dict[UUID, Assignment], index: ContractorIndex) -> list[PlannedJob]:
        sites = known_sites([job.point for job in jobs])
        return [self._planned_job(job, site, so_far.get(job.pk), index) for job, site in zip(jobs, sites, strict=True)]

    def _planned_job(self, job: Job, site: Site, booked: Assignment | None, index: ContractorIndex) -> PlannedJob:
        query, (first, last) = self._query(job, site)
        so_far = _so_far(booked) if booked else None
        lock = self.scope.locks.get(booked.pk, "") if booked else ""
        own = so_far.contractor_id if so_far else None
        eligible, others = index.eligible(query, own, self.most_eligible) if first <= last or so_far else ([], None)
        if so_far and lock == Lock.CONTRACTOR:
            eligible, others = [contender for contender in eligible if contender.id == own], None
        return PlannedJob(
            job=job,
            query=query,
            days=(first, last),
            not_before=query.now,
            eligible=eligible,
            bound_of_others=others,
            so_far=so_far,
            lock=lock,
            start_hours=self.scope.start_hours.get(job.pk),
        )

    def _query(self, job: Job, site: Site) -> tuple[RankingQuery, tuple[date, date]]:
        """The question for the contractors of a job, and the days at the site that count."""
        request = JobRequest.of(job)
        first, last = self._days(request, job)
        not_before = max(self.earliest, day_at(first, request.zone).start)
        return RankingQuery(request, (last - request.desired_day).days, not_before, self.rules, site), (first, last)

    def _days(self, request: JobRequest, job: Job) -> tuple[date, date]:
        """The days at the site that count: those of the scope from the desired day on, or those of the window."""
        first, last = self.scope.first_day, self.scope.last_day
        if request.arrival:
            first = max(first, day_of(request.arrival.start, request.zone))
            last = min(last, day_of(request.arrival.end, request.zone))
        else:
            first = max(first, request.desired_day)
        return first, min(last, self.scope.last_days.get(job.pk, last))

    def _movable(self, ids: set[UUID]) -> list[Assignment]:
        """Bookings of these contractors that the plan may change."""
        if self.scope.may_change == MayChange.OPEN_JOBS:
            return []
        states = [Status.PENDING] if self.scope.may_change == MayChange.PENDING else sorted(MOVABLE)
        frozen_until = self.now + timedelta(hours=self.scope.freeze_hours)
        live = Assignment.objects.filter(contractor__in=ids, status__in=states, time_slot__startswith__gt=frozen_until)
        whole = [pk for pk, lock in self.scope.locks.items() if lock == Lock.CONTRACTOR_AND_TIME]
        # A lock that cannot hold stays too, and is listed as a conflict.
        broken = Q(pk__in=list(self.scope.locks)) & (Q(conflict__isnull=False) | ~Q(contractor__status="active"))
        bookings = live.overlapping(self.window).exclude(Q(pk__in=whole) | broken)
        bookings = bookings.select_related("job").order_by("job_id")
        first, last = self.scope.first_day, self.scope.last_day
        return [booking for booking in bookings if first <= day_of(booking.slot.start, booking.job.zone) <= last]

    def snapshot(self, head: int) -> Snapshot:
        builder = ProblemBuilder(self)
        return Snapshot(
            scope=self.scope,
            rules=self.rules,
            now=self.now,
            event_head=head,
            jobs=self.jobs,
            contractors=self.contractors,
            calendars=self.calendars,
            today=self.today,
            problem=builder.problem(),
            working=builder.working,
            stretches=builder.stretches,
            sites=self.sites | {planned.request.point: planned.site for planned in self.jobs},
            kept=self.kept,
            conflicts=self.conflicts,
        )


def _window(scope: Scope) -> TimeSlot:
    """The days of the scope in any time zone."""
    zone = UTC
    start = datetime.combine(scope.first_day, datetime.min.time(), zone) - ONE_DAY
    return TimeSlot(start, datetime.combine(scope.last_day, datetime.min.time(), zone) + 2 * ONE_DAY)


def _by_job(assignments: Sequence[Assignment]) -> dict[UUID, Assignment]:
    return {assignment.job_id: assignment for assignment in assignments}


def _so_far(booked: Assignment) -> BookingSoFar:
    return BookingSoFar(
        assignment_id=booked.pk,
        version=booked.version,
        contractor_id=booked.contractor_id,
        slot=booked.slot,
        status=booked.status,
        has_window=booked.job.window is not None,
        zone=booked.job.zone,
    )


def _without(calendar: Calendar, jobs: set[UUID]) -> Calendar:
    if not jobs:
        return calendar
    return replace(calendar, bookings=[booking for booking in calendar.bookings if booking.job_id not in jobs])


class ProblemBuilder:
    """Builds the problem: segments, options with their start ranges and prices, and legs."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.rules = reading, reading.rules
        self.jobs = reading.jobs
        self.numbers = {contractor.pk: number for number, contractor in enumerate(reading.contractors)}
        self.stretches: list[Stretch] = []
        self.segments: list[Segment] = []
        self.places: dict[Point, int] = {}
        self.working: dict[UUID, list[TimeSlot]] = {}
        self.segments_of: dict[UUID, range] = {}
        self.sharing: dict[UUID, set[int]] = defaultdict(set)

    def problem(self) -> Problem:
        for planned in self.jobs:
            self.places.setdefault(planned.request.point, len(self.places))
        sites = len(self.places)
        self._make_segments()
        most = self._most_of_a_job()
        jobs, options = [], list[Option]()
        for number, planned in enumerate(self.jobs):
            listed, beyond = self._options_of(number, planned, most)
            options += listed
            jobs.append(self._job(planned, beyond))
        return Problem(
            jobs=jobs,
            segments=self.segments,
            options=options,
            legs=self._legs(sites),
            fairness=self.rules.prices.price_fairness,
            max_changes=self.reading.scope.max_changes,
            step=STEP,
        )

    def _job(self, planned: PlannedJob, beyond: int | None) -> PlanJob:
        worth = priority_worth(planned.job.priority, self.rules)
        # Leaving out a job that a customer was promised has a price. The solver sees it as worth of planning it.
        worth += planned.dropping
        return PlanJob(
            worth=worth,
            duration=_minutes_of(planned.request.duration),
            site=self.places[planned.request.point],
            booked=planned.so_far is not None,
            beyond=beyond,
        )

    def _make_segments(self) -> None:
        reach: dict[UUID, float] = defaultdict(float)
        for planned in self.jobs:
            for contender in planned.eligible:
                reach[contender.id] = max(reach[contender.id], contender.miles)
        for contractor in self.reading.contractors:
            calendar = self.reading.calendars[contractor.pk]
            working = self.working[contractor.pk] = working_time(calendar, self.reading.window)
            # Two of the contractor's sites are at most twice as far apart as the farthest is from the base.
            drive = timedelta(minutes=drive_minutes(2 * reach[contractor.pk], self.rules.pace))
            made = stretches_of(calendar, working, max(drive, self.rules.minimum_gap))
            self.segments_of[contractor.pk] = range(len(self.stretches), len(self.stretches) + len(made))
            self.stretches += made
            self.segments += [self._segment(contractor.pk, stretch) for stretch in made]

    def _segment(self, contractor_id: UUID, stretch: Stretch) -> Segment:
        before, after = stretch.before, stretch.after
        days = self._day_of(contractor_id, before), self._day_of(contractor_id, after)
        miles = self._site(after).miles_from(before.site) if before and after and days[0] == days[1] else 0.0
        return Segment(
            contractor=self.numbers[contractor_id],
            before=self.places.setdefault(before.site, len(self.places)) if before else None,
            after=self.places.setdefault(after.site, len(self.places)) if after else None,
            price=travel_price(miles, self.rules),
            grid=minutes(stretch.grid) % GRID,
            days=days,
        )

    def _day_of(self, contractor_id: UUID, booking: Booking | None) -> int:
        """The number of the working day of a booking; any without one."""
        if booking is None:
            return 0
        zone = self.reading.calendars[contractor_id].zone
        return self._number_of(working_day(self.working[contractor_id], booking.slot.start, zone))

    def _number_of(self, day: date) -> int:
        return (day - self.reading.scope.first_day).days

    def _site(self, booking: Booking) -> Site:
        return self.reading.sites[booking.site]

    def _most_of_a_job(self) -> int | None:
        """How many options a job may have; None for all."""
        days = self.reading.scope.days
        estimate = sum(
            len(planned.eligible) * min(days, (planned.days[1] - planned.days[0]).days + 1) for planned in self.jobs
        )
        if estimate <= MOST_OPTIONS:
            return None
        return max(FEWEST_OF_A_JOB, MOST_OPTIONS // len(self.jobs))

    def _options_of(self, number: int, planned: PlannedJob, most: int | None) -> tuple[list[Option], int | None]:
        """The options of a job, and the highest value that one which is not listed could have.

        Contractors come in the order of their bounds, so that none after the last calendar can have a better option.
        """
        best: list[tuple[int, int, Option]] = []
        own: list[Option] = []
        is_cut = False
        for contender in planned.eligible:
            if most is not None and len(best) >= most and contender.bound <= best[0][0]:
                is_cut = True
                break
            for option in self._options_with(number, planned, contender):
                if any(not start.change for start in option.ranges) and planned.so_far:
                    own.append(option)  # the booking as it is
                    continue
                value = max(start.value for start in option.ranges)
                entry = (value, -option.segment, option)
                if most is None or len(best) < most:
                    heapq.heappush(best, entry)
                else:
                    heapq.heappushpop(best, entry)
                    is_cut = True
        options = own + [option for _, _, option in best]
        for option in options:
            self.sharing[self.reading.contractors[self.segments[option.segment].contractor].pk].add(
                self.places[planned.request.point]
            )
        beyond = [best[0][0]] if is_cut else []
        beyond += [planned.bound_of_others] if planned.bound_of_others is not None else []
        return sorted(options, key=lambda option: option.segment), max(beyond, default=None)

    def _options_with(self, number: int, planned: PlannedJob, contender: EligibleContractor) -> Iterator[Option]:
        """The options with one contractor: one for each segment in which the engine has free time for the job."""
        calendar = self.reading.calendars.get(contender.id)
        if calendar is None:  # removed by SQL since the contractors were read
            return
        calendar = planned.within_hours(calendar)
        free = free_within(self.working[contender.id], calendar, planned.site, self.rules)
        segments = self.segments_of[contender.id]
        ranges: dict[int, list[StartRange]] = defaultdict(list)
        position = segments.start
        for slot in free:
            while position < segments.stop - 1 and self.stretches[position].slot.end <= slot.start:
                position += 1
            for start_range in self._ranges(planned, contender, slot, self.segments[position].grid if segments else 0):
                ranges[position].append(start_range)
        for segment, start_ranges in ranges.items():
            yield self._option(number, planned, segment, start_ranges)

    def _ranges(
        self, planned: PlannedJob, contender: EligibleContractor, free: TimeSlot, grid: int
    ) -> Iterator[StartRange]:
        """The start ranges in one free interval, one for each day at the site and each working day of the contractor.

        The score depends on the one, the price of the travel on the other.
        """
        latest = free.end - planned.request.duration
        if latest < free.start:
            return
        zone = self.reading.calendars[contender.id].zone
        for working, begin, end in by_working_day(self.working[contender.id], free.start, latest, zone):
            number, so_far = self._number_of(working), planned.so_far
            if so_far and begin <= so_far.slot.start <= end and self._may_keep_time(planned, contender):
                yield self._range(planned, contender, so_far.slot.start, so_far.slot.start, number)
            if so_far and planned.lock == Lock.TIME:
                continue
            for day in self._days_between(planned, begin, end):
                whole = day_at(day, planned.request.zone)
                since, until = max(begin, whole.start, planned.not_before), min(end, whole.end - MINUTE)
                if planned.request.arrival:
                    since, until = max(since, planned.request.arrival.start), min(until, planned.request.arrival.end)
                first, last = _rounded_up(since, grid), minutes(until)
                if first <= last:
                    yield self._range(planned, contender, instant(first), instant(last), number)

    def _may_keep_time(self, planned: PlannedJob, contender: EligibleContractor) -> bool:
        """Whether the booking can stay at its time: with its contractor always, with others in the arrival window."""
        so_far = planned.so_far
        assert so_far  # noqa: S101
        return so_far.contractor_id == contender.id or planned.request.allows(so_far.slot.start)

    def _days_between(self, planned: PlannedJob, start: datetime, end: datetime) -> Iterator[date]:
        zone, (first, last) = planned.request.zone, planned.days
        if planned.so_far and planned.lock == Lock.DAY:
            first = last = day_of(planned.so_far.slot.start, zone)
        day, last = max(first, day_of(start, zone)), min(last, day_of(end, zone))
        while day <= last:
            yield day
            day += ONE_DAY

    def _range(
        self, planned: PlannedJob, contender: EligibleContractor, first: datetime, last: datetime, working_day: int
    ) -> StartRange:
        score = planned.query.score(contender.rating, contender.miles, planned.offset(first)).total
        so_far, change = planned.so_far, 0
        if so_far:
            # Within a range only the own start is without a change, and that has a range of its own.
            other = first if first != so_far.slot.start or first == last else first + MINUTE
            change = int(so_far.changes(contender.id, other))
            score -= so_far.disruption(contender.id, other, self.rules)
        return StartRange(minutes(first), minutes(last), score, change, working_day)

    def _option(self, number: int, planned: PlannedJob, segment: int, ranges: Sequence[StartRange]) -> Option:
        stretch = self.stretches[segment]
        before, after, point = stretch.before, stretch.after, planned.request.point
        return Option(
            job=number,
            segment=segment,
            ranges=tuple(ranges),
            price_before=travel_price(planned.site.miles_from(before.site), self.rules) if before else 0,
            price_after=travel_price(self._site(after).miles_from(point), self.rules) if after else 0,
        )

    def _legs(self, sites: int) -> list[dict[int, Leg]]:
        """The travel between the sites of jobs that share a contractor."""
        together: list[set[int]] = [set() for _ in range(sites)]
        for shared in self.sharing.values():
            for place in shared:
                together[place] |= shared
        site_of = {self.places[planned.request.point]: planned.site for planned in self.jobs}
        same: dict[Leg, Leg] = {}
        legs = []
        for origin in range(sites):
            row = {}
            for target in sorted(together[origin]):
                leg = self._leg(site_of[origin], site_of[target])
                row[target] = same.setdefault(leg, leg)
            legs.append(row)
        return legs

    def _leg(self, origin: Site, target: Site) -> Leg:
        drive = max(target.drive_to_site(origin.point, self.rules.pace), self.rules.minimum_gap)
        return Leg(_minutes_of(drive), travel_price(target.miles_from(origin.point), self.rules))


def _minutes_of(duration: timedelta) -> int:
    """Whole minutes, rounded up."""
    return math.ceil(duration / MINUTE)


def _rounded_up(moment: datetime, grid: int) -> int:
    """The minute from which work can start: on the grid, or else the next five minutes."""
    minute = math.ceil(moment.timestamp() / 60)
    return minute if minute % GRID == grid else minute + -minute % STEP


def slot_of(planned: PlannedJob, start: int) -> TimeSlot:
    """The time slot of a placement."""
    begins = instant(start)
    return unchecked((begins, begins + planned.request.duration))

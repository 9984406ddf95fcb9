"""Bookings of the demo jobs: past ones are imported, present and future ones go through the services."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assignments import services
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from jobs.services import create_job
from recommendations.ranking import rank_candidates
from recommendations.results import RankedCandidate
from smartscheduler.accounts.models import User
from smartscheduler.ops.demo.jobs import Fate, Order, order
from smartscheduler.ops.demo.past import Archive, Choice, window_around
from smartscheduler.ops.demo.random import identity
from smartscheduler.ops.demo.vocabulary import CANCEL_REASONS, COMMENTS, OVERRIDE_REASONS
from smartscheduler.rules.values import Rules

Progress = Callable[[int], None]

MOST_RESULTS = 50
# A slot that starts earlier than this may have passed before it is booked.
SOON = timedelta(minutes=30)
# At hours without work: how many days back to search for work that is still in progress.
DAYS_BACK = 8


def book(*, seed: int, count: int, rules: Rules, actor: User | None, progress: Progress) -> int:
    """Create the missing jobs among the first `count` of `seed`. Returns their number."""
    present = set(Job.objects.values_list("id", flat=True))
    missing = [index for index in range(count) if identity(seed, "job", index) not in present]
    progress(count - len(missing))
    bookings = Bookings(rules, actor)
    # Past jobs first, so that the latest events belong to the present.
    orders = sorted((order(seed, index, timezone.now()) for index in missing), key=lambda planned: planned.fate.value)
    for planned in orders:
        with transaction.atomic():
            bookings.carry_out(planned)
        progress(1)
    return len(missing)


class Bookings:
    """Carries out orders one after the other."""

    def __init__(self, rules: Rules, actor: User | None) -> None:
        self.rules, self.actor = rules, actor
        self.archive = Archive(rules, actor, timezone.now())
        self.crew: UUID | None = None

    def carry_out(self, order: Order) -> None:
        match order.fate:
            case Fate.DONE:
                self._done(order)
            case Fate.RUNNING:
                self._running(order)
            case Fate.TODAY:
                self._today(order)
            case Fate.CREW:
                self._of_crew(order)
            case Fate.CONFIRMED | Fate.PENDING:
                self._booked(order)
            case Fate.CANCELLED:
                self._cancelled(order)
            case Fate.OPEN | Fate.URGENT:
                self._open(order)

    def _open(self, order: Order) -> None:
        """An open job; to some customers an arrival at the desired time is promised."""
        job = self._create(order)
        if order.has_window:
            self._promise(job, job.desired_date)

    def _promise(self, job: Job, start: datetime) -> None:
        services.promise_window(job_id=job.pk, window=window_around(start), actor=self.actor)

    def _done(self, order: Order) -> None:
        """A job that was completed within the last two weeks."""
        now = timezone.now()
        over = [choice for choice in self.archive.choices(order, most=5) if choice.slot.end <= now]
        if over:
            self._keep(order, _of_the_best(over, order), now)
        else:
            self.archive.keep_lost(order)

    def _keep(self, order: Order, choice: Choice, now: datetime) -> None:
        """Store work that has started; ended work is completed and usually rated."""
        over = choice.slot.end <= now
        assignment = self.archive.keep(order, choice, now, done=over)
        if over and order.chance.random() < 0.8:
            stars = min(10, max(3, round(order.chance.gauss(8.8, 1.2))))
            services.rate_assignment(
                assignment_id=assignment.pk,
                rating=Decimal(stars) / 2,
                comment=order.chance.choice(COMMENTS),
                actor=self.actor,
            )

    def _running(self, order: Order) -> None:
        """A job in progress. At hours without work, the latest work, prolonged until now."""
        now = timezone.now()
        for days in range(DAYS_BACK):
            earlier = order.earlier(days)
            begun = [choice for choice in self.archive.choices(earlier, most=50) if choice.slot.start <= now]
            if begun:
                self.archive.keep(earlier, max(begun, key=lambda choice: _latest(choice, now)), now, done=False)
                return
        self.archive.keep_lost(order)

    def _today(self, order: Order) -> None:
        """A job booked some days ago for today or the first free day: completed, in progress, or confirmed."""
        now = timezone.now()
        possible = [
            choice
            for choice in self.archive.choices(order, most=5)
            if choice.slot.start <= now or choice.slot.start >= now + SOON
        ]
        if not possible:
            self._create(order)
            return
        choice = _of_the_best(possible, order)
        if choice.slot.start <= now:
            self._keep(order, choice, now)
        else:
            job = self._create(order, desired_date=choice.slot.start)
            # The desired date is the day of the slot now, so the order of candidates may differ from the choice.
            first = rank_candidates(JobRequest.of(job), self.rules, max_results=1).entries
            is_first = bool(first) and first[0].contractor.pk == choice.entry.contractor.pk
            self._assign(job, choice.entry, choice.slot.start, order, is_first=is_first, confirm=True)

    def _of_crew(self, order: Order) -> None:
        """A visit of the crew that has a full day: a contractor for any type of job, the same for all visits."""
        job = self._create(order)
        entries = rank_candidates(JobRequest.of(job), self.rules, max_results=MOST_RESULTS).entries
        crews = [entry for entry in entries if entry.contractor.type == Contractor.Type.MULTI]
        # The first visit goes to the crew with the most time left on the day.
        crews.sort(key=lambda entry: (entry.suggested.start.date(), -len(entry.slots)))
        chosen = next((entry for entry in crews if entry.contractor.pk == self.crew), next(iter(crews), None))
        if chosen is None or chosen.suggested.start < timezone.now() + SOON:
            return
        self.crew = self.crew or chosen.contractor.pk
        self._assign(job, chosen, chosen.suggested.start, order, is_first=chosen.rank == 1, confirm=True)

    def _booked(self, order: Order) -> None:
        """A pending or confirmed job, assigned to the top candidate or sometimes to another one."""
        job = self._create(order)
        entries = rank_candidates(JobRequest.of(job), self.rules, max_results=3).entries
        if not entries:
            return
        chosen = entries[-1] if order.chance.random() < 0.15 else entries[0]
        start = order.chance.choice(chosen.slots).start
        if start >= timezone.now() + SOON:
            confirm = order.fate is Fate.CONFIRMED
            self._assign(job, chosen, start, order, is_first=chosen.rank == 1, confirm=confirm)

    def _cancelled(self, order: Order) -> None:
        if order.chance.random() < 0.5:
            job = self._create(order)
        else:
            self._booked(order)
            job = Job.objects.get(pk=order.fields["id"])
        services.cancel_job(job_id=job.pk, reason=order.chance.choice(CANCEL_REASONS), actor=self.actor)

    def _create(self, order: Order, **changes: datetime) -> Job:
        """A new open job with a desired date at least an hour ahead."""
        now = timezone.now()
        desired_date = max(changes.get("desired_date", order.fields["desired_date"]), _next_half_hour(now + SOON))
        return create_job(actor=self.actor, **order.made(now, desired_date=desired_date))

    def _assign(
        self, job: Job, entry: RankedCandidate, start: datetime, order: Order, *, is_first: bool, confirm: bool
    ) -> None:
        assignment = services.assign_job(
            job_id=job.pk,
            contractor_id=entry.contractor.pk,
            start=start,
            actor=self.actor,
            override_reason="" if is_first else order.chance.choice(OVERRIDE_REASONS),
        )
        if order.has_window:
            self._promise(job, start)
        # The order came some hours before the booking.
        Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - (order.booked_at - order.ordered_at))
        if confirm:
            services.confirm_assignment(assignment_id=assignment.pk, actor=self.actor)


def _of_the_best(choices: list[Choice], order: Order) -> Choice:
    """A random slot of the best candidate."""
    best = choices[0].entry.rank
    return order.chance.choice([choice for choice in choices if choice.entry.rank == best])


def _latest(choice: Choice, now: datetime) -> tuple[bool, datetime, int]:
    """Sort key whose maximum is a slot of the best candidate that lasts until now, else the latest start."""
    lasts = choice.slot.end > now
    return lasts, now if lasts else choice.slot.start, -choice.entry.rank


def _next_half_hour(moment: datetime) -> datetime:
    """The next full or half hour at or after `moment`."""
    return moment + (datetime.min.replace(tzinfo=moment.tzinfo) - moment) % SOON

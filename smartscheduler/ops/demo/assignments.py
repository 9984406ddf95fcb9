"""What becomes of each job: history is imported, the present and the future go through the services."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from assignments import services
from jobs.models import Job
from jobs.requirements import JobRequest
from jobs.services import create_job
from recommendations.ranking import rank_candidates
from recommendations.results import RankedCandidate
from smartscheduler.accounts.models import User
from smartscheduler.ops.demo.jobs import Fate, Order, order
from smartscheduler.ops.demo.past import Archive, Choice
from smartscheduler.ops.demo.random import identity
from smartscheduler.ops.demo.vocabulary import CANCEL_REASONS, COMMENTS, OVERRIDE_REASONS
from smartscheduler.rules.values import Rules

Progress = Callable[[int], None]

# A slot that begins sooner than this may be gone before it is booked.
SOON = timedelta(minutes=30)
# How many days back somebody is looked for who may still be at work, at hours when nobody is.
DAYS_BACK = 8


def book(*, seed: int, count: int, rules: Rules, actor: User | None, progress: Progress) -> int:
    """Make those of the first `count` jobs of the world `seed` that are missing; how many that were."""
    present = set(Job.objects.values_list("id", flat=True))
    missing = [index for index in range(count) if identity(seed, "job", index) not in present]
    progress(count - len(missing))
    bookings = Bookings(rules, actor)
    # History first: the latest events are then those of the present.
    orders = sorted((order(seed, index, timezone.now()) for index in missing), key=lambda one: one.fate.value)
    for one in orders:
        with transaction.atomic():
            bookings.carry_out(one)
        progress(1)
    return len(missing)


class Bookings:
    """Carries out one order after the other."""

    def __init__(self, rules: Rules, actor: User | None) -> None:
        self.rules, self.actor = rules, actor
        self.archive = Archive(rules, actor, timezone.now())

    def carry_out(self, order: Order) -> None:
        match order.fate:
            case Fate.DONE:
                self._done(order)
            case Fate.RUNNING:
                self._running(order)
            case Fate.TODAY:
                self._today(order)
            case Fate.CONFIRMED | Fate.PENDING:
                self._booked(order)
            case Fate.CANCELLED:
                self._cancelled(order)
            case Fate.OPEN | Fate.URGENT:
                self._create(order)

    def _done(self, order: Order) -> None:
        """Completed within the past fortnight."""
        now = timezone.now()
        over = [choice for choice in self.archive.choices(order, most=5) if choice.slot.end <= now]
        if over:
            self._keep(order, _of_the_best(over, order), now)
        else:
            self.archive.keep_lost(order)

    def _keep(self, order: Order, choice: Choice, now: datetime) -> None:
        """Keep what has begun; what is over is completed, and rated more often than not."""
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
        """In progress now; at hours when nobody works, what was begun last and takes longer."""
        now = timezone.now()
        for days in range(DAYS_BACK):
            earlier = order.earlier(days)
            begun = [choice for choice in self.archive.choices(earlier, most=50) if choice.slot.start <= now]
            if begun:
                self.archive.keep(earlier, max(begun, key=lambda choice: _latest(choice, now)), now, done=False)
                return
        self.archive.keep_lost(order)

    def _today(self, order: Order) -> None:
        """Booked some days ago for today, or for the first free day: done, in progress or confirmed by now."""
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
            # It is wanted on the day of the slot, and not on the one that the choice was made for: others may be first.
            first = rank_candidates(JobRequest.of(job), self.rules, max_results=1).entries
            is_first = bool(first) and first[0].contractor.pk == choice.entry.contractor.pk
            self._assign(job, choice.entry, choice.slot.start, order, is_first=is_first, confirm=True)

    def _booked(self, order: Order) -> None:
        """Assigned to the first of the ranking, now and then to another; pending or confirmed."""
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
        """A new open job; wanted in an hour at the earliest."""
        now = timezone.now()
        wanted = max(changes.get("desired_date", order.fields["desired_date"]), _next_half_hour(now + SOON))
        return create_job(actor=self.actor, **order.made(now, desired_date=wanted))

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
        # It was ordered some hours before somebody was found for it.
        Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - (order.booked_at - order.ordered_at))
        if confirm:
            services.confirm_assignment(assignment_id=assignment.pk, actor=self.actor)


def _of_the_best(choices: list[Choice], order: Order) -> Choice:
    """Any slot of the best candidate that is left."""
    best = choices[0].entry.rank
    return order.chance.choice([choice for choice in choices if choice.entry.rank == best])


def _latest(choice: Choice, now: datetime) -> tuple[bool, datetime, int]:
    """Sorts last: a slot that lasts until after now, of the best candidate; else the one that began last."""
    lasts = choice.slot.end > now
    return lasts, now if lasts else choice.slot.start, -choice.entry.rank


def _next_half_hour(moment: datetime) -> datetime:
    """The next full or half hour at or after `moment`."""
    return moment + (datetime.min.replace(tzinfo=moment.tzinfo) - moment) % SOON

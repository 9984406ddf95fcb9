"""One question to the ranking: what is asked for, and what a contractor is worth for it."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from assignments.availability import Calendar, FirstFreeDay, Visit, days_from, first_free_day
from assignments.scoring import Score, Weights, availability_part, distance_part, rating_part, score, total
from assignments.wanted_time import suggested_slot
from jobs.requirements import JobRequest
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, within_reach
from smartscheduler.travel.estimates import known_site
from smartscheduler.travel.routes import Site

# Minus the score, miles, minus the rating (hundredths of a star), name, id: sorts the best first.
Order = tuple[int, float, int, str, UUID]


class EligibleContractor(NamedTuple):
    """A contractor who passes every rule that needs no calendar.

    `miles` are those of the road where it is known, else of the straight line.
    `rating` is in hundredths of a star, `bound` a score in ten-thousandths that the contractor cannot pass.
    """

    id: UUID
    name: str
    rating: int
    miles: float
    bound: int

    def order(self, score: int) -> Order:
        """Where the contender stands with that score: better scores first, then distance, rating, name, id."""
        return (-score, self.miles, -self.rating, self.name, self.id)

    @property
    def best_order(self) -> Order:
        """The place that it cannot pass."""
        return (-self.bound, self.miles, -self.rating, self.name, self.id)


class ScoredCandidate(NamedTuple):
    """A contender with a free slot in the horizon, and its place: the smaller, the better."""

    order: Order
    contender: EligibleContractor
    free: FirstFreeDay
    score: Score
    calendar: Calendar


@dataclass(frozen=True)
class RankingQuery:
    """One question: the request, the horizon, the moment from which slots count, and the site with its known roads."""

    request: JobRequest
    horizon_days: int
    now: datetime
    rules: Rules
    site: Site

    @classmethod
    def of(
        cls,
        request: JobRequest,
        rules: Rules,
        horizon_days: int | None = None,
        now: datetime | None = None,
        site: Site | None = None,
    ) -> "RankingQuery":
        """A search from `now` on by `rules`; what is known of the roads is read unless `site` has it."""
        horizon = rules.horizon_days if horizon_days is None else horizon_days
        now = now or timezone.now()
        if not within_reach(request.desired_date, now=now):
            raise InvalidInput.of("desired_date", "The desired date is at most five years from now.")
        return cls(request, horizon, now, rules, site or known_site(request.point))

    @cached_property
    def weights(self) -> Weights:
        return Weights.of(self.rules)

    @property
    def max_miles(self) -> float:
        return self.rules.max_miles

    @cached_property
    def first_day(self) -> date:
        return self.request.desired_day

    @cached_property
    def visit(self) -> Visit:
        """The work as the availability engine wants it: the desired day and those of the horizon, at the site."""
        days = days_from(self.first_day, self.horizon_days, self.request.zone)
        return Visit(self.request.duration, self.site, days, self.now, self.rules)

    @property
    def window(self) -> TimeSlot:
        """From the beginning of the desired day to the end of the last day of the horizon, at the site."""
        return TimeSlot(self.visit.days[0].start, self.visit.days[-1].end)

    @cached_property
    def days_gone(self) -> int:
        """How many days of the horizon lie in the past already."""
        return max(0, (self.now.astimezone(self.request.zone).date() - self.first_day).days)

    def contender(
        self, contractor_id: UUID, name: str, rating: int, miles: float, availability: int
    ) -> EligibleContractor:
        """A contender whose availability part cannot pass `availability`."""
        bound = total(availability, rating_part(rating), distance_part(miles, self.rules.max_miles), self.weights)
        return EligibleContractor(contractor_id, name, rating, miles, bound)

    def candidate(self, contender: EligibleContractor, calendar: Calendar) -> ScoredCandidate | None:
        """The contender with its score; None when it has no free slot in the horizon."""
        calendar = calendar.leaving_out(self.request.job_id)
        free = first_free_day(calendar, self.visit)
        if free is None:
            return None
        worth = self.score(contender.rating, contender.miles, free.days)
        return ScoredCandidate(contender.order(worth.total), contender, free, worth, calendar)

    def suggested(self, candidate: ScoredCandidate) -> TimeSlot:
        """The slot of the candidate's first free day that comes nearest to what the customer wanted."""
        starts, calendar = candidate.free.starts, candidate.calendar
        return suggested_slot(self.request, starts, calendar, self.rules, site=self.site, now=self.now)

    def score(self, rating: int, miles: float, days: int) -> Score:
        """The score of someone with this rating and distance who is first free `days` after the desired day."""
        return score(
            availability=availability_part(days),
            rating=rating_part(rating),
            distance=distance_part(miles, self.max_miles),
            weights=self.weights,
        )

    def wanted_later(self, days: int) -> "RankingQuery":
        """The same question for a job wanted `days` later."""
        zone = self.request.zone
        desired = (self.request.desired_date.astimezone(zone) + timedelta(days=days)).astimezone(UTC)
        return replace(self, request=replace(self.request, desired_date=desired))

    def day(self, days: int) -> date:
        """The day at the site that lies `days` after the desired one."""
        return self.first_day + timedelta(days=days)

"""The query of a ranking, and the stages of a contractor in it: eligible contractor, then scored candidate."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from assignments.availability import Calendar, FirstFreeDay, Visit, days_from, first_free_day
from assignments.local_time import day_of
from assignments.scoring import Score, Weights, availability_part, distance_part, rating_part, score, total
from assignments.wanted_time import suggested_slot
from jobs.requirements import JobRequest
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, within_reach
from smartscheduler.travel.estimates import known_site
from smartscheduler.travel.routes import Site

# Sort key of a ranking, best first: minus the score (ten-thousandths), whether the customer does not prefer the
# contractor, miles, minus the rating (hundredths of a star), name, id.
Order = tuple[int, bool, float, int, str, UUID]


class EligibleContractor(NamedTuple):
    """A contractor who meets every requirement that needs no calendar; in this package called a contender.

    `miles` is the road distance if it is known, else the straight line. `rating` is in hundredths of a star. `bound` is
    the upper limit of the contractor's score, in ten-thousandths. `preferred`: by the customer of the job.
    """

    id: UUID
    name: str
    rating: int
    miles: float
    bound: int
    preferred: bool = False

    def order(self, score: int) -> Order:
        """The sort key with that score: better scores first, then preferred contractors, distance, rating, name, id."""
        return (-score, not self.preferred, self.miles, -self.rating, self.name, self.id)

    @property
    def best_order(self) -> Order:
        """The sort key with the best score that is possible."""
        return self.order(self.bound)


class ScoredCandidate(NamedTuple):
    """A contender with a free slot in the horizon. Candidates compare by `order`; the smallest is the best."""

    order: Order
    contender: EligibleContractor
    free: FirstFreeDay
    score: Score
    calendar: Calendar


@dataclass(frozen=True)
class RankingQuery:
    """One query: the request, the horizon, the time from which slots count, and the site with its known roads.

    The days `first_offset` to `horizon_days` after the desired date count: all days from the desired date to the
    horizon, or those of the arrival window, wherever it lies.
    """

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
        """The query of `request`. Without `site`, the stored roads are read. Raises InvalidInput."""
        horizon = rules.horizon_days if horizon_days is None else horizon_days
        now = now or timezone.now()
        if request.arrival:  # the window is a hard rule, so only its days count
            horizon = (day_of(request.arrival.end, request.zone) - request.desired_day).days
        if not within_reach(request.desired_date, now=now):
            message = gettext("The desired date must be at most five years from now.")
            raise InvalidInput.of("desired_date", message)
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
    def first_offset(self) -> int:
        """Days from the desired date to the first day that counts; negative for a window before the desired date."""
        arrival = self.request.arrival
        return (day_of(arrival.start, self.request.zone) - self.first_day).days if arrival else 0

    @cached_property
    def visit(self) -> Visit:
        """The input of the availability engine: the work at the site, on the days that count."""
        first = self.first_offset
        days = days_from(self.day(first), self.horizon_days - first, self.request.zone)
        return Visit(self.request.duration, self.site, days, self.now, self.rules, first)

    @property
    def window(self) -> TimeSlot:
        """From the start of the first day that counts to the end of the last one, in the time zone of the site."""
        return TimeSlot(self.visit.days[0].start, self.visit.days[-1].end)

    @cached_property
    def first_open_offset(self) -> int:
        """Days from the desired date to the first day that counts and is not in the past."""
        today = (self.now.astimezone(self.request.zone).date() - self.first_day).days
        return max(self.first_offset, today)

    def contender(
        self, contractor_id: UUID, name: str, rating: int, miles: float, availability: int
    ) -> EligibleContractor:
        """A contender with the upper limit `availability` of its availability part."""
        bound = total(availability, rating_part(rating), distance_part(miles, self.rules.max_miles), self.weights)
        return EligibleContractor(contractor_id, name, rating, miles, bound, contractor_id in self.request.preferred)

    def candidate(self, contender: EligibleContractor, calendar: Calendar) -> ScoredCandidate | None:
        """The contender with its score; None if it has no free slot in the horizon."""
        calendar = calendar.for_job(self.request.job_id, self.request.allowed)
        free = first_free_day(calendar, self.visit)
        if free is None:
            return None
        exact = self.score(contender.rating, contender.miles, free.days)
        return ScoredCandidate(contender.order(exact.total), contender, free, exact, calendar)

    def suggested(self, candidate: ScoredCandidate) -> TimeSlot:
        """The slot of the candidate's first free day that is nearest to the desired time."""
        starts, calendar = candidate.free.starts, candidate.calendar
        return suggested_slot(self.request, starts, calendar, self.rules, site=self.site, now=self.now)

    def score(self, rating: int, miles: float, days: int) -> Score:
        """The score of a contractor with this rating and distance who is first free `days` after the desired day."""
        return score(
            availability=availability_part(days),
            rating=rating_part(rating),
            distance=distance_part(miles, self.max_miles),
            weights=self.weights,
        )

    def wanted_later(self, days: int) -> "RankingQuery":
        """The same query with a desired date `days` later, at the same local time."""
        zone = self.request.zone
        desired = (self.request.desired_date.astimezone(zone) + timedelta(days=days)).astimezone(UTC)
        return replace(self, request=replace(self.request, desired_date=desired))

    def day(self, days: int) -> date:
        """The day `days` after the desired day, in the time zone of the site."""
        return self.first_day + timedelta(days=days)

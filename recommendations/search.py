"""The search behind a ranking: contenders in order of their upper bound, calendars opened in groups.

Rating and distance are known without a calendar, and availability is at most 1: so every contender
has a score that it cannot pass. The search opens calendars from the highest bound down (equal ones by distance,
rating, name and id, which are known as well) and stops when the next can no longer come before
the last one wanted. That makes it exact (docs/ranking.md).
"""

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from assignments.availability import Calendar, FirstFreeDay, first_free_day
from assignments.calendars import load_calendars
from assignments.clock import day_at
from assignments.eligibility import missing_skills
from assignments.scoring import Score, Weights, availability_part, distance_part, rating_part, score
from contractors.models import Contractor
from jobs.requests import JobRequest
from smartscheduler.errors import InvalidInput
from smartscheduler.places import Point, great_circle_miles
from smartscheduler.timeslots import TimeSlot, within_reach

# Three rounds at most, so the number of queries has a limit whatever the number of contractors.
FIRST_GROUP, SECOND_GROUP = 32, 512


# Minus the score, miles, minus the rating, name, id: sorts the best first.
Order = tuple[int, float, Decimal, str, str]


@dataclass(frozen=True, slots=True)
class Contender:
    """A contractor who passes every rule that needs no calendar; `bound` is a score it cannot pass."""

    id: UUID
    name: str
    rating: Decimal
    miles: float
    bound: int

    def order(self, score: int) -> Order:
        """Where the contender stands with that score: better scores first, then distance, rating, name, id."""
        return (-score, self.miles, -self.rating, self.name, str(self.id))

    @property
    def best_order(self) -> Order:
        """The place that it cannot pass."""
        return self.order(self.bound)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contender with a free slot in the horizon."""

    contender: Contender
    free: FirstFreeDay
    score: Score

    @property
    def order(self) -> Order:
        """Its place: the smaller, the better."""
        return self.contender.order(self.score.total)


@dataclass(frozen=True)
class Search:
    """One question: the request, the horizon, and the moment from which slots count."""

    request: JobRequest
    horizon_days: int
    now: datetime
    weights: Weights
    max_miles: float

    @classmethod
    def of(cls, request: JobRequest, horizon_days: int | None = None) -> "Search":
        """A search from now on, with the weights and limits of the settings."""
        horizon = settings.HORIZON_DAYS if horizon_days is None else horizon_days
        now = timezone.now()
        if not within_reach(request.desired_date, now=now):
            raise InvalidInput.of("desired_date", "The desired date is at most five years from now.")
        return cls(request, horizon, now, Weights.configured(), settings.SCORE_MAX_MILES)

    @property
    def first_day(self) -> date:
        return self.request.desired_day

    @cached_property
    def window(self) -> TimeSlot:
        """From the beginning of the desired day to the end of the last day of the horizon, at the site."""
        last = self.first_day + timedelta(days=self.horizon_days)
        return TimeSlot(day_at(self.first_day, self.request.zone).start, day_at(last, self.request.zone).end)

    @cached_property
    def days_gone(self) -> int:
        """How many days of the horizon lie in the past already."""
        return max(0, (self.now.astimezone(self.request.zone).date() - self.first_day).days)

    def contenders(self) -> list[Contender]:
        """Everyone who passes the rules of status, type, skills and radius, best possible place first. One query."""
        people = Contractor.objects.active().serving(self.request.type).reaching(self.request.point).order_by()
        columns = ["id", "name", "rating", "latitude", "longitude", "service_radius_miles"]
        # Skills are compared here and not in SQL: the two do not agree on the lower case of every letter.
        rows = people.values_list(*columns, *(["skills"] if self.request.required_skills else []))
        found = [contender for row in rows if (contender := self._contender(*row))]
        found.sort(key=lambda contender: contender.best_order)
        return found

    def _contender(
        self,
        contractor_id: UUID,
        name: str,
        rating: Decimal,
        latitude: Decimal,
        longitude: Decimal,
        radius: Decimal | None,
        skills: Sequence[str] = (),
    ) -> Contender | None:
        if missing_skills(skills, self.request):
            return None
        miles = great_circle_miles(Point(float(latitude), float(longitude)), self.request.point)
        if radius is not None and miles > float(radius):
            return None
        bound = self.score(rating, miles, self.days_gone)
        return Contender(contractor_id, name, rating, miles, bound.total)

    def calendars(self, contractor_ids: Collection[UUID]) -> dict[UUID, Calendar]:
        """What decides about the time of each contractor within the horizon."""
        return load_calendars(contractor_ids, self.window, for_job=self.request.job_id)

    def free(self, calendar: Calendar) -> FirstFreeDay | None:
        """The first day of the horizon on which the calendar has a slot for this job."""
        return first_free_day(
            calendar,
            day=self.first_day,
            horizon_days=self.horizon_days,
            site_zone=self.request.zone,
            duration=self.request.duration,
            site=self.request.point,
            not_before=self.now,
        )

    def candidate(self, contender: Contender, calendar: Calendar) -> Candidate | None:
        """The contender with its score; None when it has no free slot in the horizon."""
        free = self.free(calendar)
        if free is None:
            return None
        return Candidate(contender, free, self.score(contender.rating, contender.miles, free.days))

    def candidate_among(self, contenders: Sequence[Contender], contractor_id: UUID) -> Candidate | None:
        """The candidate that one contractor is; None when not among the contenders or not free."""
        for contender in contenders:
            if contender.id == contractor_id:
                calendar = self.calendars([contractor_id])[contractor_id]
                return self.candidate(contender, calendar)
        return None

    def score(self, rating: Decimal, miles: float, days: int) -> Score:
        """The score of someone with this rating and distance who is first free `days` after the desired day."""
        return score(
            availability=availability_part(days),
            rating=rating_part(rating),
            distance=distance_part(miles, self.max_miles),
            weights=self.weights,
        )

    def walk(self, contenders: Sequence[Contender], beaten: Callable[[Order], bool]) -> Iterator[Candidate]:
        """Candidates among `contenders` (best possible place first), until `beaten` says that a place is too low."""
        for group in _groups(contenders):
            if beaten(group[0].best_order):
                return
            calendars = self.calendars([contender.id for contender in group])
            for contender in group:
                if beaten(contender.best_order):
                    return
                if candidate := self.candidate(contender, calendars[contender.id]):
                    yield candidate


def _groups(contenders: Sequence[Contender]) -> Iterator[Sequence[Contender]]:
    edges = [0, FIRST_GROUP, FIRST_GROUP + SECOND_GROUP, max(len(contenders), FIRST_GROUP + SECOND_GROUP)]
    for start, end in itertools.pairwise(edges):
        if group := contenders[start:end]:
            yield group

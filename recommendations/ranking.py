"""Who should do this job, when, and why: the ranking of spec section 6, behind one function."""

import bisect
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from assignments.scoring import as_decimal
from contractors.models import Contractor
from jobs.requests import JobRequest
from recommendations.explanations import Breakdown, explain, free_on
from recommendations.search import Candidate, Contender, Order, Search
from smartscheduler.errors import InvalidInput
from smartscheduler.places import drive_minutes
from smartscheduler.timeslots import TimeSlot

__all__ = ["Entry", "JobRequest", "Ranking", "rank_candidates"]

MOST_RESULTS, LONGEST_HORIZON = 50, 30
STRAIGHT_LINE = "straight_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One candidate of a ranking: rank from 1, score 0–1, the slots of the first free day, miles and minutes."""

    rank: int
    contractor: Contractor
    score: Decimal
    breakdown: Breakdown
    slots: list[TimeSlot]
    miles: float
    minutes: int
    source: str = STRAIGHT_LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The best candidates, best first; `candidates_considered` passed every rule that needs no calendar."""

    entries: list[Entry]
    candidates_considered: int
    generated_at: datetime


def rank_candidates(request: JobRequest, *, max_results: int = 10, horizon_days: int | None = None) -> Ranking:
    """The best `max_results` (1–50) candidates for `request` who are free within `horizon_days` (0–30).

    The same question on the same data gives the same answer: that of scoring everyone. Raises InvalidInput.
    """
    check_limits(max_results, horizon_days)
    search = Search.of(request, horizon_days)
    contenders = search.contenders()
    best = best_candidates(search, contenders, max_results)
    people = Contractor.objects.in_bulk([candidate.contender.id for candidate in best])
    return Ranking(
        entries=[
            entry(search, candidate, rank, people[candidate.contender.id])
            for rank, candidate in enumerate(best, start=1)
            if candidate.contender.id in people
        ],
        candidates_considered=len(contenders),
        generated_at=search.now,
    )


def check_limits(max_results: int, horizon_days: int | None) -> None:
    if not 1 <= max_results <= MOST_RESULTS:
        raise InvalidInput.of("max_results", f"max_results is 1 to {MOST_RESULTS}.")
    if horizon_days is not None and not 0 <= horizon_days <= LONGEST_HORIZON:
        raise InvalidInput.of("horizon_days", f"horizon_days is 0 to {LONGEST_HORIZON}.")


def best_candidates(search: Search, contenders: list[Contender], wanted: int) -> list[Candidate]:
    """The first `wanted` candidates; stops when nobody left can come before the last of them."""
    best: list[Candidate] = []

    def beaten(place: Order) -> bool:
        return len(best) == wanted and place > best[-1].order

    for candidate in search.walk(contenders, beaten):
        bisect.insort(best, candidate, key=lambda one: one.order)
        del best[wanted:]
    return best


def rank_of(search: Search, contenders: list[Contender], own: Candidate) -> int:
    """The rank of one candidate among all: one more than the number that come before it."""
    ahead = search.walk(contenders, lambda place: place > own.order)
    return 1 + sum(candidate.order < own.order for candidate in ahead)


def entry(search: Search, candidate: Candidate, rank: int, contractor: Contractor) -> Entry:
    """A candidate with its explanation."""
    free, miles = candidate.free, candidate.contender.miles
    minutes = drive_minutes(miles)
    explanation = explain(
        score=candidate.score,
        weights=search.weights,
        rating=contractor.rating,
        rating_count=contractor.rating_count,
        miles=miles,
        minutes=minutes,
        free=free_on(search.first_day + timedelta(days=free.days), free.days, len(free.slots)),
    )
    return Entry(
        rank=rank,
        contractor=contractor,
        score=as_decimal(candidate.score.total),
        breakdown=Breakdown.of(candidate.score, search.weights, explanation),
        slots=free.slots,
        miles=miles,
        minutes=minutes,
    )

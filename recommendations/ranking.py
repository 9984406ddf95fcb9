"""Who should do this job, when, and why: the ranking of spec section 6, behind one function."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from time import perf_counter
from uuid import UUID

from django.db import connection
from django.utils import timezone

from assignments.scoring import as_decimal
from contractors.models import Contractor
from jobs.requirements import JobRequest
from recommendations.explanations import Breakdown, day_in_words
from recommendations.llm.facts import Facts, filled
from recommendations.llm.rewording import reworded
from recommendations.results import RankedCandidate, Ranking
from recommendations.search.query import RankingQuery, ScoredCandidate
from recommendations.search.threshold import Best, ThresholdSearch, run
from recommendations.travel.requests import refresh_requests
from smartscheduler.core.db.prepared import rows, uuid_array
from smartscheduler.core.db.transactions import snapshot
from smartscheduler.core.observability.metrics.definitions import RANKING_CALENDARS, RANKING_SECONDS
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.values import LONGEST_HORIZON, Rules
from smartscheduler.travel.estimates import known_sites, roads_are_used

MOST_RESULTS, MOST_JOBS = 50, 100
# Of all rankings of one call: jobs × results.
MOST_ENTRIES = 1_000


def rank_candidates(
    request: JobRequest, rules: Rules, *, max_results: int = 10, horizon_days: int | None = None
) -> Ranking:
    """The best `max_results` (1–50) candidates for `request` who are free within `horizon_days` (0–30).

    The same question on the same data gives the same answer: that of scoring everyone. Raises InvalidInput.
    """
    (ranking,) = rank_all([request], rules, max_results=max_results, horizon_days=horizon_days)
    return ranking


def rank_all(
    requests: Sequence[JobRequest], rules: Rules, *, max_results: int = 10, horizon_days: int | None = None
) -> list[Ranking]:
    """The same for many requests, as of one moment and one state of the database, sharing the work."""
    rankings = rank_plainly(requests, rules, max_results=max_results, horizon_days=horizon_days)
    _tell(requests, rankings)
    shown = reworded([(one.job_id, ranking.entries) for one, ranking in zip(requests, rankings, strict=True)])
    return [replace(ranking, entries=entries) for ranking, entries in zip(rankings, shown, strict=True)]


def rank_plainly(
    requests: Sequence[JobRequest], rules: Rules, *, max_results: int = 10, horizon_days: int | None = None
) -> list[Ranking]:
    """The same with the explanations of the template, and without telling anybody that it was shown."""
    check_limits(max_results, horizon_days)
    now, began = timezone.now(), perf_counter()
    with snapshot():
        sites = known_sites([request.point for request in requests])
        searches = [
            RankingQuery.of(one, rules, horizon_days, now, site) for one, site in zip(requests, sites, strict=True)
        ]
        bests = best_candidates(searches, max_results)
        people = contractors_by_id({one.contender.id for best in bests for one in best.candidates})
    _measure(bests, perf_counter() - began)
    return [
        Ranking(
            entries=[
                ranked_candidate(search, candidate, rank, people[candidate.contender.id])
                for rank, candidate in enumerate(best.candidates, start=1)
            ],
            candidates_considered=best.met,
            candidates_exact=best.complete,
            calendars_opened=best.opened,
            generated_at=search.now,
        )
        for search, best in zip(searches, bests, strict=True)
    ]


def _tell(requests: Sequence[JobRequest], rankings: Sequence[Ranking]) -> None:
    """Where providers are configured, let the worker know which rankings go by straight lines; takes no time."""
    if roads_are_used():
        for request, ranking in zip(requests, rankings, strict=True):
            refresh_requests.record(request.job_id, [entry.source for entry in ranking.entries])


def _measure(bests: Sequence[Best], seconds: float) -> None:
    RANKING_SECONDS.observe(seconds, "one" if len(bests) == 1 else "many")
    for best in bests:
        RANKING_CALENDARS.observe(best.opened)


def check_limits(max_results: int, horizon_days: int | None) -> None:
    if not 1 <= max_results <= MOST_RESULTS:
        raise InvalidInput.of("max_results", f"max_results is 1 to {MOST_RESULTS}.")
    if horizon_days is not None and not 0 <= horizon_days <= LONGEST_HORIZON:
        raise InvalidInput.of("horizon_days", f"horizon_days is 0 to {LONGEST_HORIZON}.")


def best_candidates(searches: Sequence[RankingQuery], wanted: int) -> list[Best]:
    """For each search its first `wanted` candidates."""
    conditions = [Best(wanted) for _ in searches]
    run(
        [
            ThresholdSearch(search, condition, company=len(conditions))
            for search, condition in zip(searches, conditions, strict=True)
        ]
    )
    return conditions


CONTRACTOR_FIELDS = [field.attname for field in Contractor._meta.concrete_fields]
CONTRACTORS = f"SELECT {', '.join(CONTRACTOR_FIELDS)} FROM contractors_contractor WHERE id = ANY(%s::uuid[])"  # noqa: S608


def contractors_by_id(ids: Collection[UUID]) -> dict[UUID, Contractor]:
    """What `in_bulk` gives, without planning the query each time."""
    found = (
        Contractor.from_db(connection.alias, CONTRACTOR_FIELDS, row) for row in rows(CONTRACTORS, [uuid_array(ids)])
    )
    return {contractor.pk: contractor for contractor in found}


def ranked_candidate(
    search: RankingQuery, candidate: ScoredCandidate, rank: int, contractor: Contractor
) -> RankedCandidate:
    """A candidate with its explanation, as the template says it."""
    free, route = candidate.free, search.site.route_from(contractor.point, search.rules.pace)
    facts = Facts.of(
        score=candidate.score,
        weights=search.weights,
        days=free.days,
        slots=len(free.starts),
        rating=contractor.rating,
        count=contractor.rating_count,
        route=route,
    )
    day = day_in_words(search.day(free.days))
    return RankedCandidate(
        rank=rank,
        contractor=contractor,
        score=as_decimal(candidate.score.total),
        breakdown=Breakdown.of(candidate.score, search.weights, filled(facts.template, {"day": day})),
        slots=free.slots,
        suggested=search.suggested(candidate),
        route=route,
        facts=facts,
        day=day,
    )

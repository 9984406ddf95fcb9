"""Ranking of the contractors for a job: who can do it, when, and why (docs/ranking.md)."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from time import perf_counter
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext

from assignments.arrival_windows import safe_windows, spread
from assignments.availability import free_time
from assignments.local_time import day_at
from assignments.scoring import as_decimal
from contractors.models import Contractor
from jobs.arrival import USUAL_WINDOW
from jobs.requirements import JobRequest
from recommendations.explanations import Breakdown
from recommendations.llm.facts import Facts, filled
from recommendations.llm.rewording import reworded
from recommendations.results import RankedCandidate, Ranking
from recommendations.search.query import RankingQuery, ScoredCandidate
from recommendations.search.threshold import Best, ThresholdSearch, run
from recommendations.travel.requests import refresh_requests
from smartscheduler.core.db.prepared import rows, uuid_array
from smartscheduler.core.db.transactions import snapshot
from smartscheduler.core.formatting import short_day
from smartscheduler.core.observability.metrics.definitions import RANKING_CALENDARS, RANKING_SECONDS
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.values import LONGEST_HORIZON, Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.estimates import known_sites, roads_are_used

MOST_RESULTS, MOST_JOBS = 50, 100
# Limit on the arrival windows that are offered for a candidate.
MOST_WINDOWS = 6
# Limit on jobs × results of one call.
MOST_ENTRIES = 1_000


def rank_candidates(
    request: JobRequest, rules: Rules, *, max_results: int = 10, horizon_days: int | None = None, windows: int = 0
) -> Ranking:
    """The best `max_results` (1–50) candidates for `request` who are free within `horizon_days` (0–30).

    Each has at most `windows` arrival windows to promise (`offered_windows`). The result is the same as that of scoring
    all contractors, and the same data give the same result.
    Raises InvalidInput.
    """
    (ranking,) = rank_all([request], rules, max_results=max_results, horizon_days=horizon_days, windows=windows)
    return ranking


def rank_all(
    requests: Sequence[JobRequest],
    rules: Rules,
    *,
    max_results: int = 10,
    horizon_days: int | None = None,
    windows: int = 0,
) -> list[Ranking]:
    """The rankings of many requests, at one time and on one state of the database. The searches share queries."""
    rankings = rank_plainly(requests, rules, max_results=max_results, horizon_days=horizon_days, windows=windows)
    _request_roads(requests, rankings)
    shown = reworded([(request.job_id, ranking.entries) for request, ranking in zip(requests, rankings, strict=True)])
    return [replace(ranking, entries=entries) for ranking, entries in zip(rankings, shown, strict=True)]


def rank_plainly(
    requests: Sequence[JobRequest],
    rules: Rules,
    *,
    max_results: int = 10,
    horizon_days: int | None = None,
    windows: int = 0,
) -> list[Ranking]:
    """The same without rewording by a language model, and without requests for missing roads or sentences."""
    check_limits(max_results, horizon_days)
    now, began = timezone.now(), perf_counter()
    with snapshot():
        sites = known_sites([request.point for request in requests])
        searches = [
            RankingQuery.of(request, rules, horizon_days, now, site)
            for request, site in zip(requests, sites, strict=True)
        ]
        bests = best_candidates(searches, max_results)
        contractors = contractors_by_id({candidate.contender.id for best in bests for candidate in best.candidates})
    _measure(bests, perf_counter() - began)
    return [
        Ranking(
            entries=[
                ranked_candidate(search, candidate, rank, contractors[candidate.contender.id], windows=windows)
                for rank, candidate in enumerate(best.candidates, start=1)
            ],
            candidates_considered=best.met,
            candidates_exact=best.complete,
            calendars_opened=best.opened,
            generated_at=search.now,
        )
        for search, best in zip(searches, bests, strict=True)
    ]


def _request_roads(requests: Sequence[JobRequest], rankings: Sequence[Ranking]) -> None:
    """Queue rankings with straight lines for the worker, if a provider is configured. Does not wait."""
    if roads_are_used():
        for request, ranking in zip(requests, rankings, strict=True):
            refresh_requests.record(request.job_id, [entry.source for entry in ranking.entries])


def _measure(bests: Sequence[Best], seconds: float) -> None:
    RANKING_SECONDS.observe(seconds, "one" if len(bests) == 1 else "many")
    for best in bests:
        RANKING_CALENDARS.observe(best.opened)


def check_limits(max_results: int, horizon_days: int | None) -> None:
    if not 1 <= max_results <= MOST_RESULTS:
        raise InvalidInput.of("max_results", _range_message(1, MOST_RESULTS))
    if horizon_days is not None and not 0 <= horizon_days <= LONGEST_HORIZON:
        raise InvalidInput.of("horizon_days", _range_message(0, LONGEST_HORIZON))


def _range_message(least: int, most: int) -> str:
    return gettext("Enter a whole number from {least} to {most}.").format(least=least, most=most)


def best_candidates(searches: Sequence[RankingQuery], count: int) -> list[Best]:
    """The first `count` candidates of each search."""
    conditions = [Best(count) for _ in searches]
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
    """The same as `in_bulk`, but by a prepared statement, which is not planned for each ranking."""
    contractors = (
        Contractor.from_db(connection.alias, CONTRACTOR_FIELDS, row) for row in rows(CONTRACTORS, [uuid_array(ids)])
    )
    return {contractor.pk: contractor for contractor in contractors}


def ranked_candidate(
    search: RankingQuery, candidate: ScoredCandidate, rank: int, contractor: Contractor, *, windows: int = 0
) -> RankedCandidate:
    """A candidate with its rank and the explanation made from its numbers, and at most `windows` arrival windows."""
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
    day = short_day(search.day(free.days))
    return RankedCandidate(
        rank=rank,
        contractor=contractor,
        score=as_decimal(candidate.score.total),
        breakdown=Breakdown.of(candidate.score, search.weights, filled(facts.template, {"day": day})),
        slots=free.slots,
        suggested=search.suggested(candidate),
        windows=offered_windows(search, candidate, windows) if windows else [],
        route=route,
        facts=facts,
        day=day,
        request=search.request,
    )


def offered_windows(search: RankingQuery, candidate: ScoredCandidate, most: int) -> list[TimeSlot]:
    """At most `most` arrival windows of the usual length on the first free day, around the desired time.

    Every start in them is free, drives included. Empty for a job that has a window already.
    """
    request = search.request
    if request.arrival:
        return []
    day = day_at(search.day(candidate.free.days), request.zone)
    free = free_time(candidate.calendar, day, search.site, search.rules)
    since = max(day.start, search.now)
    windows = [
        window
        for window in safe_windows(free, request.duration, USUAL_WINDOW, request.zone)
        if since <= window.start and window.end <= day.end
    ]
    return spread(windows, search.suggested(candidate).start, most)

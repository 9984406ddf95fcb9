"""The decision stored with an assignment: score, rank and explanation at that time (settings.DECISION_MAKER)."""

from django.utils.translation import gettext

from assignments.calendars import load_calendars
from assignments.decision_record import Decision
from assignments.eligibility import unmet_rules
from assignments.scoring import as_decimal, hundredths
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.counterfactuals import ranked as ranked_sentence
from recommendations.explanations import Breakdown, distance, explain, rated
from recommendations.ranking import ranked_candidate
from recommendations.ranking_tokens import check_token
from recommendations.search.query import RankingQuery, ScoredCandidate
from recommendations.search.rank import count_candidates, find_rank
from smartscheduler.accounts.models import User
from smartscheduler.core.formatting import short_day
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import ROAD


def decide(
    *,
    job: Job,
    contractor: Contractor,
    slot: TimeSlot,
    rules: Rules,
    ranking_token: str = "",
    reader: User | None = None,
) -> Decision:
    """The current score and rank of the contractor for `job`.

    Raises RankingStale if `ranking_token` is given and the ranking has changed. A contractor who is not a candidate
    within the horizon is scored by the day of `slot` and has no rank. A rank that was not counted to the end is
    missing too; the explanation then gives its limit.
    """
    if ranking_token:
        check_token(ranking_token, job, rules, reader=reader)
    search = RankingQuery.of(JobRequest.of(job), rules)
    miles = search.site.miles_from(contractor.point)
    own = None if unmet_rules(contractor, search.request, miles=miles) else _candidate(search, contractor, miles)
    if own is None:
        return _unranked(search, contractor, slot, miles)
    rank = find_rank(search, own)
    ranked = ranked_candidate(search, own, rank.rank, contractor)
    breakdown = ranked.breakdown.as_json()
    if not rank.exact:
        breakdown["explanation"] += f" {ranked_sentence(rank)}"
    if ranked.preferred:
        breakdown["explanation"] += f" {gettext('The customer prefers this contractor.')}"
    return Decision(
        rules=rules,
        score=ranked.score,
        score_breakdown=breakdown,
        rank=rank.rank if rank.exact else None,
        candidates_considered=rank.candidates.number,
        candidates_exact=rank.candidates.exact,
    )


def _candidate(search: RankingQuery, contractor: Contractor, miles: float) -> ScoredCandidate | None:
    calendar = load_calendars([contractor.pk], search.window, search.rules)[contractor.pk]
    contender = search.contender(contractor.pk, contractor.name, hundredths(contractor.rating), miles, 0)
    return search.candidate(contender, calendar)


def _unranked(search: RankingQuery, contractor: Contractor, slot: TimeSlot, miles: float) -> Decision:
    day = slot.start.astimezone(search.request.zone).date()
    score = search.score(hundredths(contractor.rating), miles, max(0, (day - search.first_day).days))
    route = search.site.route_from(contractor.point, search.rules.pace)
    explanation = explain(
        score=score,
        weights=search.weights,
        rated=rated(contractor.rating, contractor.rating_count),
        distance=distance(f"{route.miles:.1f}", route.minutes, by_road=route.source == ROAD),
        free=gettext("Not a candidate within {days} days; booked for {day}").format(
            days=search.horizon_days, day=short_day(day)
        ),
    )
    candidates = count_candidates(search)
    return Decision(
        rules=search.rules,
        score=as_decimal(score.total),
        score_breakdown=Breakdown.of(score, search.weights, explanation).as_json(),
        rank=None,
        candidates_considered=candidates.number,
        candidates_exact=candidates.exact,
    )

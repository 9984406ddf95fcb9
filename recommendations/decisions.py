"""What is kept with an assignment: how good the choice was at that moment (settings.DECISION_MAKER)."""

from assignments.decisions import Decision
from assignments.scoring import as_decimal
from contractors.models import Contractor
from jobs.models import Job
from jobs.requests import JobRequest
from recommendations.explanations import Breakdown, explain
from recommendations.ranking import entry, rank_of
from recommendations.search import Search
from smartscheduler.places import drive_minutes, great_circle_miles
from smartscheduler.timeslots import TimeSlot


def decide(*, job: Job, contractor: Contractor, slot: TimeSlot) -> Decision:
    """The contractor's score and rank for `job` now.

    Someone who is no candidate within the horizon is scored by the day of `slot` and has no rank.
    """
    search = Search.of(JobRequest.of(job))
    contenders = search.contenders()
    own = search.candidate_among(contenders, contractor.pk)
    if own is None:
        return _unranked(search, contractor, slot, len(contenders))
    ranked = entry(search, own, rank_of(search, contenders, own), contractor)
    return Decision(
        score=ranked.score,
        score_breakdown=ranked.breakdown.as_json(),
        rank=ranked.rank,
        candidates_considered=len(contenders),
    )


def _unranked(search: Search, contractor: Contractor, slot: TimeSlot, considered: int) -> Decision:
    day = slot.start.astimezone(search.request.zone).date()
    miles = great_circle_miles(contractor.point, search.request.point)
    score = search.score(contractor.rating, miles, max(0, (day - search.first_day).days))
    explanation = explain(
        score=score,
        weights=search.weights,
        rating=contractor.rating,
        rating_count=contractor.rating_count,
        miles=miles,
        minutes=drive_minutes(miles),
        free=f"Not a candidate within {search.horizon_days} days; booked for {day:%a} {day.day} {day:%b}",
    )
    return Decision(
        score=as_decimal(score.total),
        score_breakdown=Breakdown.of(score, search.weights, explanation).as_json(),
        rank=None,
        candidates_considered=considered,
    )

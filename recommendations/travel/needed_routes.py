"""The drives that a job's ranking wants to know: those of the candidates who could still be among the first."""

import math
from collections.abc import Iterator, Sequence

from django.conf import settings

from assignments.availability import Calendar
from assignments.calendars import load_calendars
from jobs.requirements import JobRequest
from recommendations.ranking import best_candidates, contractors_by_id
from recommendations.search.query import RankingQuery, ScoredCandidate
from smartscheduler.places import Point
from smartscheduler.rules.values import Rules
from smartscheduler.travel.geocells import Pair
from smartscheduler.travel.routes import pairs_between


def wanted_drives(request: JobRequest, rules: Rules) -> set[Pair]:
    """From the base of each leading candidate to the site, and both ways between the site and neighbouring bookings."""
    search = RankingQuery.of(request, rules)
    (best,) = best_candidates([search], 2 * settings.TRAVEL_LEADERS)
    people = contractors_by_id([candidate.contender.id for candidate in best.candidates])
    bases = {pk: one.point for pk, one in people.items()}
    leaders = leading(search, best.candidates, [bases[candidate.contender.id] for candidate in best.candidates])
    calendars = load_calendars([one.contender.id for one in leaders], search.window, rules)
    site = request.point
    drives: list[tuple[Point, Point]] = []
    for leader in leaders:
        drives.append((bases[leader.contender.id], site))
        for other in adjacent_stops(search, leader, calendars[leader.contender.id]):
            drives += [(other, site), (site, other)]
    return {*pairs_between(drives)}


def leading(
    search: RankingQuery, candidates: Sequence[ScoredCandidate], bases: Sequence[Point]
) -> list[ScoredCandidate]:
    """Those who could still be among the first settings.TRAVEL_LEADERS at road distance. Candidates come best first.

    A straight line is a promise that a road can only break. So the bar is the last place that counts once every unknown
    road is as long as roads usually are; whoever is not above it now will hardly be above it then. Who rises because
    others fell is looked up in the next round (`work`), and when a round finds nobody new, the first are exact.
    """
    wanted = settings.TRAVEL_LEADERS
    if len(candidates) <= wanted:
        return list(candidates)
    usual = sorted(
        (_usual_score(search, candidate, base) for candidate, base in zip(candidates, bases, strict=True)), reverse=True
    )
    bar = usual[wanted - 1]
    return [one for place, one in enumerate(candidates) if place < wanted or one.score.total >= bar]


def _usual_score(search: RankingQuery, candidate: ScoredCandidate, base: Point) -> int:
    miles = candidate.contender.miles
    if search.site.road_from(base) is None:
        miles *= search.rules.road_factor
    return search.score(candidate.contender.rating, miles, candidate.free.days).total


def adjacent_stops(search: RankingQuery, candidate: ScoredCandidate, calendar: Calendar) -> Iterator[Point]:
    """The sites of the bookings between which the candidate's first slots lie."""
    day = search.visit.days[candidate.free.days]
    for slot, site, job_id in calendar.leaving_out(search.request.job_id).bookings:
        if slot.start < day.end and day.start < slot.end and job_id is not None:
            yield site


def rounds() -> int:
    """How often the first may change before it is left to the next lookup."""
    return 2 + math.ceil(math.log2(max(2, settings.TRAVEL_LEADERS)) / 2)

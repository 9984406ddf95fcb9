"""The drives that a job's ranking needs: those of the candidates who could be among the first by road distance."""

import math
from collections.abc import Iterator, Sequence

from django.conf import settings

from assignments.availability import Calendar
from assignments.calendars import load_calendars
from assignments.local_time import day_at
from jobs.requirements import JobRequest
from recommendations.ranking import best_candidates, contractors_by_id
from recommendations.search.query import RankingQuery, ScoredCandidate
from smartscheduler.places import Point
from smartscheduler.rules.values import Rules
from smartscheduler.travel.geocells import Pair
from smartscheduler.travel.routes import pairs_between


def wanted_drives(request: JobRequest, rules: Rules) -> set[Pair]:
    """Drives from each leading candidate's base to the site, and both ways between the site and adjacent bookings."""
    search = RankingQuery.of(request, rules)
    (best,) = best_candidates([search], 2 * settings.TRAVEL_LEADERS)
    contractors = contractors_by_id([candidate.contender.id for candidate in best.candidates])
    bases = {pk: contractor.point for pk, contractor in contractors.items()}
    leaders = leading(search, best.candidates, [bases[candidate.contender.id] for candidate in best.candidates])
    calendars = load_calendars([leader.contender.id for leader in leaders], search.window, rules)
    site = request.point
    drives: list[tuple[Point, Point]] = []
    for leader in leaders:
        drives.append((bases[leader.contender.id], site))
        for stop in adjacent_stops(search, leader, calendars[leader.contender.id]):
            drives += [(stop, site), (site, stop)]
    return {*pairs_between(drives)}


def leading(
    search: RankingQuery, candidates: Sequence[ScoredCandidate], bases: Sequence[Point]
) -> list[ScoredCandidate]:
    """The candidates who could be among the first settings.TRAVEL_LEADERS by road. `candidates` come best first.

    A road is never shorter than the straight line, so a score by the straight line can only fall. The threshold is the
    score of the last leader if each unknown road had the usual length. Candidates below it now are unlikely to be above
    it later. Candidates who rise because others fall are found in the next round (`lookup.look_up`); when a round finds
    no new drives, the leaders are exact.
    """
    leaders = settings.TRAVEL_LEADERS
    if len(candidates) <= leaders:
        return list(candidates)
    usual = sorted(
        (_usual_score(search, candidate, base) for candidate, base in zip(candidates, bases, strict=True)), reverse=True
    )
    threshold = usual[leaders - 1]
    return [
        candidate for place, candidate in enumerate(candidates) if place < leaders or candidate.score.total >= threshold
    ]


def _usual_score(search: RankingQuery, candidate: ScoredCandidate, base: Point) -> int:
    miles = candidate.contender.miles
    if search.site.road_from(base) is None:
        miles *= search.rules.road_factor
    return search.score(candidate.contender.rating, miles, candidate.free.days).total


def adjacent_stops(search: RankingQuery, candidate: ScoredCandidate, calendar: Calendar) -> Iterator[Point]:
    """The sites of the bookings on the candidate's first free day."""
    day = day_at(search.day(candidate.free.days), search.request.zone)
    for slot, site, job_id in calendar.for_job(search.request.job_id, None).bookings:
        if slot.start < day.end and day.start < slot.end and job_id is not None:
            yield site


def rounds() -> int:
    """The limit on rounds of one lookup; if the leaders still change then, the next lookup continues."""
    return 2 + math.ceil(math.log2(max(2, settings.TRAVEL_LEADERS)) / 2)

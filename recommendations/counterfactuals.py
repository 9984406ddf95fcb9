"""Sentences about what would change a rank, made from what the engine found."""

from datetime import datetime

from assignments.availability import FirstFreeDay
from assignments.scoring import PARTS, as_decimal, parts_of
from recommendations.search.query import RankingQuery, ScoredCandidate
from recommendations.search.rank import Rank, RankQuestion


def ahead_by(search: RankingQuery, own: ScoredCandidate, place: Rank) -> str:
    """What separates a candidate from the first place, part by part."""
    if place.leader.contender.id == own.contender.id:
        return f"{own.contender.name} is the first choice."
    leader = place.leader
    gaps = [
        (weight * (theirs - ours), part)
        for weight, theirs, ours, part in zip(
            search.weights, parts_of(leader.score), parts_of(own.score), PARTS, strict=True
        )
        if theirs > ours
    ]
    difference = leader.score.total - own.score.total
    if not difference or not gaps:
        return f"Ranked {place}; the order among equal scores is by distance, rating and name."
    return f"Ranked {place}, {as_decimal(difference)} behind {leader.contender.name}, most of it for {max(gaps)[1]}."


def moment(search: RankingQuery, own: ScoredCandidate) -> str:
    """When the work would start, where that is not the moment it is wanted."""
    wanted, start = search.request.desired_date, search.suggested(own).start
    if own.free.days or start == wanted or wanted < search.now:
        return ""
    return f"Free at {_clock(search, start)} instead of {_clock(search, wanted)}."


def if_wanted_then(place: RankQuestion, found: Rank) -> str:
    """The rank in a search that asks for the contractor's own first free day."""
    day = place.search.first_day
    return f"Would be ranked {found} if the job were wanted on {day:%A} {day.day} {day:%B}."


def on_day(search: RankingQuery, opening: FirstFreeDay) -> str:
    """The first free day and the first start on it: `Thursday 26 November, 13:30`."""
    day = search.day(opening.days)
    return f"{day:%A} {day.day} {day:%B}, {_clock(search, opening.starts[0])}"


def _clock(search: RankingQuery, instant: datetime) -> str:
    return f"{instant.astimezone(search.request.zone):%H:%M}"

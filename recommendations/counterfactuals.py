"""Sentences about what would change a rank, made from the results of the search. All of them are translated."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assignments.availability import FirstFreeDay
from assignments.scoring import PARTS, as_decimal, parts_of
from recommendations.explanations import ordinal
from recommendations.search.query import RankingQuery, ScoredCandidate
from recommendations.search.rank import Rank, RankQuestion
from smartscheduler.core.formatting import local_clock, local_slot, long_day, time_of_day
from smartscheduler.timeslots import TimeSlot

# Messages with a rank come in pairs: for an exact rank, and for the best rank that is still possible.
# `{rank}` is an English ordinal; translations can use the number `{number}` instead.
RANKED = _("Ranked {rank}."), _("Ranked {rank} or lower.")
WOULD_RANK = _("Would then rank {rank}."), _("Would then rank {rank} or lower.")
WOULD_RANK_ON = (
    _("Would rank {rank} if the desired date were {day}."),
    _("Would rank {rank} or lower if the desired date were {day}."),
)
PART_NAMES = {"availability": _("availability"), "rating": _("rating"), "distance": _("distance")}


def ranked(rank: Rank) -> str:
    """The rank of a candidate: `Ranked 3rd.`"""
    return _with_rank(RANKED, rank)


def would_rank(rank: Rank) -> str:
    """The rank that a contractor would have if no requirement failed."""
    return _with_rank(WOULD_RANK, rank)


def would_rank_on_first_free_day(question: RankQuestion, rank: Rank) -> str:
    """The rank in a search whose desired date is the contractor's own first free day."""
    day = question.search.first_day
    return _with_rank(WOULD_RANK_ON, rank, day=long_day(day))


def gap_to_first(search: RankingQuery, own: ScoredCandidate, rank: Rank) -> str:
    """The rank of a candidate, and the part of the score that separates it most from the first one."""
    leader = rank.leader
    if leader.contender.id == own.contender.id:
        return gettext("{contractor} ranks first.").format(contractor=own.contender.name)
    gaps = [
        (weight * (theirs - ours), part)
        for weight, theirs, ours, part in zip(
            search.weights, parts_of(leader.score), parts_of(own.score), PARTS, strict=True
        )
        if theirs > ours
    ]
    difference = leader.score.total - own.score.total
    if not difference and leader.contender.preferred > own.contender.preferred:
        reason = gettext("The scores are equal, and the customer prefers {leader}.").format(
            leader=leader.contender.name
        )
    elif not difference or not gaps:
        reason = gettext("Equal scores are ordered by distance, rating and name.")
    else:
        reason = gettext("The score is {difference} below that of {leader}, mainly because of {part}.").format(
            difference=as_decimal(difference), leader=leader.contender.name, part=PART_NAMES[max(gaps)[1]]
        )
    return f"{ranked(rank)} {reason}"


def other_start(search: RankingQuery, own: ScoredCandidate) -> str:
    """The suggested start time on the desired date, if it differs from the desired time; else empty."""
    desired, start = search.request.desired_date, search.suggested(own).start
    if own.free.days or start == desired or desired < search.now:
        return ""
    return gettext("Free at {start} instead of the desired {time}.").format(
        start=time_of_day(start.astimezone(search.request.zone)), time=local_clock(desired, search.request.zone)
    )


def first_free(search: RankingQuery, contractor: str, opening: FirstFreeDay) -> str:
    """The first free day and the first start time on it."""
    day = search.day(opening.days)
    return gettext("{contractor} is first free on {day} at {time}.").format(
        contractor=contractor, day=long_day(day), time=local_clock(opening.starts[0], search.request.zone)
    )


def free_if_window_were(search: RankingQuery, window: TimeSlot) -> str:
    """The arrival window that would make a contractor a candidate."""
    return gettext("Free if the arrival window were {window}.").format(window=local_slot(window, search.request.zone))


def _with_rank(messages: tuple[object, object], rank: Rank, **values: str) -> str:
    exact, at_best = messages
    return str(exact if rank.exact else at_best).format(rank=ordinal(rank.rank), number=rank.rank, **values)

"""Where one contractor stands, or would stand, in a ranking, without making all of it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from recommendations.explanations import ordinal
from recommendations.search.query import Order, ScoredCandidate, Search
from recommendations.search.threshold import Walker, run

# So many calendars are counted at most; a rank that needs more is given as "at least".
MOST_COUNTED = 112
# The same for a rank that is not, but would be.
MOST_SUPPOSED = 16
# So many calendars are opened to count all who could be ranked; more candidates are given as "at least".
MOST_CANDIDATES = 48
BEFORE_ALL: Order = (-(10**9), 0.0, 0, "", UUID(int=0))


class Place(NamedTuple):
    """A question: how many candidates come before `own` in a search, opening `most` calendars, and who is the first.

    With `counted`, so many calendars are opened to count all candidates as well.
    """

    search: Search
    own: ScoredCandidate
    most: int = MOST_COUNTED
    leader: bool = False
    counted: int = 0


class Ahead:
    """Counts the candidates before a place; when it has counted enough it goes on for the leader alone, if at all."""

    wanted = 16

    def __init__(self, place: Place) -> None:
        self.place = place
        self.leader = place.own
        self.opened = self.count = self.others = 0
        self.complete = False

    def take(self, candidate: ScoredCandidate) -> None:
        self.others += candidate.contender.id != self.place.own.contender.id
        if candidate.order < self.place.own.order:
            self.count += 1
            self.leader = min(self.leader, candidate)

    @property
    def last(self) -> Order | None:
        if self.opened < self.place.counted:
            return None
        if self.opened < self.place.most:
            return self.place.own.order
        return self.leader.order if self.place.leader else BEFORE_ALL


class Count:
    """Counts candidates, as long as few enough calendars have been opened."""

    wanted = 16

    def __init__(self, most: int) -> None:
        self.most = most
        self.opened = self.count = 0
        self.complete = False

    def take(self, candidate: ScoredCandidate) -> None:
        self.count += 1

    @property
    def last(self) -> Order | None:
        return None if self.opened < self.most else BEFORE_ALL


class Candidates(NamedTuple):
    """How many contractors could be ranked; not `exact` where there may be more."""

    number: int
    exact: bool


class Standing(NamedTuple):
    """A rank, exact or the lowest number that it can be; the best that was seen, and of how many it is the rank."""

    rank: int
    exact: bool
    leader: ScoredCandidate
    candidates: Candidates

    def __str__(self) -> str:
        """As people say it: `3rd`, or `below the first 40`."""
        if self.exact:
            return ordinal(self.rank)
        return f"below the first {self.rank - 1}" if self.rank > 2 else "below the first"


def standings(places: Sequence[Place]) -> list[Standing]:
    """The ranks that candidates have, or would have; the searches share their statements."""
    goals = [Ahead(place) for place in places]
    run([Walker(place.search, goal) for place, goal in zip(places, goals, strict=True)])
    return [
        Standing(
            rank=1 + goal.count,
            exact=goal.opened < goal.place.most,
            leader=goal.leader,
            candidates=Candidates(1 + max(goal.others, goal.count), goal.complete),
        )
        for goal in goals
    ]


def standing(search: Search, own: ScoredCandidate) -> Standing:
    """The rank that `own` has among the candidates, and how many these are."""
    (found,) = standings([Place(search, own, counted=MOST_CANDIDATES)])
    return found


def count_candidates(search: Search) -> Candidates:
    """How many contractors could be ranked."""
    goal = Count(MOST_CANDIDATES)
    run([Walker(search, goal)])
    return Candidates(goal.count, goal.complete)

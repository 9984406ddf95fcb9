"""Where one contractor stands, or would stand, in a ranking, without making all of it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from recommendations.explanations import ordinal
from recommendations.search import Candidate, Order, Search
from recommendations.walk import Walker, run

# So many calendars are counted at most; a rank that needs more is given as "at least".
MOST_COUNTED = 112
# The same for a rank that is not, but would be.
MOST_SUPPOSED = 16
BEFORE_ALL: Order = (-(10**9), 0.0, 0, "", UUID(int=0))


class Place(NamedTuple):
    """A question: how many candidates come before `own` in a search, opening `most` calendars, and who is the first."""

    search: Search
    own: Candidate
    most: int = MOST_COUNTED
    leader: bool = False


class Ahead:
    """Counts the candidates before a place; when it has counted enough it goes on for the leader alone, if at all."""

    wanted = 16

    def __init__(self, place: Place) -> None:
        self.place = place
        self.leader = place.own
        self.opened = self.count = 0

    def take(self, candidate: Candidate) -> None:
        if candidate.order < self.place.own.order:
            self.count += 1
            self.leader = min(self.leader, candidate)

    @property
    def last(self) -> Order:
        if self.opened < self.place.most:
            return self.place.own.order
        return self.leader.order if self.place.leader else BEFORE_ALL


class Standing(NamedTuple):
    """A rank, exact or the lowest number that it can be; the best that was seen, and how many calendars were opened."""

    rank: int
    exact: bool
    leader: Candidate
    opened: int

    def __str__(self) -> str:
        """As people say it: `3rd`, or `below the first 40`."""
        if self.exact:
            return ordinal(self.rank)
        return f"below the first {self.rank - 1}" if self.rank > 2 else "below the first"


def standings(places: Sequence[Place]) -> list[Standing]:
    """The ranks that candidates have, or would have; the searches share their statements."""
    goals = [Ahead(place) for place in places]
    run([Walker(place.search, goal) for place, goal in zip(places, goals, strict=True)])
    return [Standing(1 + goal.count, goal.opened < goal.place.most, goal.leader, goal.opened) for goal in goals]


def standing(search: Search, own: Candidate) -> Standing:
    """The rank that `own` has among the candidates."""
    (found,) = standings([Place(search, own)])
    return found

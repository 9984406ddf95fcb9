"""Where one contractor stands in a ranking, without making all of it."""

from typing import NamedTuple

from recommendations.explanations import ordinal
from recommendations.search import Candidate, Order, Search
from recommendations.walk import Best, Walker, run

# So many calendars are opened at most; a rank that needs more is given as "at least".
MOST_OPENED = 96


class Ahead:
    """Counts the candidates that come before a place."""

    wanted = 16

    def __init__(self, place: Order) -> None:
        self.last = place
        self.opened = self.count = 0

    def take(self, candidate: Candidate) -> None:
        self.count += candidate.order < self.last

    @property
    def tired(self) -> bool:
        return self.opened >= MOST_OPENED


class Standing(NamedTuple):
    """A rank, exact or the lowest number that it can be; who comes first, and how many calendars were opened."""

    rank: int
    exact: bool
    leader: Candidate
    opened: int

    def __str__(self) -> str:
        """As people say it: `3rd`, or `below the first 40`."""
        return ordinal(self.rank) if self.exact else f"below the first {self.rank - 1}"


def standing(search: Search, own: Candidate) -> Standing:
    """The place that `own` has, or would have, among the candidates."""
    ahead, first = Ahead(own.order), Best(1)
    walkers = [Walker(search, ahead), Walker(search, first)]
    run(walkers)
    leader = min([own, *first.candidates], key=lambda one: one.order)
    return Standing(1 + ahead.count, walkers[0].finished, leader, max(ahead.opened, first.opened))

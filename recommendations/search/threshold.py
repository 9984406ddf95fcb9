"""The search behind a ranking: contenders from the highest bound down, calendars opened in small groups.

A walk says what it needs next and is given it, so that many walks can share each statement. It ends when
nobody left can matter: that, and no limit on the number of calendars, makes it exact (docs/ranking.md).
"""

import bisect
import logging
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Sequence
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from assignments.availability import Calendar
from assignments.calendars import load_calendars
from recommendations.search.bounds import EVERYBODY, SLACK
from recommendations.search.candidates import Found, Page, Query, Sample, fetch
from recommendations.search.query import EligibleContractor, Order, ScoredCandidate, Search
from smartscheduler.rules.values import UNIT
from smartscheduler.timeslots import TimeSlot

logger = logging.getLogger(__name__)

ABOVE_ALL = 2.0 * UNIT
FIRST_ID, LAST_ID = UUID(int=0), UUID(int=2**128 - 1)
CALENDARS, MOST_CALENDARS, MOST_ROWS = 16, 256, 1_024
# So many searches share their statements.
MANY = 8


class Goal(Protocol):
    """What a walk is for: it is told of candidates, and says which places still matter.

    `complete` becomes true when the walk has looked into the calendar of everybody who passes the other rules.
    """

    wanted: int
    opened: int
    complete: bool

    def take(self, candidate: ScoredCandidate) -> None: ...

    @property
    def last(self) -> Order | None:
        """Places after this one do not matter; None when all do."""


class Best:
    """The first `wanted` candidates, how many calendars were opened for them, and how many candidates were met."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.opened = self.met = 0
        self.complete = False
        self.candidates: list[ScoredCandidate] = []

    def take(self, candidate: ScoredCandidate) -> None:
        self.met += 1
        bisect.insort(self.candidates, candidate)
        del self.candidates[self.wanted :]

    @property
    def last(self) -> Order | None:
        return self.candidates[-1].order if len(self.candidates) == self.wanted else None


class Calendars(NamedTuple):
    """A need of a search: the calendars of some contenders."""

    search: Search
    ids: Collection[UUID]


Need = Page | Sample | Calendars
Walk = Generator[Need, Any, None]


class Walker:
    """One walk; counts what it cost."""

    def __init__(self, search: Search, goal: Goal, *, company: int = 1) -> None:
        self.search, self.goal = search, goal
        self.rounds = self.contenders = 0
        # How many calendars are opened at a time: rather too many when a statement is for us alone, and rather a
        # round more when others share it.
        many = company >= MANY
        self.group = goal.wanted + 2 if many else max(CALENDARS, goal.wanted)
        self.next_group = CALENDARS // 2 if many else 2 * CALENDARS

    def steps(self) -> Walk:
        """The needs of the walk, one after the other; each is answered by what `send` is given."""
        query, goal = Query(self.search), self.goal
        expected = goal.wanted + goal.wanted // 2 + 8
        least = self._lower(query.bounds.first_bound((yield Sample(query)), expected))
        most, size = (ABOVE_ALL, LAST_ID), 4 * expected
        while True:
            found: Found = yield Page(query, least, *most, size)
            self.rounds += 1
            self.contenders += len(found.contenders)
            yield from self._open(sorted(found.contenders, key=lambda contender: contender.best_order))
            nobody_left = least == EVERYBODY and not found.last
            goal.complete = nobody_left and goal.opened == self.contenders
            if nobody_left or self._settled(found.last[0] if found.last else least):
                return
            if found.last:
                most, size = found.last, min(4 * size, MOST_ROWS)
            else:
                most = least, FIRST_ID
                least = self._lower(query.bounds.next_bound(least, found.rows, expected))

    def _settled(self, bound: float) -> bool:
        """Whether nobody of this bound or a lower one can have a place that matters."""
        last = self.goal.last
        return last is not None and bound + SLACK < -last[0]

    def _lower(self, bound: float) -> float:
        """`bound`, but no lower than the places that matter; they may all have the score of the last one."""
        last = self.goal.last
        return bound if last is None else max(bound, -last[0] - SLACK - 1)

    def _open(self, contenders: Sequence[EligibleContractor]) -> Walk:
        """Look into the calendars of contenders, best possible place first, as long as it matters."""
        start = 0
        while start < len(contenders) and not self._beaten(contenders[start]):
            group = [one for one in contenders[start : start + self.group] if not self._beaten(one)]
            start += self.group
            if len(group) == self.group:
                self.group, self.next_group = self.next_group, min(2 * self.next_group, MOST_CALENDARS)
            calendars = yield Calendars(self.search, [one.id for one in group])
            self._look_into(group, calendars)

    def _look_into(self, group: Iterable[EligibleContractor], calendars: dict[UUID, Calendar]) -> None:
        for contender in group:
            if self._beaten(contender):
                return
            self.goal.opened += 1
            # Nobody is deleted, but by hand.
            calendar = calendars.get(contender.id)
            if calendar and (candidate := self.search.candidate(contender, calendar)):
                self.goal.take(candidate)

    def _beaten(self, contender: EligibleContractor) -> bool:
        last = self.goal.last
        return last is not None and contender.best_order > last


def run(walkers: Sequence[Walker]) -> None:
    """Walk to the end, all together: what several need at the same time is one statement."""
    walks = [walker.steps() for walker in walkers]
    needs = {walk: next(walk) for walk in walks}
    while needs:
        kinds: dict[type[Need], list[Walk]] = defaultdict(list)
        for walk, need in needs.items():
            kinds[type(need)].append(walk)
        for walk, answer in [
            pair
            for kind, several in kinds.items()
            for pair in zip(several, _answers(kind, [needs[walk] for walk in several]), strict=True)
        ]:
            try:
                needs[walk] = walk.send(answer)
            except StopIteration:
                del needs[walk]
    if logger.isEnabledFor(logging.DEBUG):
        for walker in walkers:
            logger.debug("ranked in %d rounds with %d calendars", walker.rounds, walker.goal.opened)


def _answers(kind: type[Need], needs: Sequence[Any]) -> Iterable[Any]:
    return _calendars(needs) if kind is Calendars else fetch(needs)


def _calendars(needs: Sequence[Calendars]) -> Iterable[dict[UUID, Calendar]]:
    """One load for all: of everybody, for the time from the first to the last day that anybody asks for.

    All searches of one run have the same rules.
    """
    windows = [need.search.window for need in needs]
    window = TimeSlot(min(one.start for one in windows), max(one.end for one in windows))
    calendars = load_calendars({one for need in needs for one in need.ids}, window, needs[0].search.rules)
    return [calendars] * len(needs)

"""Threshold search behind a ranking: contenders from the highest bound down, calendars opened in small groups.

A search yields the data that it needs next and receives it, so that several searches share each statement. It stops
when no remaining contender can change the result: that, and no limit on the number of calendars, makes it exact
(docs/ranking.md).
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
from recommendations.search.candidates import Found, Page, Sample, StatementParameters, fetch
from recommendations.search.query import EligibleContractor, Order, RankingQuery, ScoredCandidate
from smartscheduler.rules.values import UNIT
from smartscheduler.timeslots import TimeSlot

logger = logging.getLogger(__name__)

ABOVE_ALL = 2.0 * UNIT
FIRST_ID, LAST_ID = UUID(int=0), UUID(int=2**128 - 1)
CALENDARS, MOST_CALENDARS, MOST_ROWS = 16, 256, 1_024
# So many searches share their statements.
MANY = 8


class StopCondition(Protocol):
    """When a search may stop: it receives the candidates and gives the last rank key that still matters.

    `complete` becomes true when the search has read the calendar of every contractor who passes the other rules.
    """

    wanted: int
    opened: int
    complete: bool

    def add(self, candidate: ScoredCandidate) -> None: ...

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

    def add(self, candidate: ScoredCandidate) -> None:
        self.met += 1
        bisect.insort(self.candidates, candidate)
        del self.candidates[self.wanted :]

    @property
    def last(self) -> Order | None:
        return self.candidates[-1].order if len(self.candidates) == self.wanted else None


class Calendars(NamedTuple):
    """Data request of a search: the calendars of some contenders."""

    search: RankingQuery
    ids: Collection[UUID]


DataRequest = Page | Sample | Calendars
Steps = Generator[DataRequest, Any, None]


class ThresholdSearch:
    """One search; counts its rounds and contenders."""

    def __init__(self, search: RankingQuery, condition: StopCondition, *, company: int = 1) -> None:
        self.search, self.condition = search, condition
        self.rounds = self.contenders = 0
        # How many calendars are opened at a time: rather too many when a statement is for us alone, and rather a
        # round more when others share it.
        many = company >= MANY
        self.group = condition.wanted + 2 if many else max(CALENDARS, condition.wanted)
        self.next_group = CALENDARS // 2 if many else 2 * CALENDARS

    def steps(self) -> Steps:
        """Yield the data requests of the search, one after the other; `send` passes in each answer."""
        query, condition = StatementParameters(self.search), self.condition
        expected = condition.wanted + condition.wanted // 2 + 8
        least = self._lower(query.bounds.first_bound((yield Sample(query)), expected))
        most, size = (ABOVE_ALL, LAST_ID), 4 * expected
        while True:
            found: Found = yield Page(query, least, *most, size)
            self.rounds += 1
            self.contenders += len(found.contenders)
            yield from self._open(sorted(found.contenders, key=lambda contender: contender.best_order))
            nobody_left = least == EVERYBODY and not found.last
            condition.complete = nobody_left and condition.opened == self.contenders
            if nobody_left or self._is_complete(found.last[0] if found.last else least):
                return
            if found.last:
                most, size = found.last, min(4 * size, MOST_ROWS)
            else:
                most = least, FIRST_ID
                least = self._lower(query.bounds.next_bound(least, found.rows, expected))

    def _is_complete(self, bound: float) -> bool:
        """Whether no contender of this bound or a lower one can change the result."""
        last = self.condition.last
        return last is not None and bound + SLACK < -last[0]

    def _lower(self, bound: float) -> float:
        """`bound`, but no lower than the places that matter; they may all have the score of the last one."""
        last = self.condition.last
        return bound if last is None else max(bound, -last[0] - SLACK - 1)

    def _open(self, contenders: Sequence[EligibleContractor]) -> Steps:
        """Look into the calendars of contenders, best possible place first, as long as it matters."""
        start = 0
        while start < len(contenders) and not self._cannot_matter(contenders[start]):
            group = [
                contender for contender in contenders[start : start + self.group] if not self._cannot_matter(contender)
            ]
            start += self.group
            if len(group) == self.group:
                self.group, self.next_group = self.next_group, min(2 * self.next_group, MOST_CALENDARS)
            calendars = yield Calendars(self.search, [one.id for one in group])
            self._read_calendars(group, calendars)

    def _read_calendars(self, group: Iterable[EligibleContractor], calendars: dict[UUID, Calendar]) -> None:
        for contender in group:
            if self._cannot_matter(contender):
                return
            self.condition.opened += 1
            # Nobody is deleted, but by hand.
            calendar = calendars.get(contender.id)
            if calendar and (candidate := self.search.candidate(contender, calendar)):
                self.condition.add(candidate)

    def _cannot_matter(self, contender: EligibleContractor) -> bool:
        last = self.condition.last
        return last is not None and contender.best_order > last


def run(searches: Sequence[ThresholdSearch]) -> None:
    """Run all searches to their ends together: requests of one kind share one statement."""
    pending = [search.steps() for search in searches]
    data_requests = {steps: next(steps) for steps in pending}
    while data_requests:
        kinds: dict[type[DataRequest], list[Steps]] = defaultdict(list)
        for steps, data_request in data_requests.items():
            kinds[type(data_request)].append(steps)
        for steps, answer in [
            pair
            for kind, several in kinds.items()
            for pair in zip(several, _answers(kind, [data_requests[steps] for steps in several]), strict=True)
        ]:
            try:
                data_requests[steps] = steps.send(answer)
            except StopIteration:
                del data_requests[steps]
    if logger.isEnabledFor(logging.DEBUG):
        for search in searches:
            logger.debug("ranked in %d rounds with %d calendars", search.rounds, search.condition.opened)


def _answers(kind: type[DataRequest], data_requests: Sequence[Any]) -> Iterable[Any]:
    return _calendars(data_requests) if kind is Calendars else fetch(data_requests)


def _calendars(data_requests: Sequence[Calendars]) -> Iterable[dict[UUID, Calendar]]:
    """One load for all: of everybody, for the time from the first to the last day that anybody asks for.

    All searches of one run have the same rules.
    """
    windows = [data_request.search.window for data_request in data_requests]
    window = TimeSlot(min(one.start for one in windows), max(one.end for one in windows))
    calendars = load_calendars(
        {one for data_request in data_requests for one in data_request.ids}, window, data_requests[0].search.rules
    )
    return [calendars] * len(data_requests)

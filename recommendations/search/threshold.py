"""Threshold search behind a ranking: contenders by descending bound, whose calendars are read in small groups.

A search stops when no remaining contender can change the result. It has no limit on the number of calendars, so the
result is exact (docs/ranking.md).

Searches do no I/O. Each is a generator that yields the data it needs next and receives the answer, and `run` answers
the requests of all searches together, with one statement for each type of request:

    search 1: steps() ── Sample ────┐                                 ┌─ all Samples ───▶ one statement (sql.SAMPLE)
    search 2: steps() ── Page ──────┼──▶ run(): pending requests ─────┼─ all Pages ─────▶ one statement (sql.PAGE)
    search 3: steps() ── Calendars ─┘    grouped by type              └─ all Calendars ─▶ one load of calendars
                 ▲                                                                 │
                 └──────────── steps.send(answer), one answer per search ◀─────────┘

One search asks in this order:

    Sample ─▶ first bound ─▶ Page ─▶ Calendars ─▶ Calendars … ─▶ done? ── yes ─▶ end
                              ▲                                    │ no
                              └── the next rows, or a lower bound ◀┘
"""

import bisect
import logging
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Sequence
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from assignments.availability import Calendar
from assignments.calendars import load_calendars
from recommendations.search.bounds import LOWEST_BOUND, SLACK
from recommendations.search.candidates import Page, PageResult, Sample, StatementParameters, fetch
from recommendations.search.query import EligibleContractor, Order, RankingQuery, ScoredCandidate
from smartscheduler.rules.values import UNIT
from smartscheduler.timeslots import TimeSlot

logger = logging.getLogger(__name__)

# A bound above every score, in ten-thousandths.
ABOVE_ALL = 2.0 * UNIT
FIRST_ID, LAST_ID = UUID(int=0), UUID(int=2**128 - 1)
# Calendars in the first group and at most in a later one; rows at most in a page.
CALENDARS, MOST_CALENDARS, MOST_ROWS = 16, 256, 1_024
# From this number of searches on, statements are shared by so many that small groups cost little.
MANY = 8


class StopCondition(Protocol):
    """The result that a search collects, and with it the condition on which it stops.

    `add` receives the candidates; `last` is the worst sort key that can still change the result. `opened` counts the
    calendars. `complete` becomes true if the search has read the calendars of all contenders.
    """

    target: int
    opened: int
    complete: bool

    def add(self, candidate: ScoredCandidate) -> None: ...

    @property
    def last(self) -> Order | None:
        """Candidates after this sort key do not matter; None if all do."""


class Best:
    """The first `target` candidates; `opened` calendars were read and `met` candidates found on the way."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.opened = self.met = 0
        self.complete = False
        self.candidates: list[ScoredCandidate] = []

    def add(self, candidate: ScoredCandidate) -> None:
        self.met += 1
        bisect.insort(self.candidates, candidate)
        del self.candidates[self.target :]

    @property
    def last(self) -> Order | None:
        return self.candidates[-1].order if len(self.candidates) == self.target else None


class Calendars(NamedTuple):
    """Data request of a search: the calendars of some contenders."""

    search: RankingQuery
    ids: Collection[UUID]


DataRequest = Page | Sample | Calendars
Steps = Generator[DataRequest, Any, None]


class ThresholdSearch:
    """One search; counts its pages (`rounds`) and contenders. `company` is the number of searches that run together."""

    def __init__(self, search: RankingQuery, condition: StopCondition, *, company: int = 1) -> None:
        self.search, self.condition = search, condition
        self.rounds = self.contenders = 0
        # Calendars read at a time. A search that runs alone reads some more than needed, to save statements; a search
        # among many reads few and takes another round, because statements are shared.
        many = company >= MANY
        self.group = condition.target + 2 if many else max(CALENDARS, condition.target)
        self.next_group = CALENDARS // 2 if many else 2 * CALENDARS

    def steps(self) -> Steps:
        """Yield the data requests of the search, one after the other; `send` passes in each answer.

        Invariant at the start of a round: all contenders before (`most`, `most_id`), by descending bound and id, have
        been read.
        """
        query, condition = StatementParameters(self.search), self.condition
        expected = condition.target + condition.target // 2 + 8
        least = self._lower(query.bounds.first_bound((yield Sample(query)), expected))
        most, size = (ABOVE_ALL, LAST_ID), 4 * expected
        while True:
            page: PageResult = yield Page(query, least, *most, size)
            self.rounds += 1
            self.contenders += len(page.contenders)
            yield from self._open(sorted(page.contenders, key=lambda contender: contender.best_order))
            is_exhausted = least == LOWEST_BOUND and not page.last
            condition.complete = is_exhausted and condition.opened == self.contenders
            if is_exhausted or self._is_complete(page.last[0] if page.last else least):
                return
            if page.last:  # the page was full: read on below its last row
                most, size = page.last, min(4 * size, MOST_ROWS)
            else:  # all contenders down to `least` have been read: lower the bound
                most = least, FIRST_ID
                least = self._lower(query.bounds.next_bound(least, page.rows, expected))

    def _is_complete(self, bound: float) -> bool:
        """Whether no contender with this bound or a lower one can change the result."""
        last = self.condition.last
        return last is not None and bound + SLACK < -last[0]

    def _lower(self, bound: float) -> float:
        """`bound`, but not lower than needed: contenders below the last score that matters are never read."""
        last = self.condition.last
        # One unit below the score itself, because equal scores are ordered by distance and can still matter.
        return bound if last is None else max(bound, -last[0] - SLACK - 1)

    def _open(self, contenders: Sequence[EligibleContractor]) -> Steps:
        """Read the calendars of contenders in the order of their best possible rank, as long as they matter."""
        start = 0
        while start < len(contenders) and not self._cannot_matter(contenders[start]):
            group = [
                contender for contender in contenders[start : start + self.group] if not self._cannot_matter(contender)
            ]
            start += self.group
            if len(group) == self.group:
                self.group, self.next_group = self.next_group, min(2 * self.next_group, MOST_CALENDARS)
            calendars = yield Calendars(self.search, [contender.id for contender in group])
            self._read_calendars(group, calendars)

    def _read_calendars(self, group: Iterable[EligibleContractor], calendars: dict[UUID, Calendar]) -> None:
        for contender in group:
            if self._cannot_matter(contender):
                return
            self.condition.opened += 1
            # The product never deletes contractors, but a row may have been deleted by SQL since the page was read.
            calendar = calendars.get(contender.id)
            if calendar and (candidate := self.search.candidate(contender, calendar)):
                self.condition.add(candidate)

    def _cannot_matter(self, contender: EligibleContractor) -> bool:
        last = self.condition.last
        return last is not None and contender.best_order > last


def run(searches: Sequence[ThresholdSearch]) -> None:
    """Run all searches to their ends; data requests of one type share one statement (see the diagram above)."""
    pending = [search.steps() for search in searches]
    data_requests = {steps: next(steps) for steps in pending}
    while data_requests:
        by_type: dict[type[DataRequest], list[Steps]] = defaultdict(list)
        for steps, data_request in data_requests.items():
            by_type[type(data_request)].append(steps)
        # All answers are read before any is sent: `send` changes `data_requests`.
        answered = [
            (steps, answer)
            for kind, group in by_type.items()
            for steps, answer in zip(group, _answers(kind, [data_requests[steps] for steps in group]), strict=True)
        ]
        for steps, answer in answered:
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
    """One load of all requested calendars, for a window that covers the horizons of all searches.

    All searches of one run have the same rules.
    """
    windows = [data_request.search.window for data_request in data_requests]
    window = TimeSlot(min(window.start for window in windows), max(window.end for window in windows))
    calendars = load_calendars(
        {contractor_id for data_request in data_requests for contractor_id in data_request.ids},
        window,
        data_requests[0].search.rules,
    )
    return [calendars] * len(data_requests)

"""Where one contractor stands, or would stand, in a ranking, without making all of it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from recommendations.explanations import ordinal
from recommendations.search.query import Order, RankingQuery, ScoredCandidate
from recommendations.search.threshold import ThresholdSearch, run

# So many calendars are counted at most; a rank that needs more is given as "at least".
MOST_COUNTED = 112
# The same for a rank that is not, but would be.
MOST_SUPPOSED = 16
# So many calendars are opened to count all who could be ranked; more candidates are given as "at least".
MOST_CANDIDATES = 48
BEST_POSSIBLE: Order = (-(10**9), 0.0, 0, "", UUID(int=0))


class RankQuestion(NamedTuple):
    """A question: how many candidates come before `own` in a search, opening `most` calendars, and who is the first.

    With `counted`, so many calendars are opened to count all candidates as well.
    """

    search: RankingQuery
    own: ScoredCandidate
    most: int = MOST_COUNTED
    leader: bool = False
    counted: int = 0


class CountAhead:
    """Counts the candidates before a place; when it has counted enough it goes on for the leader alone, if at all."""

    wanted = 16

    def __init__(self, question: RankQuestion) -> None:
        self.question = question
        self.leader = question.own
        self.opened = self.count = self.others = 0
        self.complete = False

    def add(self, candidate: ScoredCandidate) -> None:
        self.others += candidate.contender.id != self.question.own.contender.id
        if candidate.order < self.question.own.order:
            self.count += 1
            self.leader = min(self.leader, candidate)

    @property
    def last(self) -> Order | None:
        if self.opened < self.question.counted:
            return None
        if self.opened < self.question.most:
            return self.question.own.order
        return self.leader.order if self.question.leader else BEST_POSSIBLE


class CountCandidates:
    """Counts candidates, as long as few enough calendars have been opened."""

    wanted = 16

    def __init__(self, most: int) -> None:
        self.most = most
        self.opened = self.count = 0
        self.complete = False

    def add(self, candidate: ScoredCandidate) -> None:
        self.count += 1

    @property
    def last(self) -> Order | None:
        return None if self.opened < self.most else BEST_POSSIBLE


class Candidates(NamedTuple):
    """How many contractors could be ranked; not `exact` where there may be more."""

    number: int
    exact: bool


class Rank(NamedTuple):
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


def find_ranks(questions: Sequence[RankQuestion]) -> list[Rank]:
    """The ranks that candidates have, or would have; the searches share their statements."""
    conditions = [CountAhead(question) for question in questions]
    run(
        [ThresholdSearch(question.search, condition) for question, condition in zip(questions, conditions, strict=True)]
    )
    return [
        Rank(
            rank=1 + condition.count,
            exact=condition.opened < condition.question.most,
            leader=condition.leader,
            candidates=Candidates(1 + max(condition.others, condition.count), condition.complete),
        )
        for condition in conditions
    ]


def find_rank(search: RankingQuery, own: ScoredCandidate) -> Rank:
    """The rank that `own` has among the candidates, and how many these are."""
    (found,) = find_ranks([RankQuestion(search, own, counted=MOST_CANDIDATES)])
    return found


def count_candidates(search: RankingQuery) -> Candidates:
    """How many contractors could be ranked."""
    condition = CountCandidates(MOST_CANDIDATES)
    run([ThresholdSearch(search, condition)])
    return Candidates(condition.count, condition.complete)

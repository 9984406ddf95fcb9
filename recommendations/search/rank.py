"""The rank of one contractor, found by counting the candidates before it instead of building the whole ranking."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from recommendations.search.query import Order, RankingQuery, ScoredCandidate
from recommendations.search.threshold import ThresholdSearch, run

# Limits on the calendars that are opened to count, because each costs time. A count that needs more calendars is
# reported as a lower limit. For the actual rank:
MOST_COUNTED = 112
# For the rank that a contractor would have:
MOST_SUPPOSED = 16
# For the number of all candidates:
MOST_CANDIDATES = 48
# An order before that of any candidate; as the last order that matters it ends a search.
BEST_POSSIBLE: Order = (-(10**9), False, 0.0, 0, "", UUID(int=0))


class RankQuestion(NamedTuple):
    """The question how many candidates of a search rank before `own`.

    At most `most` calendars are opened to count them. With `leader`, the search goes on until the first candidate is
    known. With `counted`, the first `counted` calendars also count candidates that rank after `own`.
    """

    search: RankingQuery
    own: ScoredCandidate
    most: int = MOST_COUNTED
    leader: bool = False
    counted: int = 0


class CountAhead:
    """Stop condition that counts the candidates before `own`; at its limit it goes on for the leader only, if asked."""

    target = 16

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
    """Stop condition that counts all candidates until `most` calendars have been opened."""

    target = 16

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
    """The number of candidates; a lower limit unless `exact`."""

    number: int
    exact: bool


class Rank(NamedTuple):
    """A rank, or the best rank that is still possible unless `exact`; the first candidate, and the number of all."""

    rank: int
    exact: bool
    leader: ScoredCandidate
    candidates: Candidates


def find_ranks(questions: Sequence[RankQuestion]) -> list[Rank]:
    """The ranks that candidates have, or would have. The searches share their queries."""
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
    """The rank of `own`, and the number of candidates."""
    (rank,) = find_ranks([RankQuestion(search, own, counted=MOST_CANDIDATES)])
    return rank


def count_candidates(search: RankingQuery) -> Candidates:
    """The number of candidates of a search."""
    condition = CountCandidates(MOST_CANDIDATES)
    run([ThresholdSearch(search, condition)])
    return Candidates(condition.count, condition.complete)

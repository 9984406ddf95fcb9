"""The solver: connected parts one by one, each by regret insertion, local search and column generation."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from recommendations.planning.problem import Placement, Problem, Solution
from recommendations.planning.solver.effort import Effort
from recommendations.planning.solver.local_search import LocalSearch
from recommendations.planning.solver.parts import Part, parts_of
from recommendations.planning.solver.progress import Listener, Monitor, Phase, SolveStopped
from recommendations.planning.solver.routes import Network, Route, on_grid
from recommendations.planning.solver.schedule import Schedule

try:
    from recommendations.planning.solver.column_generation import ColumnGeneration
except ImportError:  # the extra `plan` is not installed
    HAS_BOUND = False
else:
    HAS_BOUND = True


# Jobs of a part above which the local search costs more time than the linear programs that it prepares.
MOST_SEARCHED = 1_000
# The limit of a solution whose run the listener ended.
STOPPED = "stopped"


class _Result(NamedTuple):
    placements: list[Placement]
    worth: int
    bound: int | None


def solve(
    problem: Problem,
    effort: Effort,
    seed: int = 1,
    listen: Listener | None = None,
    start: Iterable[Placement] = (),
) -> Solution:
    """The best solution that the effort finds, worth at least as much as that of the placements in `start`.

    The same problem, effort, seed and start give the same solution. Without HiGHS (the extra `plan`) it is the result
    of the local search, and there is no bound. Raises SolveCancelled if the listener cancels.
    """
    return _Run(problem, effort, seed, Monitor(listen), start).solution()


class _Run:
    """One call of `solve`: the results of the parts so far, and the part that is being solved."""

    def __init__(
        self, problem: Problem, effort: Effort, seed: int, monitor: Monitor, start: Iterable[Placement]
    ) -> None:
        self.problem, self.effort, self.seed, self.monitor = problem, effort, seed, monitor
        self.start = {placement.job: placement for placement in start}
        self.parts = parts_of(problem)
        self.results: list[_Result] = []
        self.limits: list[str] = []
        self.statistics: dict[str, int] = {"parts": len(self.parts), "moves": 0}

    def solution(self) -> Solution:
        sizes = [len(part.problem.options) for part in self.parts]
        done, whole = 0, max(1, sum(sizes))
        for part, size in zip(self.parts, sizes, strict=True):
            solver = _PartRun(part, self)
            begin, end = 100 * done / whole, 100 * (done + size) / whole
            self.monitor.watch(partial(self._so_far, solver), begin, end)
            self.results.append(solver.result())
            self.limits += [solver.limit] if solver.limit else []
            done += size
            for name, count in solver.statistics.items():
                self.statistics[name] = self.statistics.get(name, 0) + count
        return self._finished()

    def _so_far(self, solver: "_PartRun") -> tuple[Sequence[Placement], int, int | None]:
        current = solver.current()
        results = [*self.results, current]
        complete = len(results) == len(self.parts)
        bound = _sum_of_bounds([*results, _Result([], 0, self._unreachable() if complete else None)])
        return sorted(p for r in results for p in r.placements), sum(r.worth for r in results), bound

    def _finished(self) -> Solution:
        placements = tuple(sorted(placement for result in self.results for placement in result.placements))
        worth = sum(result.worth for result in self.results)
        bound = _sum_of_bounds([*self.results, _Result([], 0, self._unreachable())])
        limits = sorted(self.limits, key=lambda limit: limit != STOPPED)
        limit = limits[0] if limits and bound != worth else ""
        return Solution(placements, worth, bound, limit, self.statistics)

    def _unreachable(self) -> int:
        """What jobs without a listed option could be worth at most."""
        listed = {job for part in self.parts for job in part.jobs}
        return sum(
            max(0, job.worth + job.beyond)
            for number, job in enumerate(self.problem.jobs)
            if job.beyond is not None and number not in listed
        )


class _PartRun:
    """The solver's work on one part. `limit` is the reason to end before the proof, empty if there is none."""

    def __init__(self, part: Part, run: _Run) -> None:
        self.part, self.effort, self.monitor = part, run.effort, run.monitor
        self.network = Network(part.problem)
        self.search = LocalSearch(self.network, run.seed)
        self.start = part.of_whole(run.start)
        self.generation: ColumnGeneration | None = None
        self.limit = "" if HAS_BOUND else "no-bound"
        self.statistics: dict[str, int] = {}

    def result(self) -> _Result:
        try:
            self._work()
        except SolveStopped:
            self.limit = STOPPED
        return self.current()

    def current(self) -> _Result:
        routes, bound = self._routes(), self.generation.bound if self.generation else None
        placements = [placement for route in routes for placement in on_grid(self.network, route).placements()]
        worth = Schedule(self.network, routes).worth
        return _Result(self.part.in_whole(placements), worth, bound if bound is None else max(bound, worth))

    def _routes(self) -> list[Route]:
        if self.generation is not None and self.generation.worth >= self.search.worth:
            return self.generation.best
        return list(self.search.best.values())

    def _work(self) -> None:
        self.search.construct()
        self.search.begin_with(self.start)
        if self.monitor.stopped:
            raise SolveStopped
        self.monitor.improved()
        moves = self.effort.moves if HAS_BOUND else self.effort.moves_alone
        if not HAS_BOUND or len(self.part.jobs) <= MOST_SEARCHED:
            self.search.improve(moves, lambda move: self._moved(move, moves))
        if HAS_BOUND:
            self._generate()

    def _moved(self, move: int, moves: int) -> None:
        self.statistics["moves"] = move + 1
        self.monitor.phase(Phase.SEARCH, (0.1 if HAS_BOUND else 1.0) * move / moves)

    def _generate(self) -> None:
        self.generation = ColumnGeneration(self.network, self.effort, self.monitor, list(self.search.best.values()))
        try:
            self.generation.run()
        finally:
            self.statistics |= self.generation.statistics
        self.limit = "" if self.generation.proven else self.generation.limit


def _sum_of_bounds(results: Sequence[_Result]) -> int | None:
    bounds = [result.bound for result in results]
    return None if None in bounds else sum(bound for bound in bounds if bound is not None)

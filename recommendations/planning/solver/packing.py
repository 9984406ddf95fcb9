"""Set packing program on HiGHS: choose routes so that no job and no segment is used twice.

    maximize   Σ worth(r) x(r) − Σ fairness × k × y(c, k)
    subject to Σ x(r) ≤ 1            for each job, over the routes that contain it        dual: charge of the job
               Σ x(r) ≤ 1            for each segment, over its routes                    dual: charge of the segment
               Σ new(r) x(r) ≤ Σ y   for each contractor; 0 ≤ y(c, k) ≤ 1, k = 0, 1, …    dual: charge of the contractor
               Σ changes(r) x(r) ≤ most_changes                                           dual: charge of a change

One level y(c, k) exists for each job that the routes of the contractor could add, so that fairness is exact.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from recommendations.planning.solver.routes import SCALE, Network, Route
from recommendations.planning.solver.schedule import Schedule

Ints = NDArray[np.int64]
INFINITY = highspy.kHighsInf
_SEED = 1


class Duals(NamedTuple):
    """Charges in ten-thousandths × `SCALE`, by job, segment and contractor; never negative."""

    jobs: Ints
    segments: Ints
    contractors: Ints
    change: int


class Selection(NamedTuple):
    """Routes of an integer solution, and the limit that HiGHS proved for any selection."""

    routes: list[Route]
    bound: float
    proven: bool


class Packing:
    """The program with the routes that were added so far.

    `beyond` maps a job to what an omitted option could be worth at most; the relaxation may use it, a selection cannot.
    """

    def __init__(
        self,
        network: Network,
        most_changes: int | None,
        beyond: Sequence[tuple[int, int]],
        interrupted: Callable[[], bool],
    ) -> None:
        self.network = network
        self.routes: list[Route] = []
        self._limited = most_changes is not None
        self._highs = _highs(interrupted)
        self._segment_rows: dict[int, int] = {}
        self._contractor_rows: dict[int, int] = {}
        self._columns: list[int] = []
        self._levels: dict[int, list[int]] = {}
        self._longest: dict[int, int] = {}
        self._rows = 0
        self._width = 0
        self._add_rows([1.0] * len(network.by_job))
        if most_changes is not None:
            self._add_rows([float(most_changes - sum(network.booked))])
        self._add_columns([(-float(worth), INFINITY, [job], [1.0]) for job, worth in beyond])

    def add(self, routes: Iterable[Route]) -> None:
        routes = list(routes)
        self._add_missing_rows(routes)
        columns = []
        for route in routes:
            rows, values = [*route.jobs, self._segment_rows[route.segment]], [1.0] * (len(route.jobs) + 1)
            if self._limited and route.changes:
                rows.append(len(self.network.by_job))
                values.append(float(route.changes))
            if route.new and self.network.problem.fairness:
                rows.append(self._contractor_rows[self.network.contractors[route.segment]])
                values.append(float(route.new))
            columns.append((-float(route.worth), INFINITY, rows, values))
        self._columns += self._add_columns(columns)
        self.routes += routes
        self._add_levels(routes)

    def relaxation(self) -> Duals | None:
        """Solve the linear program. None if HiGHS did not finish."""
        self._highs.run()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        dual = np.rint(np.maximum(0.0, -np.array(self._highs.getSolution().row_dual)) * SCALE).astype(np.int64)
        count = len(self.network.by_job)
        segments = np.zeros(len(self.network.contractors), np.int64)
        for segment, row in self._segment_rows.items():
            segments[segment] = dual[row]
        contractors = np.zeros(max(self.network.contractors, default=0) + 1, np.int64)
        for contractor, row in self._contractor_rows.items():
            contractors[contractor] = dual[row]
        return Duals(dual[:count], segments, contractors, int(dual[count]) if self._limited else 0)

    def selection(self, start: Sequence[Route], branches: int) -> Selection:
        """Solve the integer program, beginning with these of its routes, within this number of nodes."""
        highs = self._highs
        columns = np.array(self._columns, np.int32)
        highs.changeColsIntegrality(
            len(columns), columns, np.full(len(columns), highspy.HighsVarType.kInteger.value, np.uint8)
        )
        highs.setOptionValue("mip_max_nodes", branches)
        highs.setOptionValue("mip_rel_gap", 0.0)
        highs.setOptionValue("mip_abs_gap", 0.99)  # worths are whole numbers
        solution = highspy.HighsSolution()
        solution.col_value = self._values(start)
        highs.setSolution(solution)
        selection = self._run()
        if selection.proven and not self._is_as_proven(selection):
            # HiGHS 1.16 sometimes proves a selection and, after its presolve, returns a worse one.
            highs.clearSolver()
            highs.setOptionValue("presolve", "off")
            highs.setSolution(solution)
            selection = self._run()
            selection = selection._replace(proven=selection.proven and self._is_as_proven(selection))
        return selection

    def _run(self) -> Selection:
        self._highs.run()
        values = self._highs.getSolution().col_value
        chosen = (
            [route for route, column in zip(self.routes, self._columns, strict=True) if values[column] > 0.5]
            if len(values) == self._width
            else []
        )
        proven = self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return Selection(chosen, -self._highs.getInfo().mip_dual_bound, proven)

    def _is_as_proven(self, selection: Selection) -> bool:
        """Whether the routes are worth what HiGHS proved. Worths are whole numbers."""
        return Schedule(self.network, selection.routes).worth + 1 > selection.bound

    def _values(self, start: Sequence[Route]) -> list[float]:
        values = [0.0] * self._width
        position = {id(route): column for route, column in zip(self.routes, self._columns, strict=True)}
        new: dict[int, int] = {}
        for route in start:
            values[position[id(route)]] = 1.0
            contractor = self.network.contractors[route.segment]
            new[contractor] = new.get(contractor, 0) + route.new
        for contractor, count in new.items():
            for column in self._levels.get(contractor, [])[:count]:
                values[column] = 1.0
        return values

    def _add_missing_rows(self, routes: Iterable[Route]) -> None:
        segments = dict.fromkeys(route.segment for route in routes if route.segment not in self._segment_rows)
        self._segment_rows.update(zip(segments, self._add_rows([1.0] * len(segments)), strict=True))
        if self.network.problem.fairness:
            contractors = dict.fromkeys(self.network.contractors[segment] for segment in segments)
            missing = [contractor for contractor in contractors if contractor not in self._contractor_rows]
            self._contractor_rows.update(zip(missing, self._add_rows([0.0] * len(missing)), strict=True))

    def _add_levels(self, routes: Iterable[Route]) -> None:
        """As many levels for each contractor as its routes could add jobs together, and a last one without a limit.

        No selection needs the last one. It keeps the charge of the contractor at the price of the next job.
        """
        if not self.network.problem.fairness:
            return
        needed: dict[int, int] = {}
        for route in routes:
            more = route.new - self._longest.get(route.segment, 0)
            if more > 0:
                self._longest[route.segment] = route.new
                contractor = self.network.contractors[route.segment]
                needed[contractor] = needed.get(contractor, 0) + more
        columns, owners = [], []
        for contractor, count in needed.items():
            levels = self._levels.setdefault(contractor, [])
            if levels:
                self._highs.changeColBounds(levels[-1], 0.0, 1.0)
            begin, end = len(levels), max(1, len(levels)) + count
            for level in range(begin, end):
                price = float(self.network.problem.fairness * level)
                upper = 1.0 if level + 1 < end else INFINITY
                columns.append((price, upper, [self._contractor_rows[contractor]], [-1.0]))
                owners.append(contractor)
        for contractor, column in zip(owners, self._add_columns(columns), strict=True):
            self._levels[contractor].append(column)

    def _add_rows(self, upper: list[float]) -> range:
        count = len(upper)
        if count:
            nothing = np.zeros(0, np.int32)
            self._highs.addRows(
                count,
                np.full(count, -INFINITY),
                np.array(upper),
                0,
                np.zeros(count, np.int32),
                nothing,
                np.zeros(0),
            )
        self._rows += count
        return range(self._rows - count, self._rows)

    def _add_columns(self, columns: Sequence[tuple[float, float, list[int], list[float]]]) -> range:
        """Columns as cost, upper limit, rows and their values."""
        count = len(columns)
        if count:
            lengths = [len(rows) for _, _, rows, _ in columns]
            self._highs.addCols(
                count,
                np.array([cost for cost, _, _, _ in columns]),
                np.zeros(count),
                np.array([upper for _, upper, _, _ in columns]),
                sum(lengths),
                np.cumsum([0, *lengths[:-1]]).astype(np.int32),
                np.array([row for _, _, rows, _ in columns for row in rows], np.int32),
                np.array([value for _, _, _, values in columns for value in values]),
            )
        self._width += count
        return range(self._width - count, self._width)


class _QuietHighs(highspy.Highs):
    """HiGHS without output; its constructor prints a banner when it sets the callbacks."""

    def enableCallbacks(self) -> None:  # noqa: N802
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def _highs(interrupted: Callable[[], bool]) -> highspy.Highs:
    """HiGHS on one thread, with a fixed seed and no limit of time, so that it takes the same steps each time."""
    highs = _QuietHighs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("random_seed", _SEED)

    def check(event: highspy.HighsCallbackEvent) -> None:
        if interrupted():
            event.interrupt()

    highs.cbSimplexInterrupt.subscribe(check)
    highs.cbMipInterrupt.subscribe(check)
    return highs

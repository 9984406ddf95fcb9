"""Peers of the product's solver, in an environment of their own: OR-Tools CP-SAT and PyVRP.

python -m benchmarks.plans.peers METHOD < pickled Problem. Prints the placements with processor seconds and megabytes as
JSON. Their packages are in peers.lock, which `make lock` updates; the product's environment does not have them.
"""

import importlib
import json
import pickle
import resource
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from time import process_time
from typing import Any, NamedTuple

from recommendations.planning.problem import Option, Placement, Problem
from recommendations.planning.solver.routes import Network, Route

CP_SAT, PYVRP = "CP-SAT, 12 options a job", "PyVRP"
# Best options of a job that CP-SAT gets, and the limit of its deterministic time.
BEST_OPTIONS, CP_SAT_LIMIT = 12, 20.0
# Processor seconds of PyVRP.
PYVRP_SECONDS = 30.0
DAY = 1_440
# Minutes that no day has, and a price that no job is worth, for arcs that do not exist.
NO_MINUTES, NO_PRICE = 10 * DAY, 10**7
# Added to the price of each arc into a job and to its prize, because a score is a negative price.
SHIFT = 100_000


def cp_sat(problem: Problem) -> list[Placement]:
    """OR-Tools CP-SAT over the best options of each job: a circuit for each segment that has any."""
    cp_model = importlib.import_module("ortools.sat.python.cp_model")
    model = cp_model.CpModel()
    network = Network(problem)
    chosen: dict[tuple[int, int], Any] = {}
    starts: dict[tuple[int, int], Any] = {}
    by_segment: dict[int, list[Option]] = defaultdict(list)
    gains: list[Any] = []
    for job, options in enumerate(network.by_job):
        best = options[:BEST_OPTIONS]
        for option in best:
            key = job, option.segment
            chosen[key] = model.new_bool_var("")
            first, last = option.ranges[0].earliest, option.ranges[0].latest
            starts[key] = model.new_int_var(first, last, "")
            by_segment[option.segment].append(option)
            gains.append((problem.jobs[job].worth + option.ranges[0].value) * chosen[key])
        model.add_at_most_one(chosen[job, option.segment] for option in best)
    for segment, options in by_segment.items():
        gains += _circuit(model, problem, segment, options, chosen, starts)
    gains += _fairness(model, problem, chosen)
    model.maximize(sum(gains))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = CP_SAT_LIMIT
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return []
    return [
        Placement(job, segment, solver.value(starts[job, segment]), 0)
        for (job, segment), literal in chosen.items()
        if solver.value(literal)
    ]


def _circuit(
    model: Any, problem: Problem, segment: int, options: list[Option], chosen: Any, starts: Any
) -> Iterator[Any]:
    """Arcs of the route of a segment, node 0 is outside; yields what they cost."""
    empty = model.new_bool_var("")
    arcs = [(0, 0, empty)]
    yield -problem.segments[segment].price * empty + problem.segments[segment].price
    for node, option in enumerate(options, 1):
        key = option.job, segment
        first, last = model.new_bool_var(""), model.new_bool_var("")
        arcs += [(0, node, first), (node, 0, last), (node, node, chosen[key].negated())]
        yield -option.price_before * first - option.price_after * last
        job = problem.jobs[option.job]
        for other, target in enumerate(options, 1):
            leg = problem.legs[job.site].get(problem.jobs[target.job].site)
            if other == node or leg is None:
                continue
            follows = model.new_bool_var("")
            arcs.append((node, other, follows))
            ready = starts[key] + job.duration + leg.minutes
            model.add(starts[target.job, segment] >= ready).only_enforce_if(follows)
            yield -leg.price * follows
    model.add_circuit(arcs)


def _fairness(model: Any, problem: Problem, chosen: dict[tuple[int, int], Any]) -> Iterator[Any]:
    by_contractor: dict[int, list[Any]] = defaultdict(list)
    for (_, segment), literal in chosen.items():
        by_contractor[problem.segments[segment].contractor].append(literal)
    for literals in by_contractor.values():
        levels = [model.new_bool_var("") for _ in literals]
        model.add(sum(literals) <= sum(levels))
        yield from (-problem.fairness * level * literal for level, literal in enumerate(levels))


class Visit(NamedTuple):
    """A job on one day: what PyVRP calls a client. The visits of a job exclude each other."""

    job: int
    day: int


class RoutingModel:
    """The problem as PyVRP reads it, exact but for fairness, which it cannot express.

    Each contractor has a matrix of its own, because prices contain the score of the contractor, and minutes contain
    the start ranges at the ends of a segment. A segment is a vehicle; the numbers of its depots in the day are shared.
    """

    def __init__(self, network: Network) -> None:
        import numpy as np

        self.network, problem = network, network.problem
        self.visits: dict[Visit, int] = {}
        self.windows: list[tuple[int, int]] = []
        self.segments = [segment for segment, options in enumerate(network.by_segment) if options]
        self.spans = {segment: self._span(segment) for segment in self.segments}
        self.place = self._places()
        for segment in self.segments:
            for option in network.by_segment[segment].values():
                self._note(Visit(option.job, self._day(segment)), option)
        depots = 1 + max(self.place.values())
        size = len(self.visits) + depots
        contractors = 1 + max(network.contractors)
        self.prices = [np.full((size, size), NO_PRICE, np.int64) for _ in range(contractors)]
        self.minutes = [np.full((size, size), NO_MINUTES, np.int64) for _ in range(contractors)]
        for matrix in (*self.prices, *self.minutes):
            np.fill_diagonal(matrix, 0)
        for segment in self.segments:
            self._fill(segment, problem.segments[segment].contractor)
        self.depots = depots

    def _day(self, segment: int) -> int:
        return self.spans[segment][0] // DAY

    def _span(self, segment: int) -> tuple[int, int]:
        """The first start and the last end in a segment."""
        options = self.network.by_segment[segment].values()
        durations = self.network.durations
        return (
            min(option.ranges[0].earliest for option in options),
            max(option.ranges[0].latest + durations[option.job] for option in options),
        )

    def _places(self) -> dict[int, int]:
        """The number of each segment within its contractor's day."""
        numbers: dict[tuple[int, int], count[int]] = defaultdict(count)
        ordered = sorted(self.segments, key=lambda segment: self.spans[segment])
        return {segment: next(numbers[self.network.contractors[segment], self._day(segment)]) for segment in ordered}

    def _note(self, visit: Visit, option: Option) -> None:
        number = self.visits.setdefault(visit, len(self.visits))
        earliest, latest = option.ranges[0].earliest, option.ranges[0].latest
        if number == len(self.windows):
            self.windows.append((earliest, latest))
        else:
            first, last = self.windows[number]
            self.windows[number] = min(first, earliest), max(last, latest)

    def _fill(self, segment: int, contractor: int) -> None:
        """Arcs between the jobs of a segment, and to its depot and back."""
        network, (begin, end), day = self.network, self.spans[segment], self._day(segment)
        prices, minutes = self.prices[contractor], self.minutes[contractor]
        options = list(network.by_segment[segment].values())
        depot = len(self.visits) + self.place[segment]
        for option in options:
            into, target = self.visits[Visit(option.job, day)], option.ranges[0]
            score = SHIFT - target.value
            prices[depot, into] = score + option.price_before - network.problem.segments[segment].price
            minutes[depot, into] = target.earliest - begin
            prices[into, depot] = option.price_after
            minutes[into, depot] = end - target.latest - network.durations[option.job]
            for other in options:
                leg = network.legs[network.sites[other.job]].get(network.sites[option.job])
                if other is not option and leg is not None:
                    origin = self.visits[Visit(other.job, day)]
                    prices[origin, into] = score + leg.price
                    # All starts and durations are multiples of the step.
                    minutes[origin, into] = -(-leg.minutes // network.step) * network.step

    def data(self, pyvrp: Any) -> Any:
        groups: dict[int, list[int]] = defaultdict(list)
        for visit, number in self.visits.items():
            groups[visit.job].append(number)
        group = {job: position for position, job in enumerate(groups)}
        size = len(self.visits) + self.depots
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in range(size)],
            [
                pyvrp.Client(
                    number,
                    service_duration=self.network.durations[visit.job],
                    tw_early=self.windows[number][0],
                    tw_late=self.windows[number][1],
                    prize=SHIFT + self.network.worths[visit.job],
                    required=False,
                    group=group[visit.job],
                )
                for visit, number in self.visits.items()
            ],
            [pyvrp.Depot(len(self.visits) + number) for number in range(self.depots)],
            [
                pyvrp.VehicleType(
                    start_depot=self.place[segment],
                    end_depot=self.place[segment],
                    tw_early=self.spans[segment][0],
                    tw_late=self.spans[segment][1],
                    profile=self.network.contractors[segment],
                )
                for segment in self.segments
            ],
            self.prices,
            self.minutes,
            [pyvrp.ClientGroup(members, required=False) for members in groups.values()],
        )

    def routes(self, solution: Any) -> Iterator[Route]:
        jobs = {number: visit.job for visit, number in self.visits.items()}
        for route in solution.routes():
            segment = self.segments[route.vehicle_type()]
            chosen: list[int] = []
            for activity in route.schedule():
                if activity.is_client():
                    job = jobs[activity.idx]
                    if self.network.route(segment, (*chosen, job)) is not None:
                        chosen.append(job)
            timed = self.network.route(segment, chosen)
            if timed is not None:
                yield timed


def pyvrp_search(problem: Problem) -> list[Placement]:
    """PyVRP's iterated local search on the whole problem."""
    pyvrp = importlib.import_module("pyvrp")
    network = Network(problem)
    model = RoutingModel(network)
    end = process_time() + PYVRP_SECONDS
    result = pyvrp.solve(model.data(pyvrp), lambda best: process_time() > end, seed=1, collect_stats=False)
    return [placement for route in model.routes(result.best) for placement in route.placements()]


METHODS: dict[str, Callable[[Problem], list[Placement]]] = {CP_SAT: cp_sat, PYVRP: pyvrp_search}


def main(method: str) -> None:
    problem = pickle.load(sys.stdin.buffer)  # noqa: S301
    began = process_time()
    placements = METHODS[method](problem)
    seconds = process_time() - began
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"placements": placements, "seconds": round(seconds, 2), "megabytes": megabytes}))


if __name__ == "__main__":
    main(sys.argv[1])

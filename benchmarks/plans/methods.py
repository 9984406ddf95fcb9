"""Ways to plan a problem: the product's solver, its parts alone, what a person does today, and peers if installed."""

import importlib
import importlib.util
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from recommendations.planning.problem import Option, Placement, Problem
from recommendations.planning.solver import EFFORTS, solve
from recommendations.planning.solver.local_search import LocalSearch
from recommendations.planning.solver.routes import Network, Route

# Best options of a job that CP-SAT gets, and the limit of its deterministic time.
BEST_OPTIONS, CP_SAT_LIMIT = 12, 20.0
MOVES = 5_000


class Answer(NamedTuple):
    """Placements, and the bound if the method knows one."""

    placements: list[Placement]
    bound: int | None = None


def product(problem: Problem) -> Answer:
    solution = solve(problem, EFFORTS["normal"])
    return Answer(list(solution.placements), solution.bound)


def by_hand(problem: Problem) -> Answer:
    """Most urgent first, each to the option with the best score in which it still fits."""
    network = Network(problem)
    routes: dict[int, Route] = {}
    order = sorted(range(len(problem.jobs)), key=lambda job: (-problem.jobs[job].worth, job))
    for job in order:
        for option in sorted(network.by_job[job], key=lambda option: (-_value(option), option.segment)):
            route = _with_job(network, routes.get(option.segment), option)
            if route is not None:
                routes[option.segment] = route
                break
    return Answer([placement for route in routes.values() for placement in route.placements()])


def _value(option: Option) -> int:
    return max(start_range.value for start_range in option.ranges)


def _with_job(network: Network, route: Route | None, option: Option) -> Route | None:
    jobs = route.jobs if route else ()
    for position in range(len(jobs) + 1):
        longer = network.route(option.segment, (*jobs[:position], option.job, *jobs[position:]))
        if longer is not None:
            return longer
    return None


def regret(problem: Problem) -> Answer:
    return _searched(problem, 0)


def local_search(problem: Problem) -> Answer:
    return _searched(problem, MOVES)


def _searched(problem: Problem, moves: int) -> Answer:
    search = LocalSearch(Network(problem), 1)
    search.construct()
    search.improve(moves, lambda move: None)
    return Answer([placement for route in search.best.values() for placement in route.placements()])


def cp_sat(problem: Problem) -> Answer:
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
        return Answer([])
    return Answer(
        [
            Placement(job, segment, solver.value(starts[job, segment]), 0)
            for (job, segment), literal in chosen.items()
            if solver.value(literal)
        ]
    )


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


METHODS: dict[str, Callable[[Problem], Answer]] = {
    "by hand": by_hand,
    "regret": regret,
    "local search": local_search,
    "product": product,
}
if importlib.util.find_spec("ortools"):
    METHODS["CP-SAT, 12 options a job"] = cp_sat


def shuffled(names: list[str], seed: int) -> list[str]:
    """The order of a run, so that a busy moment of the machine does not always meet the same method."""
    return random.Random(seed).sample(names, len(names))  # noqa: S311

"""Ways to plan a problem: the product's solver, its parts alone, and what a coordinator does by hand."""

import random
from collections.abc import Callable
from typing import NamedTuple

from recommendations.planning.problem import Option, Placement, Problem
from recommendations.planning.solver import EFFORTS, solve
from recommendations.planning.solver.local_search import LocalSearch
from recommendations.planning.solver.routes import Network, Route

# The product plans from a database; its solver gets the same problem without one.
PRODUCT, SOLVER = "product", "solver alone"
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


OWN: dict[str, Callable[[Problem], Answer]] = {
    "by hand": by_hand,
    "regret": regret,
    "local search": local_search,
    SOLVER: product,
}


def shuffled(names: list[str], seed: int) -> list[str]:
    """The order of a run, so that a busy moment of the machine does not always meet the same method."""
    return random.Random(seed).sample(names, len(names))  # noqa: S311

"""One measurement in a process of its own, so that processor seconds and memory are those of the method alone.

python -m benchmarks.plans.measure WORLD METHOD
DATABASE_URL=… python -m benchmarks.plans.measure WORLD database
"""

import json
import resource
import sys
import zlib
from time import process_time
from typing import Any

from benchmarks.plans.worlds import BEST, DAY, World, generate, read

# Contractors, jobs and metros of the generated worlds; their best options of a job that are listed.
GENERATED = {
    "1000x500": {"seed": 5, "contractors": 1_000, "jobs": 500, "metros": 1},
    "10000x5000": {"seed": 7, "contractors": 10_000, "jobs": 5_000, "metros": 10},
}
LISTED = {"1000x500": 120, "10000x5000": 60}


def world_of(name: str) -> World:
    return generate(**GENERATED[name]) if name in GENERATED else read(name)


def measure(name: str, method: str) -> dict[str, Any]:
    world = world_of(name)
    if method == "database":
        return _through_the_database(world)
    from benchmarks.plans.methods import METHODS
    from benchmarks.plans.problems import PRICE_OF_A_MILE, problem_of
    from recommendations.planning.evaluation import violations, worth_of

    problem = problem_of(world, most_options=LISTED.get(name))
    began = process_time()
    answer = METHODS[method](problem)
    seconds = process_time() - began
    worth = worth_of(problem, answer.placements)
    return {
        "planned": len(answer.placements),
        "worth": worth,
        "bound": answer.bound,
        "best_known": BEST.get(name),
        "miles": round(_travel(problem, answer.placements) / PRICE_OF_A_MILE),
        "late_days": sum(p.start // DAY - world["jobs"][p.job]["desired"] for p in answer.placements),
        "broken": violations(problem, answer.placements)[:3],
        "options": len(problem.options),
        "digest": zlib.crc32(repr(answer.placements).encode()),
        "seconds": round(seconds, 2),
        "megabytes": _megabytes(),
    }


def _travel(problem: Any, placements: list[Any]) -> int:
    """Added travel: the worth without it, less the worth."""
    from dataclasses import replace

    from recommendations.planning.evaluation import worth_of
    from recommendations.planning.problem import Leg

    free = replace(
        problem,
        segments=[replace(segment, price=0) for segment in problem.segments],
        options=[replace(option, price_before=0, price_after=0) for option in problem.options],
        legs=[{site: Leg(leg.minutes, 0) for site, leg in legs.items()} for legs in problem.legs],
    )
    return worth_of(free, placements) - worth_of(problem, placements)


def _through_the_database(world: World) -> dict[str, Any]:
    """Load the world, then make a plan as a run does: snapshot, solver, and the check of each item by the engine."""
    import django

    django.setup()
    from datetime import timedelta

    from benchmarks.plans.database import MONDAY, load
    from recommendations.planning.results import checked, rows_worth
    from recommendations.planning.snapshot import read_snapshot
    from recommendations.planning.solver import EFFORTS, solve

    scope = load(world)
    began = process_time()
    snapshot = read_snapshot(scope, now=MONDAY - timedelta(days=1))
    read = process_time() - began
    solution = solve(snapshot.problem, EFFORTS["normal"])
    solved = process_time() - began - read
    placements, refused = checked(snapshot, solution)
    return {
        "planned": len(placements),
        "worth": solution.worth,
        "rows": rows_worth(snapshot, placements),
        "bound": solution.bound,
        "limit": solution.limit,
        "broken": refused[:3],
        "options": len(snapshot.problem.options),
        "seconds": round(process_time() - began, 2),
        "seconds_of_the_snapshot": round(read, 2),
        "seconds_of_the_solver": round(solved, 2),
        "megabytes": _megabytes(),
    }


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2])))

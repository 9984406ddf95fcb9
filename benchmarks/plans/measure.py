"""One measurement in a process of its own, so that processor seconds and memory are those of the method alone.

python -m benchmarks.plans.measure WORLD METHOD
DATABASE_URL=… python -m benchmarks.plans.measure WORLD load|product
"""

import json
import pickle
import resource
import subprocess
import sys
import zlib
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.databases import HOME
from benchmarks.plans import peers
from benchmarks.plans.methods import OWN, PRODUCT
from benchmarks.plans.worlds import BEST, DAY, FILES, World, generate, read
from recommendations.planning.problem import Placement, Problem

# The generated worlds, and how many of the best options of a job are listed where it is not all of them.
GENERATED: dict[str, dict[str, Any]] = {
    "240x200": {"seed": 3},
    "150x500": {"seed": 4, "most_days": 5},
    "15x110": {"seed": 6, "days": 2, "busy": 0.3, "most_days": 2, "durations": (60,)},
    "1000x500": {"seed": 5},
    "10000x5000": {"seed": 7, "metros": 10},
}
LISTED = {"1000x500": 120, "10000x5000": 60}


def world_of(name: str) -> World:
    """The world of a file, or a generated one. `60x240-7` is a world of that size with the seed 7."""
    if name in FILES:
        return read(name)
    size, _, seed = name.partition("-")
    contractors, jobs = map(int, size.split("x"))
    options = {"seed": 1, "contractors": contractors, "jobs": jobs} | GENERATED.get(size, {})
    return generate(**options | ({"seed": int(seed)} if seed else {}))


def measure(name: str, method: str) -> dict[str, Any]:
    if method in {"load", PRODUCT}:
        import django

        django.setup()
        return _load(world_of(name)) if method == "load" else _through_the_database()
    from benchmarks.plans.problems import PRICE_OF_A_MILE, problem_of
    from recommendations.planning.evaluation import violations, worth_of

    world = world_of(name)
    problem = problem_of(world, most_options=LISTED.get(name.partition("-")[0]))
    placements, bound, spent = _by_a_peer(method, problem) if method in peers.METHODS else _by_us(method, problem)
    return {
        "planned": len(placements),
        "worth": worth_of(problem, placements),
        "bound": bound,
        "best_known": BEST.get(name),
        "miles": round(_travel(problem, placements) / PRICE_OF_A_MILE),
        "late_days": sum(p.start // DAY - world["jobs"][p.job]["desired"] for p in placements),
        "broken": violations(problem, placements)[:3],
        "options": len(problem.options),
        **spent,
    }


def _by_us(method: str, problem: Problem) -> tuple[list[Placement], int | None, dict[str, float]]:
    began = process_time()
    placements, bound = OWN[method](problem)
    return placements, bound, {"seconds": round(process_time() - began, 2), "megabytes": _megabytes()}


def _by_a_peer(method: str, problem: Problem) -> tuple[list[Placement], None, dict[str, float]]:
    """The placements of a peer, whose process has another environment and measures itself."""
    command = [peers_python(), "-m", "benchmarks.plans.peers", method]
    done = subprocess.run(command, input=pickle.dumps(problem), check=True, stdout=subprocess.PIPE)  # noqa: S603
    answer = json.loads(done.stdout.splitlines()[-1])
    placements = [Placement(*values) for values in answer.pop("placements")]
    return placements, None, answer


def peers_python() -> str:
    """Python of the peers' environment, which is made when it is missing or its lock has changed."""
    folder, lock = HOME / "peers", Path(__file__).with_name("peers.lock")
    copy = folder / lock.name
    if not copy.exists() or copy.read_text() != lock.read_text():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", "--clear", "--python", sys.executable, folder], check=True)  # noqa: S603
        install = ["pip", "sync", "-q", "--require-hashes", "--python", str(folder / "bin" / "python"), str(lock)]
        subprocess.run([*uv, *install], check=True)  # noqa: S603
        copy.write_text(lock.read_text())
    return str(folder / "bin" / "python")


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


def _load(world: World) -> dict[str, Any]:
    """Write the world into the empty database and request two equal plans of it."""
    from benchmarks.plans.database import load
    from recommendations.planning.services import request_plan
    from smartscheduler.accounts.models import User

    scope = load(world)
    User.objects.create_user("benchmark@example.com", "benchmark-password", role="coordinator")
    numbers = [request_plan(scope=scope, actor=None).number for _ in range(2)]
    return {"plans": numbers, "seconds": round(process_time(), 2)}


def _through_the_database() -> dict[str, Any]:
    """Make the next plan as a worker does: snapshot, figures, solver, check of each item, misses, and storage."""
    from django.conf import settings

    from recommendations.planning import runs
    from recommendations.planning.models import PlanItem

    seconds: dict[str, float] = {}
    for name in ("read_snapshot", "by_hand", "solve", "checked", "items_of", "explain_misses"):
        setattr(runs, name, _timed(seconds, name, getattr(runs, name)))
    limit = settings.PLAN_PROCESS_MEMORY_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    plan = runs.take()
    assert plan, "no plan waits"  # noqa: S101
    began = process_time()
    outcome = runs.Run(plan).run()
    total = process_time() - began
    plan.refresh_from_db()
    items = list(
        PlanItem.objects.filter(plan=plan).order_by("job_id").values_list("job_id", "contractor_id", "time_slot")
    )
    worths = PlanItem.objects.filter(plan=plan).values_list("worth", flat=True)
    return {
        "planned": len(items),
        "worth": plan.worth,
        "rows": sum(worths),
        "bound": plan.bound,
        "miles": round(plan.figures["plan"]["miles"] - plan.figures["today"]["miles"]),
        "late_days": plan.figures["plan"]["days_late"],
        "limit": plan.limit_reached,
        "broken": outcome["refused"][:3],
        "options": plan.counts["options"],
        "misses": plan.misses.count(),
        "digest": zlib.crc32(repr(items).encode()),
        "seconds": round(total, 2),
        "seconds_by_step": {name: round(spent, 2) for name, spent in seconds.items()},
        "megabytes": _megabytes(),
    }


def _timed(seconds: dict[str, float], name: str, function: Any) -> Any:
    """The function, which adds its processor seconds to its name. Inner calls count for the outer function too."""

    def call(*arguments: Any, **options: Any) -> Any:
        began = process_time()
        try:
            return function(*arguments, **options)
        finally:
            seconds[name] = seconds.get(name, 0.0) + process_time() - began

    return call


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2])))

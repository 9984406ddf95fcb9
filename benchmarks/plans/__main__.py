"""`make bench-plans`: plans of reference and generated worlds, made by the product, and by other methods.

The product plans each world twice from its database, as a worker does, the second time beside a busy process. The other
methods get the same problem without a database. Each measurement is a process of its own. Rankings are asked for while
plans run, in turns with quiet times (`rankings.py`). WORLDS=60x60,60x100 is the quick form, without the rankings;
60x240-7 is a world of that size with another seed.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.databases import cluster, migrate
from benchmarks.plans.chart import chart
from benchmarks.plans.methods import OWN, PRODUCT, SOLVER, shuffled
from benchmarks.plans.peers import CP_SAT, PYVRP
from benchmarks.plans.rankings import rankings_beside_plans
from benchmarks.report import Goal

HERE = Path(__file__).resolve().parent
FILE = HERE / "results.json"
CHART = HERE.parent.parent / "docs" / "planning-benchmark.svg"
WORLDS = ("60x60", "60x100", "60x240", "240x200", "150x500", "15x110", "1000x500", "10000x5000")
# Methods that take minutes there, or too much memory.
SLOW = {
    "240x200": {PYVRP},
    "150x500": {PYVRP},
    "1000x500": {CP_SAT, PYVRP},
    "10000x5000": {"local search", CP_SAT, PYVRP},
}
PEERS = () if os.environ.get("PEERS") == "0" else (CP_SAT, PYVRP)
# The database in which rankings are asked for while plans run.
RANKINGS_IN = "1000x500"
BUSY = "while True: pass"
# Largest gap in percent, processor seconds and megabytes of each world, and jobs planned at least.
LIMITS: Mapping[str, Mapping[str, float]] = {
    "60x60": {"gap": 0.0, "seconds": 5, "planned": 57},
    "60x100": {"gap": 0.05, "seconds": 5, "planned": 97},
    "60x240": {"gap": 0.05, "seconds": 10, "planned": 232},
    "15x110": {"gap": 0.5, "seconds": 60, "planned": 94},
    "1000x500": {"gap": 0.05, "seconds": 30, "megabytes": 600},
    "10000x5000": {"seconds": 300, "megabytes": 2_048},
}

Results = dict[str, dict[str, dict[str, Any]]]


def main() -> None:
    chosen = [name for name in (os.environ.get("WORLDS") or "").split(",") if name]
    results: Results = {}
    with cluster() as server:
        for seed, name in enumerate(chosen or WORLDS):
            url = _database(server.url, name)
            _measured(name, "load", url)
            methods = [method for method in (PRODUCT, *OWN, *PEERS) if method not in SLOW.get(name, ())]
            results[name] = {method: _measured(name, method, url) for method in shuffled(methods, seed)}
            with _busy_process():
                again = _measured(name, PRODUCT, url)
            results[name][PRODUCT]["repeated"] = again["digest"] == results[name][PRODUCT]["digest"]
            if name == RANKINGS_IN and not chosen:
                results[name][PRODUCT]["rankings"] = rankings_beside_plans(url)
            _drop(server.url, name)
            _write({name: results[name]})
    _print(results)


def _measured(world: str, method: str, url: str) -> dict[str, Any]:
    print(f"  {world:>12}  {method}", file=sys.stderr, flush=True)
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "smartscheduler.settings",
        "REDIS_URL": os.environ.get("REDIS_URL") or "redis://localhost:1/0",
    }
    command = [sys.executable, "-m", "benchmarks.plans.measure", world, method]
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout  # noqa: S603
    measured: dict[str, Any] = json.loads(output.splitlines()[-1])
    return measured


def _database(server_url: str, name: str) -> str:
    """A new, migrated database for the world."""
    database = f"plans_{name}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{database}"')
    url = server_url.replace("/smartscheduler?", f"/{database}?")
    migrate(url)
    return url


def _drop(server_url: str, name: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "plans_{name}" WITH (FORCE)')


@contextmanager
def _busy_process() -> Iterator[None]:
    """A process that keeps a core busy, which must not change any plan."""
    process = subprocess.Popen([sys.executable, "-c", BUSY])  # noqa: S603
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _gap(measured: Mapping[str, Any], bound: int) -> float:
    """Percent of the worth by which the bound is above it."""
    worth: int = measured["worth"]
    return 100 * (bound - worth) / worth


def _goals(results: Results) -> Iterator[Goal]:
    for name, methods in results.items():
        for goal in _goals_of(methods[PRODUCT], LIMITS.get(name, {})):
            yield goal._replace(name=f"{name}: {goal.name}")


def _goals_of(measured: Mapping[str, Any], limits: Mapping[str, float]) -> Iterator[Goal]:
    if "gap" in limits and measured["bound"] is not None:
        yield Goal("gap in %", _gap(measured, measured["bound"]), limits["gap"])
    if "planned" in limits:
        yield Goal("planned", measured["planned"], limits["planned"], at_least=True)
    for figure in sorted(limits.keys() & {"seconds", "megabytes"}):
        yield Goal(figure, measured[figure], limits[figure])
    yield Goal("worth less sum of rows", abs(measured["worth"] - measured["rows"]), 0)
    yield Goal("refused by the engine", len(measured["broken"]), 0)
    yield Goal("other items beside a busy process", float(not measured["repeated"]), 0)
    if "rankings" in measured:
        yield Goal("p99 of rankings beside a plan ÷ quiet", measured["rankings"]["ratio"], 1.5)


def _print(results: Results) -> None:
    console = Console(width=120)
    console.print(_table(results))
    for goal in _goals(results):
        met = "[green]met   [/]" if goal.met else "[red]missed[/]"
        console.print(f"{met}  {goal.name:<52} {goal.value:10.3f}  {'≥' if goal.at_least else '≤'} {goal.limit:.4g}")


def _write(results: Results) -> None:
    """Add the results to the file and to the chart, which keep the last measurement of each world."""
    known = json.loads(FILE.read_text())["worlds"] if FILE.exists() else {}
    measured = known | results
    worlds = {name: measured[name] for name in WORLDS if name in measured}
    written = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.system()},
        "worlds": worlds,
        "goals": [goal._asdict() | {"met": goal.met} for goal in _goals(worlds)],
    }
    FILE.write_text(json.dumps(written, indent=2) + "\n")
    CHART.write_text(chart({name: _gaps(methods) for name, methods in worlds.items()}))


def _gaps(methods: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Gap of each method to the bound of the solver on the same problem; the product's to its own bound.

    A method that found no plan is left out.
    """
    bound = methods[SOLVER]["bound"]
    return {
        name: _gap(measured, measured["bound"] if name == PRODUCT else bound)
        for name, measured in methods.items()
        if measured["planned"]
    }


def _table(results: Results) -> Table:
    table = Table("world", "method", "planned", "worth", "gap %", "miles", "late days", "CPU s", "MB")
    for name, methods in results.items():
        gaps = _gaps(methods)
        for method, measured in sorted(methods.items(), key=lambda pair: pair[1]["worth"]):
            table.add_row(
                name,
                method,
                f"{measured['planned']:,}",
                f"{measured['worth']:,}",
                f"{gaps[method]:.4f}" if method in gaps else "–",
                f"{measured['miles']:,}",
                f"{measured['late_days']:,}",
                f"{measured['seconds']:.1f}",
                f"{measured['megabytes']:,}",
            )
    return table


if __name__ == "__main__":
    main()

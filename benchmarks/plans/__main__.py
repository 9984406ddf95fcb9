"""`make bench-plans`: the product's plans of reference and generated worlds, and other methods on the same problems.

Each measurement is a process of its own. The worlds that fit are also loaded into a database and planned from there.
WORLDS=60x60,60x100 is the quick form. CP-SAT takes part if OR-Tools is installed (`uv pip install ortools`).
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
from benchmarks.plans.methods import METHODS, shuffled
from benchmarks.report import Goal

HERE = Path(__file__).resolve().parent
FILE = HERE / "results.json"
CHART = HERE.parent.parent / "docs" / "planning-benchmark.svg"
WORLDS = ("60x60", "60x100", "60x240", "1000x500", "10000x5000")
# Methods that take minutes there, and the world that is too large for a database of a benchmark.
SLOW = {
    ("10000x5000", "local search"),
    ("10000x5000", "CP-SAT, 12 options a job"),
    ("1000x500", "CP-SAT, 12 options a job"),
}
WITHOUT_DATABASE = {"10000x5000"}
BUSY = "while True: pass"
# Largest gap in percent, processor seconds and megabytes of each world, and jobs planned at least.
LIMITS: Mapping[str, Mapping[str, float]] = {
    "60x60": {"gap": 0.0, "seconds": 5, "planned": 57},
    "60x100": {"gap": 0.05, "seconds": 5, "planned": 97},
    "60x240": {"gap": 0.05, "seconds": 10, "planned": 232},
    "1000x500": {"gap": 0.05, "seconds": 30, "megabytes": 600},
    "10000x5000": {"seconds": 600},
}

Results = dict[str, dict[str, dict[str, Any]]]


def main() -> None:
    names = [name for name in (os.environ.get("WORLDS") or ",".join(WORLDS)).split(",") if name]
    results: Results = {}
    with cluster() as server:
        for seed, name in enumerate(names):
            methods = [method for method in METHODS if (name, method) not in SLOW]
            results[name] = {method: _measured(name, method) for method in shuffled(methods, seed)}
            if name not in WITHOUT_DATABASE:
                results[name]["database"] = _measured(name, "database", _database(server.url, name))
    with _busy_process():
        for name in names:
            product = results[name]["product"]
            product["repeated"] = _measured(name, "product")["digest"] == product["digest"]
    _publish(results)


def _measured(world: str, method: str, url: str | None = None) -> dict[str, Any]:
    print(f"  {world:>12}  {method}", file=sys.stderr, flush=True)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "smartscheduler.settings",
        "REDIS_URL": os.environ.get("REDIS_URL") or "redis://localhost:1/0",
        **({"DATABASE_URL": url} if url else {}),
    }
    command = [sys.executable, "-m", "benchmarks.plans.measure", world, method]
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout  # noqa: S603
    measured: dict[str, Any] = json.loads(output.splitlines()[-1])
    return measured


def _database(server_url: str, name: str) -> str:
    """A new, migrated database for the world."""
    database = f"plans_{name}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {database}")
    url = server_url.replace("/smartscheduler?", f"/{database}?")
    migrate(url)
    return url


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
        for origin in ("product", "database"):
            if origin in methods:
                for goal in _goals_of(methods[origin], LIMITS.get(name, {}), from_database=origin == "database"):
                    yield goal._replace(name=f"{name}, {origin}: {goal.name}")


def _goals_of(measured: Mapping[str, Any], limits: Mapping[str, float], *, from_database: bool) -> Iterator[Goal]:
    """Goals of one measurement; the number of planned jobs is that of the problem without the database."""
    if "gap" in limits and measured["bound"] is not None:
        yield Goal("gap in %", _gap(measured, measured["bound"]), limits["gap"])
    if "planned" in limits and not from_database:
        yield Goal("planned", measured["planned"], limits["planned"], at_least=True)
    for figure in sorted(limits.keys() & {"seconds", "megabytes"}):
        yield Goal(figure, measured[figure], limits[figure])
    yield Goal("worth less sum of rows", abs(measured["worth"] - measured.get("rows", measured["worth"])), 0)
    yield Goal("refused or broken", len(measured["broken"]), 0)
    if "repeated" in measured:
        yield Goal("other items beside a busy process", float(not measured["repeated"]), 0)


def _publish(results: Results) -> None:
    """Print the results; the file and the chart keep the last measurement of each world."""
    console = Console(width=120)
    console.print(_table(results))
    for goal in _goals(results):
        met = "[green]met   [/]" if goal.met else "[red]missed[/]"
        console.print(f"{met}  {goal.name:<52} {goal.value:10.3f}  {'≥' if goal.at_least else '≤'} {goal.limit:.4g}")
    known = json.loads(FILE.read_text())["worlds"] if FILE.exists() else {}
    worlds = {name: {**known, **results}[name] for name in WORLDS if name in {**known, **results}}
    written = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.system()},
        "worlds": worlds,
        "goals": [goal._asdict() | {"met": goal.met} for goal in _goals(worlds)],
    }
    FILE.write_text(json.dumps(written, indent=2) + "\n")
    CHART.write_text(chart({name: _gaps(methods) for name, methods in worlds.items()}))


def _gaps(methods: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Gap of each method to the bound of the product, without the problem from the database."""
    bound = methods["product"]["bound"]
    return {name: _gap(measured, bound) for name, measured in methods.items() if name != "database"}


def _table(results: Results) -> Table:
    table = Table("world", "method", "planned", "worth", "gap %", "miles", "late days", "CPU s", "MB")
    for name, methods in results.items():
        gaps = _gaps(methods)
        for method, measured in sorted(methods.items(), key=lambda pair: pair[1]["worth"]):
            bound = measured["bound"]
            own = "no bound" if bound is None else f"{_gap(measured, bound):.4f}"
            table.add_row(
                name,
                method,
                f"{measured['planned']:,}",
                f"{measured['worth']:,}",
                f"{gaps[method]:.4f}" if method in gaps else own,
                f"{measured['miles']:,}" if "miles" in measured else "–",
                f"{measured['late_days']:,}" if "late_days" in measured else "–",
                f"{measured['seconds']:.1f}",
                f"{measured['megabytes']:,}",
            )
    return table


if __name__ == "__main__":
    main()

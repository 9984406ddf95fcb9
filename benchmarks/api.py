"""`make bench-api`: the time of every API operation, compared with `health/live` in the same run.

The product runs in production mode with the demo data and one web process. The generated client of the tests calls
every operation, and asks for `health/live` before each call on the same connection, so a busy machine is busy for both.
Lists are also asked for 100 rows. Times are medians. Fails when an operation takes more than its multiple.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import httpx
import yaml
from rich.console import Console
from rich.table import Table

from benchmarks.load.stage import Stage, stage
from smartscheduler import BASE_DIR
from tests.smartscheduler.test_clients import BEGUN, PASSWORD, generate_client

ROUNDS = int(os.environ.get("ROUNDS") or 20)
# Multiples of the median of `health/live`.
USUAL, LOGIN, ROWS = 5.0, 20.0, 6.0
HUNDRED = 100
# A batch ranks up to 100 jobs or changes up to 500 records: its time is proportional to its rows.
UNLIMITED = {"recommendations_batch"}
WITHOUT_LIMITS = {"WEB_WORKERS": "1", "RATE_LIMITS": "0", "SECOND_FACTOR_REQUIRED": "nobody"}
ACCOUNT = {"email": "admin@example.com", "password": PASSWORD}
SIGN_UP = f"""\
from smartscheduler.accounts.models import User
User.objects.create_superuser(**{ACCOUNT!r}, name="Benchmark")
"""
CALLS = BASE_DIR / "tests" / "smartscheduler" / "generated_calls.py"


class Timing(NamedTuple):
    operation: str
    milliseconds: float
    live: float
    limit: float | None

    @property
    def ratio(self) -> float:
        return self.milliseconds / self.live

    @property
    def is_slow(self) -> bool:
        return self.limit is not None and self.ratio > self.limit


def limit_of(operation: str) -> float | None:
    if operation in UNLIMITED or "_bulk" in operation:
        return None
    return LOGIN if operation == "auth_login" else USUAL


def rounds(running: Stage, client: Path) -> Iterator[dict[str, Any]]:
    """The calls of all rounds, each with `milliseconds` and `live`, both in milliseconds."""
    begun = running.manage("shell", "-v", "0", "-c", f"for _ in range({ROUNDS + 1}): exec({BEGUN!r})")
    for number, ids in enumerate(begun.splitlines()):
        program = [sys.executable, "-P", str(CALLS), str(client), f"http://127.0.0.1:{running.port}", PASSWORD]
        done = subprocess.run([*program, *ids.split()], capture_output=True, text=True, timeout=600, check=False)  # noqa: S603
        if done.returncode:
            raise RuntimeError(done.stderr)
        if number:  # The first round warms up.
            yield from map(json.loads, done.stdout.splitlines())


def lists(running: Stage, paths: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The same for pages of 100 rows."""
    with httpx.Client(base_url=f"http://127.0.0.1:{running.port}") as client:
        token = client.post("/api/v1/auth/login/", json=ACCOUNT).raise_for_status().json()["access"]
        client.headers["Authorization"] = f"Bearer {token}"
        for number in range(ROUNDS + 1):
            for path in paths:
                live = client.get("/api/v1/health/live/")
                answer = client.get(path, params={"page_size": HUNDRED})
                rows = answer.raise_for_status().json()["results"]
                if number:
                    times = {"milliseconds": in_milliseconds(answer), "live": in_milliseconds(live)}
                    yield {"operation": f"{path.removeprefix('/api/v1')} ({len(rows)} rows)", **times}


def in_milliseconds(answer: httpx.Response) -> float:
    return answer.elapsed.total_seconds() * 1_000


def timings(calls: Iterable[Mapping[str, Any]], limit: float | None = None) -> list[Timing]:
    """The medians of each operation, the slowest first. `limit` is that of all; None for the one of the operation."""
    took: dict[str, list[float]] = defaultdict(list)
    live: list[float] = []
    for call in calls:
        took[call["operation"]].append(call["milliseconds"])
        live.append(call["live"])
    return sorted(
        (Timing(name, median(each), median(live), limit or limit_of(name)) for name, each in took.items()),
        key=lambda timing: -timing.ratio,
    )


def listed(schema: Mapping[str, Any]) -> list[str]:
    """The paths of all lists that pages with `page_size` and have no other parameter in the path."""
    paths = []
    for path, methods in schema["paths"].items():
        names = {parameter.get("name") for parameter in methods.get("get", {}).get("parameters", [])}
        if "page_size" in names and "{" not in path:
            paths.append(path)
    return paths


def report(console: Console, title: str, measured: Iterable[Timing]) -> None:
    table = Table(title, "ms", "× health/live", "limit")
    for timing in measured:
        limit = "none" if timing.limit is None else f"{timing.limit:g}"
        style = "bold red" if timing.is_slow else None
        table.add_row(timing.operation, f"{timing.milliseconds:.1f}", f"{timing.ratio:.1f}", limit, style=style)
    console.print(table)


def main() -> int:
    console = Console()
    schema = yaml.safe_load((BASE_DIR / "docs" / "openapi.yaml").read_text())
    with tempfile.TemporaryDirectory() as home, stage(contractors=240, jobs=90, **WITHOUT_LIMITS) as running:
        client = generate_client(Path(home))
        running.manage("shell", "-v", "0", "-c", SIGN_UP)
        operations = timings(rounds(running, client))
        pages = timings(lists(running, listed(schema)), ROWS)
    console.print(f"health/live: {operations[0].live:.1f} ms, {ROUNDS} rounds")
    report(console, "Operation", operations)
    report(console, f"List with page_size={HUNDRED}", pages)
    slow = [timing.operation for timing in (*operations, *pages) if timing.is_slow]
    console.print(f"Over the limit: {', '.join(slow)}" if slow else "All operations are within their limits.")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())

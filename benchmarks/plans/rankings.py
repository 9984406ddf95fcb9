"""Rankings over HTTP while plans run, in turns with rankings in quiet times."""

import json
import os
import subprocess
import sys
import time
from typing import Any

import psycopg

from benchmarks.report import quantile
from benchmarks.servers import Client, Server

TURNS, QUESTIONS = 6, 100
# Between two questions, so that those of a turn fall into all parts of a run.
PAUSE_SECONDS = 0.08
START_SECONDS = 120.0


def rankings_beside_plans(url: str) -> dict[str, Any]:
    """Milliseconds of rankings in both kinds of turns, with the ratio of their 99th percentiles.

    A question counts for a plan only if the plan is running after it.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        jobs = [str(row[0]) for row in connection.execute("SELECT id FROM jobs_job WHERE status = 'open' ORDER BY id")]
        with Server(url, settings="smartscheduler.settings") as server:
            client = Client(server.port)
            for job in jobs[:50]:  # warms up
                client.ask("GET", f"jobs/{job}/recommendations/")
            quiet, busy = list[float](), list[float]()
            for turn in range(TURNS):
                print(f"  rankings, turn {turn + 1} of {TURNS}", file=sys.stderr, flush=True)
                quiet += [_ask(client, jobs, number) for number in range(QUESTIONS)]
                busy += _beside_plans(client, connection, jobs, url)
    return {
        "quiet": {"count": len(quiet), "p50": quantile(quiet, 0.5), "p99": quantile(quiet, 0.99)},
        "beside a plan": {"count": len(busy), "p50": quantile(busy, 0.5), "p99": quantile(busy, 0.99)},
        "ratio": quantile(busy, 0.99) / quantile(quiet, 0.99),
    }


def _ask(client: Client, jobs: list[str], number: int) -> float:
    time.sleep(PAUSE_SECONDS)
    return client.ask("GET", f"jobs/{jobs[number % len(jobs)]}/recommendations/")[0]


def _beside_plans(client: Client, connection: "psycopg.Connection[Any]", jobs: list[str], url: str) -> list[float]:
    """As many samples as a quiet turn has, while a worker makes one plan after the other."""
    samples: list[float] = []
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "smartscheduler.settings"}
    command = [sys.executable, "-m", "benchmarks.plans.rankings"]
    with subprocess.Popen(command, env=environment, start_new_session=True) as worker:  # noqa: S603
        try:
            number = 0
            while len(samples) < QUESTIONS:
                if not _is_running(connection):
                    _wait_for_a_run(connection, worker)
                took = _ask(client, jobs, number)
                number += 1
                if _is_running(connection):
                    samples.append(took)
        finally:
            worker.kill()
    connection.execute("UPDATE planning_plan SET state = 'cancelled', leased_until = NULL WHERE state = 'running'")
    return samples


def _is_running(connection: "psycopg.Connection[Any]") -> bool:
    """Whether a plan is being made: snapshot, solver, check and storage."""
    query = "SELECT 1 FROM planning_plan WHERE state = 'running'"
    return connection.execute(query).fetchone() is not None


def _wait_for_a_run(connection: "psycopg.Connection[Any]", worker: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_running(connection):
        if worker.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("No plan runs.")
        time.sleep(0.05)


def work() -> None:
    """Make plans of the world's scope, each in its child process as a worker does, until the process is killed."""
    import django

    django.setup()
    from dataclasses import replace

    from recommendations.planning import runs
    from recommendations.planning.models import Plan
    from recommendations.planning.scope import Scope
    from recommendations.planning.services import request_plan

    scope = Scope.of_json(Plan.objects.earliest("created_at").scope)
    seed = 1
    while True:
        seed += 1
        plan = request_plan(scope=replace(scope, seed=seed, effort="thorough"), actor=None)
        taken = runs.take(plan.pk)
        if taken:
            runs.run_apart(taken)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(rankings_beside_plans(os.environ["DATABASE_URL"]), indent=2))
    else:
        work()

"""`make bench-roads`: do road distance providers delay requests?

One database, one worker, and two web servers: one that has no provider, and one whose providers behave as badly as
they can. Both are asked for the same rankings in turns, so that a busy machine is busy for both. Prints times, and how
many drives were shown by road.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
import redis

from smartscheduler.ops.local import process_specs
from smartscheduler.ops.local.servers import Servers
from smartscheduler.ops.local.servers.postgresql import PostgreSQL
from smartscheduler.ops.local.servers.valkey import Valkey
from tests.products import free_port

BEHAVIORS = (
    *("normal", "slow", "dripping", "busy_for_a_second", "broken", "malformed"),
    *("truncated", "kilometers", "partial", "reset", "denied"),
)
LOGINS = "from smartscheduler.accounts.services import ensure_logins; ensure_logins('smartscheduler-demo')"
ACCOUNT = {"email": "admin@example.com", "password": "smartscheduler-demo"}
WANT = """
INSERT INTO recommendations_lookup (job_id, state, wanted_at, due_at, again, attempts, drives, known, asked, error)
SELECT id, 'waiting', now(), now(), false, 0, 0, 0, 0, '' FROM jobs_job WHERE status = 'open' ON CONFLICT DO NOTHING
"""
FORGET = "TRUNCATE travel_travelestimate, travel_travelclaim, travel_providerday, recommendations_lookup"


class Site:
    """The servers, and two web processes."""

    def __init__(self, home: Path, roads: Any) -> None:
        self.postgresql = PostgreSQL(home / "pg", throwaway=True)
        self.valkey = Valkey(home / "valkey", throwaway=True)
        self.home, self.roads = home, roads
        self.bare = {
            **{name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")},
            "DATA_DIR": str(home / "data"),
            "RATE_LIMITS": "0",
            "LOG_LEVEL": "WARNING",
            "DATABASE_URL": self.postgresql.url,
            "REDIS_URL": self.valkey.url,
            "DEBUG": "1",
        }
        urls = ("GOOGLE_ROUTES_URL", "GOOGLE_MATRIX_URL", "OPENROUTESERVICE_URL")
        keys = ("GOOGLE_MAPS_API_KEY", "OPENROUTESERVICE_API_KEY")
        loopback = {"OUTGOING_PRIVATE_NETWORKS": "127.0.0.0/8"}
        self.configured = self.bare | dict.fromkeys(urls, roads.url) | dict.fromkeys(keys, "key") | loopback

    def manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], env=self.bare, check=True)  # noqa: S603

    @contextmanager
    def running(self, *command: str, environment: dict[str, str]) -> Iterator[None]:
        with (self.home / "log").open("ab") as log:
            process = subprocess.Popen([sys.executable, *command], env=environment, stdout=log, stderr=log)  # noqa: S603
        try:
            yield
        finally:
            process.terminate()
            process.wait()

    def begin(self) -> None:
        """Clear all road data and request distances for every open job."""
        client = redis.Redis.from_url(self.valkey.url)
        for key in client.scan_iter("*:travel:*"):
            client.delete(key)
        with psycopg.connect(self.postgresql.url, autocommit=True) as connection:
            connection.execute(FORGET)
            connection.execute(WANT)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.postgresql.url) as connection:
            return connection.execute(query).fetchall()


class Client:
    """A signed-in connection to a web process."""

    def __init__(self, port: int) -> None:
        deadline = time.monotonic() + 120
        while True:
            self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            with suppress(OSError):
                self.token = self.ask("POST", "auth/login/", ACCOUNT)[1]["access"]
                return
            if time.monotonic() > deadline:
                raise RuntimeError("The web does not start.")
            time.sleep(0.2)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[float, Any]:
        headers = {"Content-Type": "application/json"}
        if body is None:
            headers["Authorization"] = f"Bearer {self.token}"
        began = perf_counter()
        self.connection.request(method, f"/api/v1/{path}", json.dumps(body) if body else None, headers)
        answer = self.connection.getresponse().read()
        return (perf_counter() - began) * 1_000, json.loads(answer)


def is_by_road(entry: Any) -> bool:
    return bool(entry["distance_source"] == "road")


def compare(
    webs: tuple[Client, Client], jobs: list[str], times: int, better: Callable[[Any], bool] = is_by_road
) -> tuple[list[float], list[float], int]:
    """Milliseconds without and with providers, and the percentage of entries with a road distance at the end."""
    took: tuple[list[float], list[float]] = [], []
    shown = improved = 0
    for number in range(times):
        path = f"jobs/{jobs[number % len(jobs)]}/recommendations/?max_results=10"
        for which in (0, 1) if number % 2 else (1, 0):
            milliseconds, ranking = webs[which].ask("GET", path)
            took[which].append(milliseconds)
            if which and number > times // 2:
                shown += len(ranking["recommendations"])
                improved += sum(map(better, ranking["recommendations"]))
    return *took, round(100 * improved / max(1, shown))


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def report(name: str, without: list[float], with_them: list[float], rest: str = "") -> None:
    figures = [percentile(values, share) for share in (0.5, 0.99) for values in (without, with_them)]
    print(f"| {name:<18} | {figures[0]:6.1f} | {figures[1]:6.1f} | {figures[2]:6.1f} | {figures[3]:6.1f} | "
          f"{figures[3] / figures[2]:5.2f} | {rest}", flush=True)  # fmt: skip


@contextmanager
def started(site: Site) -> Iterator[tuple[tuple[Client, Client], list[str]]]:
    """Web processes without and with providers, and the open jobs of the demo data."""
    ports = free_port(), free_port()
    with ExitStack() as stack:
        stack.enter_context(Servers(site.home, [site.postgresql, site.valkey]))
        site.manage("migrate", "-v", "0")
        site.manage("shell", "--no-imports", "-c", LOGINS)
        site.manage("seed_demo", "--contractors", "240", "--jobs", "90", "-v", "0")
        for port, environment in zip(ports, (site.bare, site.configured), strict=True):
            web = process_specs.web(host="127.0.0.1", port=port, workers=1)
            stack.enter_context(site.running(*web, environment=environment))
        stack.enter_context(site.running(*process_specs.RELAY, environment=site.bare))
        worker = process_specs.worker_with_beat(str(site.home / "beat"))
        stack.enter_context(site.running(*worker, environment=site.configured))
        webs = Client(ports[0]), Client(ports[1])
        jobs = [str(row[0]) for row in site.rows("SELECT id FROM jobs_job WHERE status = 'open' ORDER BY id")]
        compare(webs, jobs, len(jobs) * 2)  # warm
        yield webs, jobs


def measure(site: Site, webs: tuple[Client, Client], jobs: list[str], times: int) -> None:
    print("| behavior          | p50 without | with | p99 without | with | ratio | by road, lookups, calls")
    everything: tuple[list[float], list[float]] = [], []
    for behavior in BEHAVIORS:
        site.roads.behavior = dict.fromkeys(("google_routes", "openrouteservice"), behavior)
        site.roads.calls.clear()
        site.begin()
        without, with_them, share = compare(webs, jobs, times)
        states = ", ".join(f"{count} {state}" for state, count in site.rows(
            "SELECT state, count(*) FROM recommendations_lookup GROUP BY 1 ORDER BY 1"))  # fmt: skip
        report(behavior, without, with_them, f"{share} %, {states}, {dict(site.roads.calls)}")
        everything[0].extend(without)
        everything[1].extend(with_them)
    report("all", *everything)
    ((drives, asked, count),) = site.rows("SELECT sum(drives), sum(asked), count(*) FROM recommendations_lookup")
    print(f"{count} jobs want {drives} drives; {asked} asked by the last behavior.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=400, help="rankings a behavior, of each web")
    arguments = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "smartscheduler.settings"
    import django

    django.setup()
    from tests.recommendations.travel.servers import providers

    with tempfile.TemporaryDirectory(prefix="ss-", ignore_cleanup_errors=True) as home, providers() as roads:
        Path(home).chmod(0o755)
        site = Site(Path(home), roads)
        with started(site) as (webs, jobs):
            measure(site, webs, jobs, arguments.times)


if __name__ == "__main__":
    main()

"""`make upgrade-test BASE=<commit>`: the code of BASE on the present schema, as during an upgrade.

An upgrade migrates first and replaces the processes afterwards, one by one (docs/operations.md). In between old and
new code work on the new schema side by side: that is what happens here, with the real processes of both.
"""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from smartscheduler import BASE_DIR
from smartscheduler.ops.local import process_specs
from smartscheduler.ops.local.servers import Servers
from smartscheduler.ops.local.servers.postgresql import PostgreSQL
from smartscheduler.ops.local.servers.valkey import Valkey
from tests.products import folder, free_port, wait_until

PASSWORD = "smartscheduler-demo"


class Release:
    """The code of one commit, on the database that both share."""

    def __init__(self, code: Path, environment: dict[str, str]) -> None:
        self.code, self.port = code, free_port()
        self.environment = environment | {"PORT": str(self.port)}
        self._token = ""

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.code,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, command: tuple[str, ...]) -> Iterator["subprocess.Popen[bytes]"]:
        process = subprocess.Popen([sys.executable, *command], cwd=self.code, env=self.environment)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)

    @contextmanager
    def serving(self) -> Iterator[None]:
        with self.running(process_specs.web(host="127.0.0.1", port=self.port, workers=1)):
            wait_until(self.answers, 90)
            self._token = self.call("POST", "auth/login/", email="coordinator@example.com", password=PASSWORD)["access"]
            yield

    def answers(self) -> bool:
        try:
            return self._ask("GET", "health/ready", None)[0] == 200
        except OSError:
            return False

    def call(self, method: str, path: str, *, status: int = 0, **body: Any) -> dict[str, Any]:
        code, answer = self._ask(method, path, body or None)
        assert code == status if status else 200 <= code < 300, (path, code, answer)
        return answer

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        web = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self._token}"} if self._token else {}
        )
        web.request(method, f"/api/v1/{path}", json.dumps(body) if body else None, headers)
        answer = web.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")


@pytest.fixture(scope="module")
def releases() -> Iterator[tuple[Release, Release]]:
    base = os.environ["BASE"]
    with folder() as home, ExitStack() as stack:
        archive = subprocess.run(
            ["/usr/bin/env", "git", "archive", base], cwd=BASE_DIR, capture_output=True, check=True
        ).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            files.extractall(home / "old", filter="data")
        postgresql, valkey = PostgreSQL(home / "pg", throwaway=True), Valkey(home / "valkey", throwaway=True)
        stack.enter_context(Servers(home, [postgresql, valkey]))
        ignored = {"DATABASE_URL", "REDIS_URL", "DATA_DIR", "PORT"}
        shared = {name: value for name, value in os.environ.items() if name not in ignored} | {
            "DATABASE_URL": postgresql.url,
            "REDIS_URL": valkey.url,
            "DATA_DIR": str(home / "data"),
            "LOG_LEVEL": "WARNING",
            "RATE_LIMITS": "0",
        }
        yield Release(home / "old", shared), Release(BASE_DIR, shared)


def book_the_best(release: Release, jobs: list[str]) -> dict[str, Any]:
    """Rank the next job and book its best candidate; the second booking of the same is refused."""
    ranked: list[dict[str, Any]] = []
    while not ranked:  # some jobs have no candidates
        job = jobs.pop()
        ranked = release.call("GET", f"jobs/{job}/recommendations/")["recommendations"]
    best = ranked[0]
    booking = {
        "job": job,
        "contractor": best["contractor"]["id"],
        "start": best["available_time_slots"][0]["start"],
    }
    assignment = release.call("POST", "assignments/", **booking)
    release.call("POST", "assignments/", status=409, **booking)
    return assignment


def use(release: Release, jobs: list[str]) -> str:
    """What a coordinator does, and what it leaves: the id of the job."""
    assignment = book_the_best(release, jobs)
    release.call("POST", f"assignments/{assignment['id']}/confirm/")
    for path in ("contractors/", "jobs/", "assignments/", "events/", "dashboard/"):
        release.call("GET", path)
    other = book_the_best(release, jobs)
    release.call("POST", f"assignments/{other['id']}/cancel/", reason="Another day")
    return str(assignment["id"])


def test_old_code_and_new_work_side_by_side_on_the_new_schema(releases: tuple[Release, Release]) -> None:
    old, new = releases
    old.manage("migrate", "--noinput")
    old.manage("seed_demo", "--contractors", "120", "--jobs", "90", "-v", "0")
    old.manage(
        "shell", "-c", f"from smartscheduler.accounts.services import ensure_logins; ensure_logins({PASSWORD!r})"
    )
    with old.serving(), old.running(process_specs.RELAY) as relay:
        jobs = [job["id"] for job in old.call("GET", "jobs/?status=open&page_size=50")["results"]]
        before = use(old, jobs)

        # The step that comes first. Old processes go on running.
        new.manage("migrate", "--noinput")
        during = use(old, jobs)
        old.manage("check_relay")

        # Then one process after the other.
        with new.serving():
            after = use(new, jobs)
            once_more = use(old, jobs)
            for key in (before, during, after, once_more):
                assert old.call("GET", f"assignments/{key}/") == new.call("GET", f"assignments/{key}/")
            relay.terminate()
            relay.wait(30)
            with new.running(process_specs.RELAY):
                last = use(old, jobs)
                wait_until(lambda: in_the_log(new, last), 30)
        sequences = [event["sequence"] for event in everything(old)]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))


def in_the_log(release: Release, assignment: str) -> bool:
    return any(event["data"].get("assignment_id") == assignment for event in everything(release))


def everything(release: Release) -> list[dict[str, Any]]:
    return list(release.call("GET", "events/?limit=1000")["results"])

"""A complete product with its own servers and processes that can be killed at any moment."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psutil
import psycopg
import pytest

from smartscheduler import BASE_DIR
from smartscheduler.ops.local import process_specs
from smartscheduler.ops.local.servers.postgresql import PostgreSQL
from smartscheduler.ops.local.servers.valkey import Valkey
from tests.faults.bookers import SET_UP
from tests.products import Product, folder, free_port, wait_until

# make faults: as often as docs/events.md says; else just often enough to see that it holds.
FULL = bool(os.environ.get("FAULTS"))
# What takes minutes: make faults alone.
AT_LENGTH = [
    pytest.mark.system,
    pytest.mark.xdist_group("faults"),
    pytest.mark.skipif(not FULL, reason="minutes: make faults"),
]
SIGN_IN = (
    "from tests.events.wire import session_cookie; from tests.factories import UserFactory;"
    "print(session_cookie(UserFactory()))"
)
Options = dict[str, str] | None


def times(quick: int, full: int) -> int:
    return full if FULL else quick


class Stack:
    """PostgreSQL and Valkey with the schema and a signed-in user; tests start web, relays, and workers."""

    def __init__(
        self,
        home: Path,
        *,
        postgresql: dict[str, str] | None = None,
        valkey: dict[str, str] | None = None,
        **variables: str,
    ) -> None:
        # A crash of the server, unlike one of the machine, loses nothing that was written to the system's cache.
        self.postgresql = PostgreSQL(home / "pg", throwaway=True, synchronous_commit="on", **(postgresql or {}))
        self.valkey = Valkey(home / "valkey", throwaway=True, **(valkey or {}))
        addresses: dict[str, Any] = {"DATABASE_URL": self.postgresql.url, "REDIS_URL": self.valkey.url}
        limits = {"EVENT_SOCKETS_PER_ACCOUNT": "2000", "EVENT_HEARTBEAT_SECONDS": "1", "LOG_LEVEL": "ERROR"}
        self.product = Product(home / "data", **(addresses | limits | variables))
        self.product.data_dir.mkdir()
        self.logs = (home / "processes.log").open("ab")
        self.running: list[subprocess.Popen[Any]] = []
        self.cookie = ""

    def up(self) -> None:
        self.postgresql.start()
        self.valkey.start()
        migrated = self.product.manage("migrate", "--noinput", "-v", "0")
        assert migrated.returncode == 0, migrated.stderr
        self.cookie = self.product.manage("shell", "-v", "0", "-c", SIGN_IN).stdout.strip()

    def clear(self) -> None:
        """End what runs, and forget what has happened."""
        for process in self.running:
            _end(process)
        self.running.clear()
        self.forget()

    def forget(self) -> None:
        """An empty business; what runs goes on."""
        with psycopg.connect(self.postgresql.url) as connection:
            connection.execute(
                "TRUNCATE events_outboxevent, events_eventhead, events_eventreader, jobs_job, contractors_contractor,"
                " idempotency_keptanswer"
                " RESTART IDENTITY CASCADE"
            )

    def down(self) -> None:
        for process in self.running:
            _end(process)
        self.valkey.stop()
        self.postgresql.stop()
        self.logs.close()

    # --- processes --------------------------------------------------------------------------
    def start(self, *command: str, log: "IO[bytes] | None" = None, **variables: str) -> "subprocess.Popen[bytes]":
        """A Python of ours; what it says goes to one file, or to `log`."""
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=BASE_DIR,
            env=self.product.environment | variables,
            stdout=log or self.logs,
            stderr=log or self.logs,
            start_new_session=True,
        )
        self.running.append(process)
        return process

    def web(self, **options: Any) -> int:
        """A web process; returns its port once it answers."""
        port = free_port()
        self.web_at(port, **options)
        wait_until(lambda: _status(port) == 200)
        return port

    def web_at(self, port: int, **options: Any) -> "subprocess.Popen[bytes]":
        return self.start(*process_specs.web(host="127.0.0.1", port=port, workers=1), **options)

    def relay(self, **options: Any) -> "subprocess.Popen[bytes]":
        return self.start(*process_specs.RELAY, **options)

    def worker(self, **options: Any) -> "subprocess.Popen[bytes]":
        return self.start(*process_specs.worker_with_beat(str(self.product.data_dir / "beat")), **options)

    def file_worker(self, **options: Any) -> "subprocess.Popen[bytes]":
        """The worker of the queue `files`; without one the web is not `ok`."""
        return self.start(*process_specs.FILE_WORKER, **options)

    def plan_worker(self, **options: Any) -> "subprocess.Popen[bytes]":
        """The worker of the queue `plans`; without one the web is not `ok`."""
        return self.start(*process_specs.PLAN_WORKER, **options)

    def office(self) -> None:
        """Create contractors, and a user who may book them."""
        made = self.product.manage("shell", "-v", "0", "-c", SET_UP)
        assert made.returncode == 0, made.stderr

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """kill -9, to all of it."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.running.remove(process)

    def writer(self, *arguments: object) -> "Writer":
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.writer", *map(str, arguments)],
            cwd=BASE_DIR,
            env=self.product.environment | {"DJANGO_SETTINGS_MODULE": "smartscheduler.settings"},
            stdout=subprocess.PIPE,
            stderr=self.logs,
            text=True,
            start_new_session=True,
        )
        self.running.append(process)
        return Writer(process)

    # --- servers ----------------------------------------------------------------------------
    def crash_postgresql(self) -> None:
        """What `pg_ctl stop -m immediate` does: no checkpoint, every client cut off; and a start after it."""
        process = self._postmaster()
        process.send_signal(signal.SIGQUIT)
        process.wait(30)
        self.postgresql.start()

    def kill_postgresql(self) -> None:
        """kill -9 of the postmaster, whose sessions find out for themselves; and a start after it on the same data."""
        process = self._postmaster()
        sessions = process.children()
        process.kill()
        psutil.wait_procs([process, *sessions], 30)
        self.postgresql.start()

    def _postmaster(self) -> psutil.Process:
        return psutil.Process(int((self.postgresql.directory / "postmaster.pid").read_text().split()[0]))

    def kill_valkey(self) -> None:
        with self.valkey._client() as client:
            process = psutil.Process(int(client.info("server")["process_id"]))
        process.kill()
        wait_until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)

    def rows(self, query: str, *values: object) -> list[Any]:
        with psycopg.connect(self.postgresql.url) as connection:
            return connection.execute(query, values or None).fetchall()

    def doctor(self) -> dict[str, list[str]]:
        """What manage.py doctor finds in data and structure, by the name of the check."""
        done = self.product.manage("doctor", "--data", "--json")
        assert done.stdout, done.stderr
        outcomes = json.loads(done.stdout)
        return {
            outcome["check"]: [outcome["failure"], *outcome["found"]]
            for outcome in outcomes
            if outcome["state"] != "ok"
        }

    def is_sent(self) -> bool:
        """Whether no event waits for its number."""
        return self.rows("SELECT count(*) FROM events_outboxevent WHERE sequence IS NULL") == [(0,)]


class Writer:
    """A process of tests/faults/writer.py, and what it says it has committed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self._said: list[str] = []
        # A pipe without a reader would block the writer.
        self._listening = threading.Thread(target=lambda: self._said.extend(process.stdout or ()))
        self._listening.start()

    def committed(self) -> list[str]:
        """Wait for its end and return the acknowledged ids."""
        assert self.process.wait(600) == 0
        self._listening.join()
        return [line.strip() for line in self._said]


@contextmanager
def stack(**variables: Any) -> Iterator[Stack]:
    with folder() as home, ExitStack() as cleaning:
        running = Stack(home, **variables)
        cleaning.callback(running.down)
        running.up()
        yield running


def _status(port: int) -> int | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health/live", timeout=5) as answer:
            return int(answer.status)
    except OSError:
        return None


def _end(process: "subprocess.Popen[Any]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

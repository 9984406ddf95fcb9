"""`manage.py up` as a process with its own data, servers, and port."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from smartscheduler import BASE_DIR
from smartscheduler.ops.local.servers.postgresql import PostgreSQL

# What the test run itself has set, and a fresh start has not.
SET_BY_THE_RUN = {
    "DATABASE_URL",
    "REDIS_URL",
    "DATA_DIR",
    "PORT",
    "DEBUG",
    "SECRET_KEY",
    "DEMO",
    "LOCK_TIMEOUT_SECONDS",
}


def wait_until(holds: Callable[..., object], seconds: float = 300.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not within {seconds:g} seconds.")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def folder() -> Iterator[Path]:
    """A folder with a path short enough for sockets, which pytest's is not."""
    path = Path(tempfile.mkdtemp(prefix="ss-")).resolve()
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Product:
    def __init__(self, data_dir: Path, *, measured: bool = False, **variables: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        # Measuring coverage makes each of the five processes slower; one product of the run is enough for that.
        ignored = SET_BY_THE_RUN | (set() if measured else {"COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"})
        clean = {name: value for name, value in os.environ.items() if name not in ignored}
        self.environment = clean | {"DATA_DIR": str(data_dir), "PORT": str(self.port), "DEMO": "0"} | variables
        self.process: subprocess.Popen[str] | None = None
        self._log = data_dir.parent / f"{data_dir.name}.log"

    def up(self, *, until: str = "Ready in", seconds: float = 300.0) -> None:
        """Start it, and return when it has said `until`."""
        with self._log.open("w") as log:
            process = self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=log,
                text=True,
            )
        wait_until(lambda: until in self.output() or process.poll() is not None, seconds)
        assert until in self.output(), self.output()

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def output(self) -> str:
        return self._log.read_text()

    def manage(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "manage.py", *arguments]
        environment = self.environment | variables
        return subprocess.run(
            command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=600, check=False
        )

    def status_of(self, path: str) -> int | None:
        """The HTTP status of a path; None while no server answers."""
        try:
            with self._ask(path) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def page(self, path: str) -> str:
        with self._ask(path) as answer:
            return str(answer.read().decode())

    def _ask(self, path: str) -> Any:
        """As a proxy would ask that TLS ends at."""
        return urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"X-Forwarded-Proto": "https"}),
            timeout=60,
        )

    def rows(self, table: str) -> int:
        """How many rows a table of the running product has."""
        with psycopg.connect(PostgreSQL(self.data_dir / "postgresql").url) as connection:
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
            return int(row[0]) if row else 0

    def record(self) -> dict[str, Any]:
        return dict(json.loads((self.data_dir / "run" / "up.json").read_text()))

    def children(self) -> list[int]:
        return [entry["pid"] for entry in self.record()["children"]]

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this data directory: `up`, its children, theirs, and both servers."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if str(self.data_dir) in " ".join(process.cmdline()):
                return True
            return bool(process.environ().get("DATA_DIR") == str(self.data_dir))
        except psutil.Error:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(timeout=120)


@contextmanager
def product(*, measured: bool = False, **variables: str) -> Iterator[Product]:
    """A product that is not up yet; whatever it leaves behind is killed."""
    with folder() as path:
        local = Product(path / "data", measured=measured, **variables)
        try:
            yield local
        finally:
            for process in local.processes():
                with_children = [*process.children(recursive=True), process]
                for each in with_children:
                    if each.is_running():
                        each.kill()

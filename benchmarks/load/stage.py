"""The product, started by `manage.py up` with production settings, a seeded world, and accounts."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import django
import psycopg

from benchmarks.servers import free_port
from smartscheduler.ops.local.servers.postgresql import PostgreSQL
from smartscheduler.ops.local.servers.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("DATA_DIR") or ROOT / ".data").resolve() / "load"
CONTRACTORS, JOBS = int(os.environ.get("CONTRACTORS") or 10_000), int(os.environ.get("JOBS") or 1_000)
WEB_WORKERS = 2
PASSWORD = "load-of-the-benchmark"  # noqa: S105
UP_SECONDS, STOP_SECONDS = 180.0, 40.0


class Person(NamedTuple):
    """A coordinator's credentials and the session cookie of an open page."""

    email: str
    cookie: str


class Stage:
    def __init__(self, port: int, variables: dict[str, str]) -> None:
        self.port = port
        self.variables = variables
        self.postgresql = PostgreSQL(HOME / "postgresql")
        self.valkey = Valkey(HOME / "valkey")
        self.types = ""  # event types of the live page

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | self.variables

    def manage(self, *arguments: str) -> str:
        """The output of a command; errors go to the terminal."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603
        return done.stdout

    def rows(self, query: str, *values: object) -> list[Any]:
        with psycopg.connect(self.postgresql.url) as connection:
            return connection.execute(query, values).fetchall()

    def sign_up(self, count: int) -> list[Person]:
        """Coordinators, each with an account and its rate limits."""
        addresses = {"DATABASE_URL": self.postgresql.url, "REDIS_URL": self.valkey.url}
        os.environ.update(self.variables | addresses, DJANGO_SETTINGS_MODULE="smartscheduler.settings")
        django.setup()
        from django.conf import settings
        from django.contrib.auth.hashers import make_password
        from django.db import connection

        from benchmarks.sockets import session_of
        from smartscheduler.accounts.models import User
        from smartscheduler.accounts.permissions import Role
        from smartscheduler.dashboard.activity_feed import FOR_MACHINES
        from smartscheduler.events.publishing import Event

        self.types = ",".join(sorted(Event.registry.keys() - set(FOR_MACHINES)))
        secret = make_password(PASSWORD)
        users = [
            User(email=f"c{n}@example.com", name=f"Coordinator {n}", role=Role.COORDINATOR, password=secret)
            for n in range(count)
        ]
        User.objects.bulk_create(users)
        people = [Person(user.email, f"{settings.SESSION_COOKIE_NAME}={session_of(user)}") for user in users]
        connection.close()
        return people


@contextmanager
def stage(*, contractors: int = CONTRACTORS, jobs: int = JOBS, **changes: str) -> Iterator[Stage]:
    """Start with an empty database, so that all runs use the same world. Stops all processes, also on Ctrl-C.

    `changes` are variables that differ from those of the load test.
    """
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    port = free_port()
    variables = {
        "DATA_DIR": str(HOME),
        "STATIC_ROOT": str(HOME / "static"),
        "PORT": str(port),
        "DEBUG": "0",
        # All coordinators share the address of this machine.
        "SIGN_INS_OF_AN_ADDRESS": "100000",
        "RATE_LIMIT_VISITORS": "100000",
        "REQUESTS_AT_ONCE": "100",
        "SECRET_KEY": "load and soak " * 6,
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS_REDIRECT": "0",
        "WEB_WORKERS": str(WEB_WORKERS),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        **changes,
    }
    running = Stage(port, variables)
    output = HOME / "up.log"
    with output.open("w") as log:
        # A separate session, so that Ctrl-C reaches only this process, which then stops the product.
        up = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=running.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_for(up, output)
        running.manage("seed_demo", "--contractors", str(contractors), "--jobs", str(jobs), "--verbosity", "0")
        with psycopg.connect(running.postgresql.url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        yield running
    finally:
        up.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            up.wait(STOP_SECONDS)
        if up.poll() is None:
            up.kill()
            running.manage("down")


def _wait_for(up: "subprocess.Popen[bytes]", output: Path) -> None:
    deadline = time.monotonic() + UP_SECONDS
    while "Ready in" not in output.read_text():
        if up.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The product does not start:\n{output.read_text()}")
        time.sleep(0.1)

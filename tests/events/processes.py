"""A real relay and a real web server on the test database."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from smartscheduler import BASE_DIR
from smartscheduler.events.relay import RELAY_LOCK
from smartscheduler.ops.local import process_specs


def wait_until(holds: Callable[..., object], seconds: float = 120.0) -> None:
    """Return as soon as `holds()` is true. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not within {seconds} seconds.")
        time.sleep(0.02)


def environment(**changes: str) -> dict[str, str]:
    """What a process needs to work on the database of this test."""
    database = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(database._replace(path=f"/{connection.settings_dict['NAME']}"))
    return {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "smartscheduler.settings",
        "LOG_LEVEL": "WARNING",
        **changes,
    }


@contextmanager
def running(command: list[str], *, log: Path | None = None, **changes: str) -> "Iterator[subprocess.Popen[bytes]]":
    """A process on the database of this test; `log` takes what it writes."""
    with log.open("wb") if log else nullcontext() as output:
        process = subprocess.Popen(command, cwd=BASE_DIR, env=environment(**changes), stdout=output, stderr=output)
    try:
        yield process
    finally:
        stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end; insist after five seconds."""
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def relay(**changes: Any) -> "Iterator[subprocess.Popen[bytes]]":
    """A relay process; it may still be starting, see `relay_is_active`."""
    with running([sys.executable, "manage.py", "relay_events"], **changes) as process:
        yield process


def active_relay() -> int | None:
    """The PostgreSQL backend that holds the relay's lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()"
            " AND l.objsubid = 1 AND (l.classid::bigint << 32 | l.objid::bigint) = %s",
            [RELAY_LOCK],
        )
        row = cursor.fetchone()
    return row[0] if row else None


@contextmanager
def web(**changes: Any) -> Iterator[int]:
    """The product's web process; yields its port once it answers."""
    with web_process(**changes) as (port, _):
        yield port


@contextmanager
def web_process(
    *, log: Path | None = None, port: int | None = None, **changes: str
) -> "Iterator[tuple[int, subprocess.Popen[bytes]]]":
    """The same with the process, with a file for its log, and on a port that another process has left."""
    port = port or free_port()
    command = [sys.executable, *process_specs.web(host="127.0.0.1", port=port, workers=1)]
    quiet = [] if log else ["--log-level", "warning"]
    with running([*command, *quiet], log=log, **changes) as process:
        wait_until(lambda: answers(port) or process.poll() is not None, 240)
        yield port, process


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def black_hole() -> Iterator[str]:
    """The address of a Valkey that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"

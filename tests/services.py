"""A pytest plugin that starts PostgreSQL and Valkey in a separate folder before the settings are loaded."""

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil

from smartscheduler.ops.local.servers import Servers
from smartscheduler.ops.local.servers.postgresql import PostgreSQL
from smartscheduler.ops.local.servers.valkey import Valkey

HOME = Path(tempfile.gettempdir()).resolve()
PREFIX = "smartscheduler-tests-"


# Races wait for locks; on a slow machine the product's two seconds may not do. Tests of the timeout itself set it.
GENEROUS_LOCK_TIMEOUT = "60"


def provide() -> None:
    """Set the URLs that are not given: from outside, or by the process that started this xdist worker."""
    os.environ.setdefault("LOCK_TIMEOUT_SECONDS", GENEROUS_LOCK_TIMEOUT)
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # Tasks that one process queues must not reach the Celery workers of a test of another one.
        os.environ["REDIS_URL"] = with_database(os.environ["REDIS_URL"], 1 + int(worker.removeprefix("gw")))
        return
    folder = HOME / f"{PREFIX}{os.getpid()}"
    offered = offer(folder)
    missing = {name: server for name, server in offered.items() if not os.environ.get(name)}
    if not missing:
        return
    clear_away_killed_runs()
    # SIGTERM ends a run like an interrupt, so that it stops its servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    servers = Servers(folder, missing.values())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(servers.stop)
    servers.start()
    os.environ |= {name: server.url for name, server in missing.items()}
    os.environ["DATA_DIR"] = str(folder)


def with_database(url: str, number: int) -> str:
    """The URL of another database of the same Valkey."""
    if url.startswith("unix:"):
        return f"{url.partition('?')[0]}?db={number}"
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


def offer(folder: Path) -> dict[str, PostgreSQL | Valkey]:
    return {
        "DATABASE_URL": PostgreSQL(folder / "postgresql", throwaway=True),
        "REDIS_URL": Valkey(folder / "valkey", throwaway=True),
    }


def clear_away_killed_runs() -> None:
    """A run that was killed could not stop its servers; its folder is named for its process."""
    for folder in HOME.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX)
        if owner.isdigit() and not psutil.pid_exists(int(owner)) and folder.stat().st_uid == os.geteuid():
            Servers(folder, offer(folder).values()).stop()
            shutil.rmtree(folder, ignore_errors=True)


provide()

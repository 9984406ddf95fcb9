"""A pytest plugin, loaded before the settings: real PostgreSQL and Valkey for the run, in a folder of its own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from smartscheduler.embedded import Servers
from smartscheduler.embedded.postgresql import PostgreSQL
from smartscheduler.embedded.valkey import Valkey


def provide() -> None:
    """Set the URLs that are not given: from outside, or by the process that started this xdist worker."""
    folder = Path(tempfile.gettempdir()).resolve() / f"smartscheduler-tests-{os.getpid()}"
    offered = {
        "DATABASE_URL": PostgreSQL(folder / "postgresql", throwaway=True),
        "REDIS_URL": Valkey(folder / "valkey", throwaway=True),
    }
    missing = {name: server for name, server in offered.items() if not os.environ.get(name)}
    if not missing:
        return
    servers = Servers(folder, missing.values())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(servers.stop)
    servers.start()
    os.environ |= {name: server.url for name, server in missing.items()}
    os.environ["DATA_DIR"] = str(folder)


provide()

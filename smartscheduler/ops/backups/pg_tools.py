"""PostgreSQL's client programs: finding a suitable version and running it."""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from django.db import connection

from smartscheduler.ops.backups import BackupError
from smartscheduler.ops.local.servers import EmbeddedServerError
from smartscheduler.ops.local.servers.postgresql import binary

# Directories where distributions install the programs of each version.
USUAL = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/bin")
TRANSACTION_TIMEOUT_SINCE = 17
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
# Environment variables of libpq by the parameter names of psycopg and Django.
VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


class Program(NamedTuple):
    """A program and its major version."""

    path: Path
    major: int


def find(name: str, *, at_least: int, exactly: bool = False) -> Program:
    """The program `name` in version `at_least`, else in the next newer installed version. Raises BackupError."""
    suitable = sorted(
        (program for program in _all(name) if _understands(program, at_least)), key=lambda program: program.major
    )
    if not suitable or (exactly and suitable[0].major != at_least):
        newer = "" if exactly or at_least < TRANSACTION_TIMEOUT_SINCE else " or newer"
        installed = ", ".join(sorted({str(program.major) for program in _all(name)}, key=int)) or "none"
        raise BackupError(
            f"{name} of PostgreSQL {at_least}{newer} is needed; installed: {installed}. Install "
            f"postgresql-client-{at_least} (Debian, from apt.postgresql.org), or run pip install -e '.[backup]'."
        )
    return suitable[0]


def _understands(program: Program, server: int) -> bool:
    """Whether the dumps of the program can be restored on the server's version.

    Programs from version 17 on set transaction_timeout, which older servers reject.
    """
    return program.major >= server and not server < TRANSACTION_TIMEOUT_SINCE <= program.major


def _all(name: str) -> Iterator[Program]:
    for path in dict.fromkeys(_places(name)):
        if os.access(path, os.X_OK):
            answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
            if version := VERSION.search(answer.stdout):
                yield Program(path, int(version[1]))


def _places(name: str) -> Iterator[Path]:
    with suppress(EmbeddedServerError):  # try the other directories
        yield binary(name)
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        yield Path(folder or ".") / name
    for pattern in USUAL:
        yield from (folder / name for folder in sorted(Path("/").glob(pattern.lstrip("/"))))


def run(program: Program, arguments: Sequence[str | Path], *, database: str | None = None) -> str:
    """Run a program on Django's database, or on `database` of the same server, and return its output.

    The connection parameters are passed in the environment, which other accounts of the machine cannot read. Raises
    BackupError.
    """
    command = [str(program.path), *map(str, arguments)]
    with subprocess.Popen(  # noqa: S603
        command,
        env=environment(database),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            output, errors = process.communicate()
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise BackupError(f"{program.path.name} failed: {errors.strip() or process.returncode}")
    return output


def environment(database: str | None = None) -> dict[str, str]:
    """The environment of a program, with the connection parameters of Django's database."""
    parameters = {**connection.get_connection_params(), **({"dbname": database} if database else {})}
    ours = {variable: str(parameters[name]) for name, variable in VARIABLES.items() if parameters.get(name)}
    others = {name: value for name, value in os.environ.items() if name not in {*VARIABLES.values(), "PGOPTIONS"}}
    return others | ours | {"LC_ALL": "C"}

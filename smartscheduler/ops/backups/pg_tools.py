"""PostgreSQL's own client programs: which there are, and how they are run."""

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

# Where distributions keep the programs of each version.
USUAL = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/bin")
TRANSACTION_TIMEOUT_SINCE = 17
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
# What libpq reads from the environment, by the names that psycopg and Django know.
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
    path: Path
    major: int


def find(name: str, *, at_least: int, exactly: bool = False) -> Program:
    """The program `name` of the version `at_least`, else the next newer one that is here. Raises BackupError."""
    found = sorted((one for one in _all(name) if _understands(one, at_least)), key=lambda one: one.major)
    if not found or (exactly and found[0].major != at_least):
        newer = "" if exactly or at_least < TRANSACTION_TIMEOUT_SINCE else " or newer"
        here = ", ".join(sorted({str(one.major) for one in _all(name)}, key=int)) or "none"
        raise BackupError(
            f"{name} of PostgreSQL {at_least}{newer} is needed, and here is {here}: install "
            f"postgresql-client-{at_least} (Debian, from apt.postgresql.org), or pip install -e '.[backup]'."
        )
    return found[0]


def _understands(program: Program, server: int) -> bool:
    """Newer programs set what servers before 17 do not know: their dumps could not be restored there."""
    return program.major >= server and not server < TRANSACTION_TIMEOUT_SINCE <= program.major


def _all(name: str) -> Iterator[Program]:
    for path in dict.fromkeys(_places(name)):
        if os.access(path, os.X_OK):
            said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
            if version := VERSION.search(said.stdout):
                yield Program(path, int(version[1]))


def _places(name: str) -> Iterator[Path]:
    with suppress(EmbeddedServerError):  # there are others
        yield binary(name)
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        yield Path(folder or ".") / name
    for pattern in USUAL:
        yield from (folder / name for folder in sorted(Path("/").glob(pattern.lstrip("/"))))


def run(program: Program, arguments: Sequence[str | Path], *, database: str | None = None) -> str:
    """Run it against Django's database, or another one of the same server; returns what it said. Raises BackupError.

    Who and where goes by the environment, which other accounts of the machine cannot read.
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
            said, complained = process.communicate()
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise BackupError(f"{program.path.name} failed: {complained.strip() or process.returncode}")
    return said


def environment(database: str | None = None) -> dict[str, str]:
    given = {**connection.get_connection_params(), **({"dbname": database} if database else {})}
    ours = {variable: str(given[name]) for name, variable in VARIABLES.items() if given.get(name)}
    others = {name: value for name, value in os.environ.items() if name not in {*VARIABLES.values(), "PGOPTIONS"}}
    return others | ours | {"LC_ALL": "C"}

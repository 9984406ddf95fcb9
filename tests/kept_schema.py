"""The migrated schema of an earlier run, kept while no migration changes: migrating takes most of a short run.

`make system` takes all migrations back and applies them again.
"""

import hashlib
import re
from pathlib import Path

import pytest
from django.db import connection

from smartscheduler import BASE_DIR
from smartscheduler.ops.backups import BackupError, pg_tools

COMMAND_OF_PSQL = "\\"
LIST = re.compile(r"\((\w+)\)::text = ANY \(\(ARRAY\[([^]]*)\]\)::text\[\]\)")
MIGRATIONS = ("*/migrations/*.py", "*/*/migrations/*.py")


class KeptSchema:
    """A dump of an empty migrated database in the cache of pytest, which `make clean` removes."""

    def __init__(self, cache: pytest.Cache) -> None:
        with connection._nodb_cursor() as cursor:
            self._server = cursor.connection.info.server_version // 10_000
        self._folder = cache.mkdir("migrated-schema")
        self._path = self._folder / f"{self._digest()}.sql"

    def _digest(self) -> str:
        """Of all that decides what a migrated database contains."""
        files = [BASE_DIR / "requirements.lock", Path(__file__)]
        files += [path for pattern in MIGRATIONS for path in sorted(BASE_DIR.glob(pattern))]
        content = hashlib.sha256(f"{self._server}".encode())
        for path in files:
            content.update(f"\n{path.relative_to(BASE_DIR)}\n".encode() + path.read_bytes())
        return content.hexdigest()[:16]

    def restore(self, name: str) -> bool:
        """Create the database `name` from the dump; False if there is none."""
        if not self._path.exists():
            return False
        create(name, self._path.read_text())
        return True

    def keep(self, name: str) -> None:
        """Dump the database `name` if there is a suitable pg_dump, and if the dump makes the same database again."""
        try:
            program = pg_tools.find("pg_dump", at_least=self._server)
        except BackupError:
            return
        dump, copy = dump_of(program, name), f"{name}_copy"
        create(copy, dump)
        if dump_of(program, copy) == dump:
            part = self._path.with_suffix(".part")
            part.write_text(dump)
            part.rename(self._path)
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{copy}"')


def create(name: str, dump: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.settings_dict["NAME"] = name
    with connection.cursor() as cursor:
        cursor.execute(dump)
    # The dump has emptied the search path of its session.
    connection.close()


def dump_of(program: pg_tools.Program, name: str) -> str:
    dump = pg_tools.run(program, ["--no-owner", "--no-privileges", "--inserts"], database=name)
    lines = (line for line in dump.splitlines(keepends=True) if not line.startswith(COMMAND_OF_PSQL))
    # PostgreSQL would read its own text of such a list with a cast of each value instead of the list.
    return LIST.sub(r"\1 IN (\2)", "".join(lines))

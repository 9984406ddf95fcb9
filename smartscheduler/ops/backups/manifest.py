"""What is written down with a backup, and how it is told from half a one."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from smartscheduler.ops.backups import BackupError, postgres

MANIFEST, DUMP, BASE, BASE_MANIFEST = "manifest.json", "database.dump", "base", "backup_manifest"
FORMAT = 1
READ_BYTES = 1024 * 1024

TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' ORDER BY 1
"""
HEAD = "SELECT sequence FROM events_eventhead WHERE id = 1"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """`kind` is dump or base; `tables` has the rows of each table (a base backup has none); `head` the last event."""

    kind: str
    taken_at: datetime
    database: str
    server: str
    program: str
    migrations: list[str]
    tables: dict[str, int]
    head: int
    sha256: dict[str, str]
    bytes: int

    @property
    def server_major(self) -> int:
        return int(self.server.split(".")[0].split()[0])

    @property
    def program_major(self) -> int:
        return int(self.program.split()[-1])

    @property
    def file(self) -> str:
        """The one that the checksum is of."""
        return DUMP if self.kind == "dump" else f"{BASE}/{BASE_MANIFEST}"

    def write(self, folder: Path) -> None:
        told = {"format": FORMAT, **asdict(self), "taken_at": self.taken_at.isoformat()}
        with (folder / MANIFEST).open("x") as file:
            json.dump(told, file, indent=2)
            file.flush()
            os.fsync(file.fileno())

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Raises BackupError when there is none, or none of ours."""
        try:
            told: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
            if told.pop("format") != FORMAT:
                raise BackupError(f"{folder} was made by a newer version of the product: restore it with that.")
            return cls(**{**told, "taken_at": datetime.fromisoformat(told["taken_at"])})
        except FileNotFoundError as error:
            raise BackupError(f"{folder} is no backup: there is no {MANIFEST} in it.") from error
        except (ValueError, TypeError, KeyError) as error:
            raise BackupError(f"{folder / MANIFEST} cannot be read: {error!r}.") from error


def contents() -> dict[str, Any]:
    """What the database has at this moment, as the manifest says it; inside a snapshot, of that snapshot."""
    applied = MigrationRecorder(connection).applied_migrations()
    return {
        "taken_at": postgres.rows("SELECT clock_timestamp()")[0][0],
        "database": postgres.present(),
        "server": postgres.rows("SHOW server_version")[0][0],
        "migrations": sorted(f"{app}.{name}" for app, name in applied),
        "head": next((head for (head,) in postgres.rows(HEAD)), 0),
    }


def counted() -> dict[str, int]:
    """The rows of every table."""
    quote = connection.ops.quote_name
    return {
        name: postgres.rows(f"SELECT count(*) FROM {quote(name)}")[0][0]  # noqa: S608  (names of tables)
        for (name,) in postgres.rows(TABLES)
    }


def checksum(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def backups_in(folder: Path, kind: str) -> Iterator[tuple[Path, Manifest]]:
    """The complete backups of this database in the folder, oldest first."""
    found = []
    for one in folder.glob("smartscheduler-*"):
        try:
            manifest = Manifest.read(one)
        except (BackupError, NotADirectoryError):
            continue
        if manifest.kind == kind and manifest.database == postgres.present():
            found.append((one, manifest))
    yield from sorted(found, key=lambda pair: pair[1].taken_at)

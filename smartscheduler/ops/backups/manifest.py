"""Manifest of a backup: its contents and checksums. A folder without a manifest is not a complete backup."""

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
    """Description of a backup.

    `kind`: dump or base. `tables`: the row count of each table, empty for a base backup. `head`: the last event number.
    """

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
        """The file with the checksum."""
        return DUMP if self.kind == "dump" else f"{BASE}/{BASE_MANIFEST}"

    def write(self, folder: Path) -> None:
        document = {"format": FORMAT, **asdict(self), "taken_at": self.taken_at.isoformat()}
        with (folder / MANIFEST).open("x") as file:
            json.dump(document, file, indent=2)
            file.flush()
            os.fsync(file.fileno())

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read the manifest of a backup. Raises BackupError when it is missing or invalid."""
        try:
            document: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
            if document.pop("format") != FORMAT:
                raise BackupError(f"{folder} was made by a newer version of the product. Restore it with that version.")
            return cls(**{**document, "taken_at": datetime.fromisoformat(document["taken_at"])})
        except FileNotFoundError as error:
            raise BackupError(f"{folder} is not a backup: it does not contain {MANIFEST}.") from error
        except (ValueError, TypeError, KeyError) as error:
            raise BackupError(f"{folder / MANIFEST} cannot be read: {error!r}.") from error


def contents() -> dict[str, Any]:
    """The fields of a manifest that describe the present database, or the snapshot of the present transaction."""
    applied = MigrationRecorder(connection).applied_migrations()
    return {
        "taken_at": postgres.rows("SELECT clock_timestamp()")[0][0],
        "database": postgres.present(),
        "server": postgres.rows("SHOW server_version")[0][0],
        "migrations": sorted(f"{app}.{name}" for app, name in applied),
        "head": next((head for (head,) in postgres.rows(HEAD)), 0),
    }


def counted() -> dict[str, int]:
    """The row count of every table."""
    quote = connection.ops.quote_name
    return {
        name: postgres.rows(f"SELECT count(*) FROM {quote(name)}")[0][0]  # noqa: S608  (quoted table names)
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
    backups = []
    for path in folder.glob("smartscheduler-*"):
        try:
            manifest = Manifest.read(path)
        except (BackupError, NotADirectoryError):
            continue
        if manifest.kind == kind and manifest.database == postgres.present():
            backups.append((path, manifest))
    yield from sorted(backups, key=lambda pair: pair[1].taken_at)

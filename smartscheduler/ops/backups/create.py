"""Creation and verification of backups. A backup gets its final name only when it is complete."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from smartscheduler.core.db.transactions import snapshot
from smartscheduler.ops.backups import BackupError, pg_tools, postgres
from smartscheduler.ops.backups.manifest import (
    BASE,
    BASE_MANIFEST,
    DUMP,
    Manifest,
    backups_in,
    checksum,
    contents,
    counted,
)
from smartscheduler.ops.local.servers.file_lock import Lock

UNFINISHED = ".unfinished-"


def take_dump(folder: Path) -> Path:
    """Create a logical backup with pg_dump in a new folder below `folder`, and return it. Raises BackupError.

    The dump, the row counts, and the head of the event log come from the same snapshot. Writes are not blocked.
    """
    program = pg_tools.find("pg_dump", at_least=postgres.server_major())
    if postgres.is_empty():
        raise BackupError(f"{postgres.present()} is empty. No backup was written.")
    with _aside(folder) as aside:
        file = aside / DUMP
        with snapshot():
            description, tables = contents(), counted()
            # This transaction is idle while pg_dump uses its snapshot, so it needs no time limit.
            patient = "set_config('idle_in_transaction_session_timeout', '0', true)"
            ((_, name),) = postgres.rows(f"SELECT {patient}, pg_export_snapshot()")
            pg_tools.run(
                program,
                ["--format=custom", "--no-owner", "--no-password", f"--snapshot={name}", f"--file={file}"],
            )
        manifest = Manifest(
            kind="dump",
            program=f"pg_dump {program.major}",
            tables=tables,
            sha256={DUMP: checksum(file)},
            bytes=file.stat().st_size,
            **description,
        )
        return _complete(aside, folder, manifest)


def take_base(folder: Path) -> Path:
    """Copy the whole server with pg_basebackup, including the WAL that makes it consistent. Raises BackupError."""
    program = pg_tools.find("pg_basebackup", at_least=postgres.server_major())
    with _aside(folder) as aside:
        description = contents()
        connection.close()
        copy = aside / BASE
        options = ["--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256", "--no-password"]
        pg_tools.run(program, [f"--pgdata={copy}", "--format=plain", *options])
        manifest = Manifest(
            kind="base",
            program=f"pg_basebackup {program.major}",
            tables={},
            sha256={f"{BASE}/{BASE_MANIFEST}": checksum(copy / BASE_MANIFEST)},
            bytes=sum(file.stat().st_size for file in copy.rglob("*") if file.is_file()),
            **description,
        )
        return _complete(aside, folder, manifest)


def verify(backup: Path) -> Manifest:
    """Check the checksums and that PostgreSQL can read the table of contents. Raises BackupError."""
    manifest = Manifest.read(backup)
    for name, expected in manifest.sha256.items():
        if not (backup / name).is_file():
            raise BackupError(f"{backup / name} is missing, so this backup cannot be used.")
        if checksum(backup / name) != expected:
            raise BackupError(f"{backup / name} was changed: its SHA-256 checksum is different. Use another backup.")
    if manifest.kind == "dump":
        program = pg_tools.find("pg_restore", at_least=manifest.server_major)
        pg_tools.run(program, ["--list", backup / DUMP])
    else:
        program = pg_tools.find("pg_verifybackup", at_least=manifest.server_major, exactly=True)
        pg_tools.run(program, ["--quiet", backup / BASE])
    return manifest


def forget_old(folder: Path, *, kind: str, keep: int) -> list[Path]:
    """Remove all but the last `keep` backups of this kind, and return the removed folders."""
    old = [backup for backup, _ in backups_in(folder, kind)][:-keep]
    for backup in old:
        shutil.rmtree(backup)
    return old


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A private folder for an incomplete backup; removed at the end unless it was renamed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = Lock(folder)
    if not lock.acquire(wait=False):
        raise BackupError(f"Another backup is being written to {folder}. Wait for it or choose another folder.")
    try:
        for abandoned in folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(abandoned)
        aside = folder / f"{UNFINISHED}{os.getpid()}"
        aside.mkdir(mode=0o700)
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    finally:
        lock.release()


def _complete(aside: Path, folder: Path, manifest: Manifest) -> Path:
    """Flush everything to disk, then rename the folder, so that a folder with a final name is always complete.

    Never replaces a backup.
    """
    manifest.write(aside)
    kind = "" if manifest.kind == "dump" else "-base"
    final = folder / f"smartscheduler-{manifest.taken_at:%Y%m%dT%H%M%SZ}{kind}"
    if final.exists():
        raise BackupError(f"{final} already exists, and backups are never overwritten. Try again in a second.")
    _flush(aside / manifest.file)
    _flush(aside)
    aside.rename(final)
    _flush(folder)
    return final


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

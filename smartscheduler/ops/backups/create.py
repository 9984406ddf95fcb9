"""Taking a backup: aside, complete with its manifest, and renamed only then."""

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
    """A logical backup by pg_dump, in a new folder below `folder`; returns that. Raises BackupError.

    Dump, row counts and head of the event log are of one and the same snapshot; nobody is kept from writing.
    """
    program = pg_tools.find("pg_dump", at_least=postgres.server_major())
    if postgres.is_empty():
        raise BackupError(f"There is nothing in {postgres.present()}: nothing was written.")
    with _aside(folder) as aside:
        file = aside / DUMP
        with snapshot():
            told, tables = contents(), counted()
            # Ours waits for as long as pg_dump takes: it is not forgotten.
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
            **told,
        )
        return _complete(aside, folder, manifest)


def take_base(folder: Path) -> Path:
    """A copy of the whole server by pg_basebackup, with the log that makes it consistent. Raises BackupError."""
    program = pg_tools.find("pg_basebackup", at_least=postgres.server_major())
    with _aside(folder) as aside:
        told = contents()
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
            **told,
        )
        return _complete(aside, folder, manifest)


def verify(backup: Path) -> Manifest:
    """Whether the backup is whole: checksums, and a table of contents that PostgreSQL can read. Raises BackupError."""
    manifest = Manifest.read(backup)
    for name, wanted in manifest.sha256.items():
        if not (backup / name).is_file():
            raise BackupError(f"{backup / name} is missing: this backup cannot be used.")
        if checksum(backup / name) != wanted:
            raise BackupError(f"{backup / name} is not what was written: its SHA-256 is another. Use another backup.")
    if manifest.kind == "dump":
        program = pg_tools.find("pg_restore", at_least=manifest.server_major)
        pg_tools.run(program, ["--list", backup / DUMP])
    else:
        program = pg_tools.find("pg_verifybackup", at_least=manifest.server_major, exactly=True)
        pg_tools.run(program, ["--quiet", backup / BASE])
    return manifest


def forget_old(folder: Path, *, kind: str, keep: int) -> list[Path]:
    """Remove all but the last `keep` backups of that kind; returns those that went."""
    old = [one for one, _ in backups_in(folder, kind)][:-keep]
    for one in old:
        shutil.rmtree(one)
    return old


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A folder for a backup that is not complete yet, readable by nobody else, and gone when it stays incomplete."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = Lock(folder)
    if not lock.acquire(wait=False):
        raise BackupError(f"Another backup is being written to {folder}: wait for it, or choose another folder.")
    try:
        for left_by_a_killed_one in folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left_by_a_killed_one)
        aside = folder / f"{UNFINISHED}{os.getpid()}"
        aside.mkdir(mode=0o700)
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    finally:
        lock.release()


def _complete(aside: Path, folder: Path, manifest: Manifest) -> Path:
    """Everything on the disk, then the rename: what bears the name of a backup is one. Never replaces one."""
    manifest.write(aside)
    kind = "" if manifest.kind == "dump" else "-base"
    final = folder / f"smartscheduler-{manifest.taken_at:%Y%m%dT%H%M%SZ}{kind}"
    if final.exists():
        raise BackupError(f"{final} exists already, and backups are never overwritten: try again in a second.")
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

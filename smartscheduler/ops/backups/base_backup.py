"""Restore of a base backup into the embedded PostgreSQL, whose data directory the product manages."""

import os
import shutil
from pathlib import Path

from django.db import connection

from smartscheduler.ops.backups import BackupError, postgres
from smartscheduler.ops.backups.manifest import BASE, HEAD, Manifest
from smartscheduler.ops.backups.restore import Restored, Step, checked, finish, in_silence
from smartscheduler.ops.local.servers import EmbeddedServerError, Servers, from_environment
from smartscheduler.ops.local.servers.directories import private, server_user
from smartscheduler.ops.local.servers.postgresql import PostgreSQL


def restore_base(backup: Path, *, replace: str = "", step: Step = in_silence) -> Restored:
    """Replace the data directory of the embedded PostgreSQL with the base backup, and keep the present directory.

    Raises BackupError.
    """
    servers = from_environment()
    server = next((member for member in servers.members if isinstance(member, PostgreSQL)), None)
    if server is None:
        raise BackupError(
            "The server of DATABASE_URL is not managed by the product. Stop it, replace its data directory with the "
            "folder “base” of the backup, start it, and run manage.py restore with --finish (docs/operations.md)."
        )
    with step("Backup verified"):
        manifest = checked(backup)
    postgres.refuse_company()
    if not postgres.is_empty() and replace != postgres.present():
        raise BackupError(
            f"{postgres.present()} is not empty, and nothing was changed. To replace it with the backup, add "
            f"--replace {postgres.present()}. The present data directory is then kept."
        )
    last_known = _head()
    connection.close()
    kept = _put_in_place(backup, manifest, server, servers, step)
    restored = finish(manifest, step, last_known=last_known)
    return Restored(restored.broken, restored.head, str(kept))


def finish_base(backup: Path, *, step: Step = in_silence) -> Restored:
    """Complete the restore after a server was started on the base backup by hand. Raises BackupError."""
    manifest = Manifest.read(backup)
    postgres.refuse_company()
    return finish(manifest, step)


def _head() -> int:
    if postgres.is_empty():
        return 0
    return next((head for (head,) in postgres.rows(HEAD)), 0)


def _put_in_place(backup: Path, manifest: Manifest, server: PostgreSQL, servers: Servers, step: Step) -> Path:
    """Copy the backup beside the data directory, stop the server, swap the directories, and start it.

    Returns the path of the previous directory.
    """
    directory = server.directory
    kept = directory.with_name(f"{directory.name}.before-{manifest.taken_at:%Y%m%d%H%M%S}-{os.getpid()}")
    incoming = directory.with_name(f"{directory.name}.restoring")
    with step("Data directory copied"):
        shutil.rmtree(incoming, ignore_errors=True)
        shutil.copytree(backup / BASE, incoming, symlinks=True)
        _give_to_server(incoming)
    with step("PostgreSQL started on it"):
        if not servers.stop():
            shutil.rmtree(incoming)
            raise BackupError("Another command uses PostgreSQL. Stop it first. Nothing was changed.")
        directory.rename(kept)
        incoming.rename(directory)
        try:
            servers.start()
        except EmbeddedServerError as error:
            directory.rename(incoming)
            kept.rename(directory)
            raise BackupError(
                f"PostgreSQL does not start on the backup, so the previous data was put back: {error}"
            ) from error
    return kept


def _give_to_server(directory: Path) -> None:
    owner = server_user()
    private(directory, owner)
    if owner:
        for path in directory.rglob("*"):
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)

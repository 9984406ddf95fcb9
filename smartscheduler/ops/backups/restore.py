"""Restore of a dump into an empty database, beside a database that it replaces, or into a scratch database."""

import dataclasses
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from smartscheduler.accounts.models import BrowserSession, ServiceKey, TokenFamily
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.errors import InvalidInput
from smartscheduler.events.restore import skip_assigned_numbers
from smartscheduler.ops import doctor
from smartscheduler.ops.backups import BackupError, pg_tools, postgres
from smartscheduler.ops.backups.create import verify
from smartscheduler.ops.backups.manifest import DUMP, HEAD, Manifest, counted
from smartscheduler.ops.baseline import is_from_before
from smartscheduler.ops.doctor import Outcome
from smartscheduler.privacy.models import Erasure
from smartscheduler.privacy.replay import REFUSED, Replayed, known_here, known_outside, replay

FINDINGS = 5
# Only the owner of an extension may comment on it, and another account may own it.
NOT_OURS = ("COMMENT - EXTENSION",)

# A context manager around each step, called with the name of the step.
Step = Callable[[str], AbstractContextManager[object]]


def in_silence(name: str) -> AbstractContextManager[object]:
    return nullcontext()


@dataclass(frozen=True)
class Restored:
    """The result of a restore: the broken checks of the doctor, the new head of the log, and the old database's name.

    `not_erased` are erasures after the backup that could not be repeated.
    """

    broken: list[Outcome]
    head: int
    kept_as: str = ""
    not_erased: Sequence[Replayed] = ()


def restore(backup: Path, *, replace: str = "", step: Step = in_silence) -> Restored:
    """Restore a dump into Django's database, which must be empty or be named by `replace`. Raises BackupError.

    An empty database is filled in one transaction. Otherwise the backup is restored, migrated, and examined in a new
    database beside the present one. Then the two are renamed, and the old database is kept.
    """
    with step("Backup verified"):
        manifest = checked(backup)
    postgres.refuse_company()
    if postgres.is_empty():
        _fill(backup, manifest, step)
        return finish(manifest, step)
    if replace != postgres.present():
        raise BackupError(
            f"{postgres.present()} is not empty, and nothing was changed. To replace it with the backup, add "
            f"--replace {postgres.present()}. The present database is then kept under another name."
        )
    return _restore_beside(backup, manifest, step)


def drill(backup: Path, *, step: Step = in_silence) -> Restored:
    """Run all steps of `restore` in a scratch database that is dropped afterwards. Raises BackupError."""
    with step("Backup verified"):
        manifest = checked(backup)
    with postgres.scratch(postgres.beside(postgres.present(), f"drill_{secrets.token_hex(3)}")):
        _fill(backup, manifest, step)
        return finish(manifest, step)


def checked(backup: Path) -> Manifest:
    """Verify a backup and check that this server and this version can restore it. Raises BackupError."""
    manifest = verify(backup)
    if is_from_before(manifest.migrations):
        raise BackupError(
            "The backup was made by a version before 0.1.0 and cannot be upgraded. "
            "Restore it with the version that made it."
        )
    if unknown := sorted(set(manifest.migrations) - set(_known_migrations())):
        raise BackupError(
            f"The backup was made by a newer version of the product: {', '.join(unknown[:3])} "
            f"{'is' if len(unknown) == 1 else 'are'} unknown here. Install that version, then restore."
        )
    if manifest.server_major > postgres.server_major():
        raise BackupError(
            f"The backup is from PostgreSQL {manifest.server_major}, and this server is {postgres.server_major()}. "
            "Restore it to a server that is not older."
        )
    return manifest


def _known_migrations() -> Iterator[str]:
    """The migrations of the code, and applied migrations of packages that are no longer installed."""
    loader = MigrationLoader(connection)
    yield from (f"{app}.{name}" for app, name in loader.disk_migrations or {})
    for app, name in loader.applied_migrations or {}:
        if app not in loader.migrated_apps:
            yield f"{app}.{name}"


def _restore_beside(backup: Path, manifest: Manifest, step: Step) -> Restored:
    last_known, erased = _head_of_present(), known_here()
    new = postgres.beside(postgres.present(), f"restoring_{secrets.token_hex(3)}")
    postgres.create(new)
    try:
        with postgres.visiting(new):
            _fill(backup, manifest, step)
            restored = finish(manifest, step, last_known=last_known, erased=erased)
            (now,) = postgres.rows("SELECT clock_timestamp()")[0]
        with step("Databases renamed"):
            kept = postgres.swap(new, at=now)
    except BaseException:
        postgres.drop(new)
        raise
    return dataclasses.replace(restored, kept_as=kept)


def _head_of_present() -> int:
    """The head of the event log in the database to be replaced; 0 when it cannot be read."""
    try:
        return next((head for (head,) in postgres.rows(HEAD)), 0)
    except DatabaseError:
        return 0


def _fill(backup: Path, manifest: Manifest, step: Step) -> None:
    """Restore the dump in one transaction and compare the row counts."""
    with step(f"Database restored: {sum(manifest.tables.values()):,} rows"):
        _pg_restore(backup / DUMP, manifest)
    with step("Rows counted"):
        counts = counted()
        wrong = [name for name, rows in manifest.tables.items() if counts.get(name) != rows]
        if wrong:
            raise BackupError(
                f"{wrong[0]} has {counts.get(wrong[0])} rows instead of {manifest.tables[wrong[0]]}. "
                "The backup was changed. Use another backup."
            )


def _pg_restore(dump: Path, manifest: Manifest) -> None:
    needed = max(postgres.server_major(), manifest.program_major)
    program = pg_tools.find("pg_restore", at_least=needed)
    name = postgres.present()
    connection.close()
    with tempfile.NamedTemporaryFile("w", suffix=".list") as entries:
        lines = pg_tools.run(program, ["--list", dump]).splitlines(keepends=True)
        entries.writelines(line for line in lines if not any(entry in line for entry in NOT_OURS))
        entries.flush()
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password"]
        pg_tools.run(program, [f"--dbname={name}", *options, f"--use-list={entries.name}", dump])


def _listed_outside() -> list[Erasure]:
    try:
        return known_outside()
    except InvalidInput as error:
        raise BackupError(f"{error.detail} Correct it or set ERASURE_LIST to empty, and restore again.") from error


def finish(manifest: Manifest, step: Step, *, last_known: int = 0, erased: Sequence[Erasure] = ()) -> Restored:
    """Make restored data usable: migrate, sign out all accounts, renumber, repeat erasures, and run the doctor.

    Erasures since the backup are repeated from `erased`, the list of the replaced database, and from
    settings.ERASURE_LIST.
    """
    with step("Database migrations"):
        call_command("migrate", interactive=False, verbosity=0)
    # Sessions and keys that ended since the backup must not become valid again.
    with step("All accounts signed out"):
        BrowserSession.objects.all().delete()
        TokenFamily.objects.all().delete()
        ServiceKey.objects.filter(revoked_at=None).update(revoked_at=timezone.now())
        record(Act.BACKUP_RESTORED, taken_at=manifest.taken_at.isoformat(timespec="seconds"))
    with step("Event log continues after assigned numbers"):
        head = skip_assigned_numbers(taken_at=manifest.taken_at, last_known=last_known)
    with step("Erasures repeated"):
        replayed = list(replay([*erased, *_listed_outside()]))
    with step("Statistics for the planner"):
        postgres.run("ANALYZE")
    with step("Doctor"):
        outcomes = list(doctor.examine(doctor.chosen(data_only=True), show=FINDINGS))
    refused = [erasure for erasure in replayed if erasure.outcome == REFUSED]
    return Restored([outcome for outcome in outcomes if outcome.is_broken], head, not_erased=refused)

"""Bringing a backup back: into an empty database, in the place of a full one, or into a scratch one for a trial."""

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

from smartscheduler.accounts.models import BrowserSession, TokenFamily
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
# Only the owner of an extension may comment on it, and it may have been made by somebody else.
NOT_OURS = ("COMMENT - EXTENSION",)

# Told of a step while it is done, with its name.
Step = Callable[[str], AbstractContextManager[object]]


def in_silence(name: str) -> AbstractContextManager[object]:
    return nullcontext()


@dataclass(frozen=True)
class Restored:
    """What a restore ends with: the doctor's broken checks, the number from which the log goes on, the old database.

    `not_erased` are people who were erased after the backup, and could not be once more.
    """

    broken: list[Outcome]
    head: int
    kept_as: str = ""
    not_erased: Sequence[Replayed] = ()


def restore(backup: Path, *, replace: str = "", step: Step = in_silence) -> Restored:
    """Bring a dump back into Django's database, which is empty or named by `replace`. Raises BackupError.

    An empty one is filled in one transaction. One that is not is left as it is until another one beside it is
    restored, migrated and examined; then the two change names, and the old one is kept.
    """
    with step("Backup is whole"):
        manifest = checked(backup)
    postgres.refuse_company()
    if postgres.is_empty():
        _fill(backup, manifest, step)
        return finish(manifest, step)
    if replace != postgres.present():
        raise BackupError(
            f"{postgres.present()} is not empty, and nothing was changed. To put the backup in its place, "
            f"say --replace {postgres.present()}; the present one is then kept under another name."
        )
    return _restore_beside(backup, manifest, step)


def drill(backup: Path, *, step: Step = in_silence) -> Restored:
    """Everything that `restore` does, in a scratch database that is dropped afterwards. Raises BackupError."""
    with step("Backup is whole"):
        manifest = checked(backup)
    with postgres.scratch(postgres.beside(postgres.present(), f"drill_{secrets.token_hex(3)}")):
        _fill(backup, manifest, step)
        return finish(manifest, step)


def checked(backup: Path) -> Manifest:
    """The manifest of a whole backup that this server and this version of the code can take. Raises BackupError."""
    manifest = verify(backup)
    if is_from_before(manifest.migrations):
        raise BackupError(
            "The backup was made by a version from before 0.1.0 and cannot be upgraded: "
            "restore it with the version that made it."
        )
    if unknown := sorted(set(manifest.migrations) - set(_known_migrations())):
        raise BackupError(
            f"The backup was made by a newer version of the product: {', '.join(unknown[:3])} "
            f"{'is' if len(unknown) == 1 else 'are'} unknown here. Install that version, then restore."
        )
    if manifest.server_major > postgres.server_major():
        raise BackupError(
            f"The backup is of PostgreSQL {manifest.server_major}, and this server is {postgres.server_major()}: "
            "restore it to one that is not older."
        )
    return manifest


def _known_migrations() -> Iterator[str]:
    """Those of the code; those of packages that are no longer installed do no harm."""
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
        with step("Databases have changed their names"):
            kept = postgres.swap(new, at=now)
    except BaseException:
        postgres.drop(new)
        raise
    return dataclasses.replace(restored, kept_as=kept)


def _head_of_present() -> int:
    """The last number that the database to be replaced has given; 0 where it is too broken to say."""
    try:
        return next((head for (head,) in postgres.rows(HEAD)), 0)
    except DatabaseError:
        return 0


def _fill(backup: Path, manifest: Manifest, step: Step) -> None:
    """All of the dump in one transaction, and the rows counted."""
    with step(f"Database restored: {sum(manifest.tables.values()):,} rows"):
        _pg_restore(backup / DUMP, manifest)
    with step("Rows counted"):
        found = counted()
        wrong = [name for name, rows in manifest.tables.items() if found.get(name) != rows]
        if wrong:
            raise BackupError(
                f"{wrong[0]} has {found.get(wrong[0])} rows, and had {manifest.tables[wrong[0]]}: "
                "this backup is not what was written. Use another one."
            )


def _pg_restore(dump: Path, manifest: Manifest) -> None:
    needed = max(postgres.server_major(), manifest.program_major)
    program = pg_tools.find("pg_restore", at_least=needed)
    name = postgres.present()
    connection.close()
    with tempfile.NamedTemporaryFile("w", suffix=".list") as wanted:
        lines = pg_tools.run(program, ["--list", dump]).splitlines(keepends=True)
        wanted.writelines(line for line in lines if not any(entry in line for entry in NOT_OURS))
        wanted.flush()
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password"]
        pg_tools.run(program, [f"--dbname={name}", *options, f"--use-list={wanted.name}", dump])


def _listed_outside() -> list[Erasure]:
    try:
        return known_outside()
    except InvalidInput as error:
        raise BackupError(f"{error.detail} Correct it, or set ERASURE_LIST to nothing, and restore again.") from error


def finish(manifest: Manifest, step: Step, *, last_known: int = 0, erased: Sequence[Erasure] = ()) -> Restored:
    """What makes restored data the product's again; the doctor has the last word.

    Whoever was erased since the backup is erased again: by the list of the database that makes way, and by that of
    settings.ERASURE_LIST.
    """
    with step("Database migrations"):
        call_command("migrate", interactive=False, verbosity=0)
    # Whoever signed out, or was signed out, since the backup must not be signed in again.
    with step("Everybody signed out"):
        BrowserSession.objects.all().delete()
        TokenFamily.objects.all().delete()
        record(Act.BACKUP_RESTORED, taken_at=manifest.taken_at.isoformat(timespec="seconds"))
    with step("Event log begins anew"):
        head = skip_assigned_numbers(taken_at=manifest.taken_at, last_known=last_known)
    with step("Erased people are erased again"):
        replayed = list(replay([*erased, *_listed_outside()]))
    with step("Statistics for the planner"):
        postgres.run("ANALYZE")
    with step("Doctor"):
        outcomes = list(doctor.examine(doctor.chosen(data_only=True), show=FINDINGS))
    refused = [one for one in replayed if one.outcome == REFUSED]
    return Restored([outcome for outcome in outcomes if outcome.is_broken], head, not_erased=refused)

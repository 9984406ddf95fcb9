"""`manage.py restore`: restore a backup, or test its restore."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from smartscheduler.ops.backups import BackupError
from smartscheduler.ops.backups.base_backup import finish_base, restore_base
from smartscheduler.ops.backups.manifest import DUMP, MANIFEST, Manifest
from smartscheduler.ops.backups.restore import Restored, drill, restore
from smartscheduler.ops.console import Steps, complain
from smartscheduler.ops.local import servers
from smartscheduler.ops.local.servers.file_lock import Lock


class Command(BaseCommand):
    help = "Restore a backup into an empty database, or with --replace instead of a full one."
    requires_system_checks: list[str] = []  # settings with errors refuse to load

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the folder that manage.py backup printed")
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--replace", default="", metavar="NAME", help="the name of the database to replace")
        way.add_argument(
            "--drill", action="store_true", help="restore into a scratch database and leave the present one unchanged"
        )
        way.add_argument("--finish", action="store_true", help="complete a base backup that was installed by hand")

    def handle(self, *args: Any, file: Path, replace: str, drill: bool, finish: bool, **options: Any) -> None:
        steps = Steps(Console(file=self.stdout, highlight=False, soft_wrap=True))  # type: ignore[arg-type]  # it has write and flush
        backup = (file.parent if file.name in {DUMP, MANIFEST} else file).resolve()
        lock = Lock(settings.DATA_DIR / "run" / "up")
        try:
            if not drill and servers.from_environment().members and not lock.acquire(wait=False):
                raise BackupError(f"SmartScheduler is running on {settings.DATA_DIR}. Stop it first.")
            self._carry_out(backup, steps, replace=replace, trial=drill, finish=finish)
        except BackupError as error:
            raise CommandError(str(error)) from error
        finally:
            lock.release()

    def _carry_out(self, backup: Path, steps: Steps, *, replace: str, trial: bool, finish: bool) -> None:
        kind = Manifest.read(backup).kind
        if trial:
            if kind == "base":
                raise BackupError(
                    "A base backup contains a whole server. Test it with another DATA_DIR, without --drill."
                )
            complain(drill(backup, step=steps), what="The backup can be restored")
            steps.say("\nThe backup is good. The scratch database was dropped.")
            return
        if finish:
            restored = finish_base(backup, step=steps)
        else:
            restored = (restore_base if kind == "base" else restore)(backup, replace=replace, step=steps)
        self._say_what_next(restored, steps)
        complain(restored, what="The backup was restored")

    def _say_what_next(self, restored: Restored, steps: Steps) -> None:
        steps.say(f"\nRestored. All users must sign in again. Events continue with number {restored.head + 1:,}.")
        if restored.kept_as:
            steps.say(f"The previous data is kept as {restored.kept_as}. Drop it when you no longer need it.")
        for result in restored.not_erased:
            erasure = result.erasure
            steps.say(f"NOT erased again: {erasure.pseudonym} ({erasure.subject or 'customer'}): {result.why}")
        if restored.not_erased:
            steps.say("Remove the causes, then run manage.py personal_data replay.")
        steps.say("Start web, worker, beat, and relay now.")

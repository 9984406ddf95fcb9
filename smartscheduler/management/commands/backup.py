"""`manage.py backup`: create and verify a backup."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.ops.backups import BackupError
from smartscheduler.ops.backups.create import forget_old, take_base, take_dump, verify
from smartscheduler.ops.backups.restore import drill
from smartscheduler.ops.console import Steps, complain


class Command(BaseCommand):
    help = "Create a backup of the database, verify it, and print its path. --verify also restores it for a test."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, metavar="DIR", help="target folder (default: DATA_DIR/backups)")
        parser.add_argument(
            "--keep", type=_count, metavar="N", help="remove all but the last N backups of this kind afterwards"
        )
        parser.add_argument("--base", action="store_true", help="copy the whole server, file by file (pg_basebackup)")
        parser.add_argument("--verify", action="store_true", help="also restore it into a scratch database")

    def handle(self, *args: Any, to: Path | None, keep: int | None, base: bool, verify: bool, **options: Any) -> None:
        if base and verify:
            raise CommandError(
                "A base backup contains the whole server. Test it on another machine with manage.py restore."
            )
        steps = Steps(Console(file=self.stdout, highlight=False, soft_wrap=True))  # type: ignore[arg-type]  # it has write and flush
        try:
            _back_up(to or settings.DATA_DIR / "backups", base=base, trial=verify, keep=keep, steps=steps)
        except BackupError as error:
            raise CommandError(str(error)) from error


def _back_up(folder: Path, *, base: bool, trial: bool, keep: int | None, steps: Steps) -> None:
    with steps("Server copied" if base else "Database dumped"):
        made = (take_base if base else take_dump)(folder.resolve())
    record(Act.DATA_EXPORTED, what="backup", format="base" if base else "dump", file=made.name)
    if trial:
        complain(drill(made, step=steps), what="The backup was made")
    else:
        with steps("Backup verified"):
            verify(made)
    for old in forget_old(folder.resolve(), kind="base" if base else "dump", keep=keep) if keep else ():
        steps.say(f"Removed {old.name}.")
    steps.say(f"\n{made}\nRestore it with: manage.py restore {made}")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number

"""`manage.py down`: stop processes that a killed `up` or another killed command left running."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from smartscheduler.ops.local import servers
from smartscheduler.ops.local.servers.file_lock import Lock
from smartscheduler.ops.local.supervisor import Record


class Command(BaseCommand):
    help = "Stop processes that a killed `up` left running on this data directory."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        run_dir = settings.DATA_DIR / "run"
        if not run_dir.exists():
            return
        record = Record(run_dir / "up.json", "")
        lock = Lock(run_dir / "up")
        if not lock.acquire(wait=False):
            raise CommandError(f"SmartScheduler is running ({record.owner()}). Stop it first.")
        record.end_leftovers()
        stopped = servers.from_environment().stop()
        lock.release()
        if not stopped:
            raise CommandError("Another command still uses PostgreSQL and Valkey. Stop it first.")

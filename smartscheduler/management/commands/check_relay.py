"""`manage.py check_relay`: health check of the event relay."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from smartscheduler.events.lag import is_relay_active, lag


class Command(BaseCommand):
    help = "Exit with 0 while a relay is active and delivers events in time, else with 1."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_relay_active():
            raise CommandError("No event relay is active. Start one with manage.py relay_events.")
        behind = lag()
        if behind.is_late:
            seconds = behind.oldest.total_seconds()
            raise CommandError(f"Undelivered events: {behind.unsent}, the oldest for {seconds:.0f} seconds.")
        self.stdout.write("An event relay is active.")

"""`manage.py check_relay`: whether an event relay is active and keeps up, for health checks."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from smartscheduler.events.lag import is_relay_active, lag


class Command(BaseCommand):
    help = "Exit with 0 while a relay is active and events go out, with 1 while they wait."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_relay_active():
            raise CommandError("No event relay is active: start one with manage.py relay_events.")
        behind = lag()
        if behind.is_late:
            seconds = behind.oldest.total_seconds()
            raise CommandError(f"{behind.unsent} events wait to be sent, the oldest for {seconds:.0f} seconds.")
        self.stdout.write("An event relay is active.")

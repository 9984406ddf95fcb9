"""`manage.py relay_events`: run the event relay until SIGTERM or SIGINT."""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand

from smartscheduler.events.relay import Relay


class Command(BaseCommand):
    help = "Run an event relay. With several relays, one is active and the others stand by."

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(_run())


async def _run() -> None:
    relay = Relay()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, relay.stop)
    await relay.run()

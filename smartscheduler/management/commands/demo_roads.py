"""`manage.py demo_roads`: a local fake of the road distance providers."""

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from smartscheduler.ops.demo.fake_road_provider import RoadServer


class Command(BaseCommand):
    help = "Serve fake APIs of Google Routes, Google Distance Matrix, and OpenRouteService on port TRAVEL_DEMO_PORT."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with RoadServer(settings.TRAVEL_DEMO_PORT) as server:
            self.stdout.write(f"Roads at {server.url}")
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                return

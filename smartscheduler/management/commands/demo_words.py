"""`manage.py demo_words`: a local fake of the language model for explanations."""

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from smartscheduler.ops.demo.fake_llm import ModelServer


class Command(BaseCommand):
    help = "Serve fake APIs of Anthropic and OpenAI on port EXPLANATION_DEMO_PORT."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with ModelServer(settings.EXPLANATION_DEMO_PORT) as server:
            self.stdout.write(f"Words at {server.url}")
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                return

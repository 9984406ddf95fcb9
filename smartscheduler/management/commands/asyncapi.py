"""`manage.py asyncapi`: write the AsyncAPI document of the events."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from drf_spectacular.renderers import OpenApiYamlRenderer

from smartscheduler.events.asyncapi import document


class Command(BaseCommand):
    help = "Write the AsyncAPI document of the events to a file, or print it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, help="the file to write, docs/asyncapi.yaml in the repository")

    def handle(self, *args: Any, file: Path | None = None, **options: Any) -> None:
        text = OpenApiYamlRenderer().render(document()).decode()
        if file:
            file.write_text(text)
        else:
            self.stdout.write(text, ending="")

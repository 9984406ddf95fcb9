"""`manage.py demo`: a walkthrough in the terminal that takes less than a minute and needs no running server."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from smartscheduler.errors import DomainError
from smartscheduler.ops.demo.terminal_svg import save_picture
from smartscheduler.ops.demo.walkthrough import Story, StoryError
from smartscheduler.ops.demo.websocket_client import NotLive

WIDTH = 100


class Command(BaseCommand):
    help = "Create a job, rank contractors, assign the best, and watch the event arrive over a WebSocket."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--svg", metavar="FILE", help="also save a picture of the walkthrough")

    def handle(self, *args: Any, svg: str | None = None, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo creates accounts and a booking, so it does not run in production (DEBUG=0).")
        width = None if sys.stdout.isatty() and not svg else WIDTH
        console = Console(file=sys.stdout, highlight=False, record=bool(svg), width=width)
        try:
            Story(console).tell()
        except (StoryError, NotLive, DomainError) as error:
            raise CommandError(str(error)) from error
        if svg:
            save_picture(console, svg)

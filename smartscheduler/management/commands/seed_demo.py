"""`manage.py seed_demo`: demo contractors and jobs. A second run adds nothing, and a larger one adds the rest."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from recommendations.llm import rewording
from recommendations.travel.requests import refresh_requests
from smartscheduler.ops.demo.seed import DEFAULT_CONTRACTORS, DEFAULT_JOBS, DEFAULT_SEED, seed_world


class Command(BaseCommand):
    help = "Fill the database with demo contractors and jobs around six US metros."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--contractors", type=_count, default=DEFAULT_CONTRACTORS, metavar="N")
        parser.add_argument("--jobs", type=_count, default=DEFAULT_JOBS, metavar="M")
        parser.add_argument("--seed", type=_count, default=DEFAULT_SEED, help="another seed gives other data")

    def handle(self, *args: Any, contractors: int, jobs: int, seed: int, verbosity: int, **options: Any) -> None:
        console = Console(file=sys.stderr, quiet=verbosity == 0)
        columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        # No user sees the rankings that past bookings are made from, so they must not request road or LLM data.
        with (
            refresh_requests.silent(),
            rewording.refresh_requests.silent(),
            Progress(*columns, console=console, transient=True) as progress,
        ):
            bars = {
                "contractors": progress.add_task("Contractors", total=contractors),
                "jobs": progress.add_task("Jobs", total=jobs),
            }
            added = seed_world(
                contractors=contractors,
                jobs=jobs,
                seed=seed,
                report=lambda kind, more: progress.advance(bars[kind], more),
            )
        if verbosity:
            self.stdout.write(f"Added {added.contractors} contractors and {added.jobs} jobs.")


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number

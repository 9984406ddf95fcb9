"""`manage.py retain`: remove what was kept long enough; with --dry-run only say what that would be."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from smartscheduler.ops.retention.policies import Rule, retain, rules

FOREVER = float("inf")
WIDTH = 160


class Command(BaseCommand):
    help = "Remove what is older than the settings keep it. Beat does the same every six hours."

    def add_arguments(self, parser: CommandParser) -> None:
        names = [rule.name for rule in rules()]
        parser.add_argument("rules", nargs="*", choices=[*names, []], metavar="RULE", help="these only; default: all")
        parser.add_argument("--dry-run", action="store_true", help="change nothing, and say what would go")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        wanted = set(options["rules"])
        chosen = [rule for rule in rules() if not wanted or rule.name in wanted]
        counts = {rule.name: rule.due().count() for rule in chosen} if dry_run else retain(chosen, seconds=FOREVER)
        console = Console(file=self.stdout, highlight=False, width=None if self.stdout.isatty() else WIDTH)  # type: ignore[arg-type]  # it has write and flush
        console.print(_table(chosen, counts, "Would go" if dry_run else "Gone"))


def _table(chosen: list[Rule], counts: dict[str, int], heading: str) -> Table:
    table = Table("Rule", "What", "Kept", "Older than")
    table.add_column(heading, justify="right")
    for rule in chosen:
        kept = f"{rule.keep.days} day{'' if rule.keep.days == 1 else 's'}" if rule.keep else "until it ends"
        table.add_row(rule.name, rule.what, kept, _moment(rule), f"{counts[rule.name]:,}")
    return table


def _moment(rule: Rule) -> str:
    return f"{timezone.localtime(rule.before):%Y-%m-%d %H:%M}"

"""`manage.py retain`: delete data whose retention period is over; --dry-run only counts it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from rich.table import Table

from smartscheduler.ops.console import console_of
from smartscheduler.ops.retention.policies import Rule, retain, rules

FOREVER = float("inf")


class Command(BaseCommand):
    help = "Delete data that is older than its retention period. Beat does the same every six hours."

    def add_arguments(self, parser: CommandParser) -> None:
        names = [rule.name for rule in rules()]
        parser.add_argument(
            "rules", nargs="*", choices=[*names, []], metavar="RULE", help="apply only these rules (default: all)"
        )
        parser.add_argument("--dry-run", action="store_true", help="delete nothing, and count the due rows")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        names = set(options["rules"])
        chosen = [rule for rule in rules() if not names or rule.name in names]
        counts = {rule.name: rule.due().count() for rule in chosen} if dry_run else retain(chosen, seconds=FOREVER)
        console_of(self.stdout).print(_table(chosen, counts, "Due" if dry_run else "Deleted"))


def _table(chosen: list[Rule], counts: dict[str, int], heading: str) -> Table:
    table = Table("Rule", "Data", "Kept", "Older than")
    table.add_column(heading, justify="right")
    for rule in chosen:
        kept = f"{rule.keep.days} day{'' if rule.keep.days == 1 else 's'}" if rule.keep else "until it expires"
        table.add_row(rule.name, rule.what, kept, _moment(rule), f"{counts[rule.name]:,}")
    return table


def _moment(rule: Rule) -> str:
    return f"{timezone.localtime(rule.before):%Y-%m-%d %H:%M}"

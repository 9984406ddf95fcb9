"""`manage.py doctor`: check the data and its environment, and print remedies."""

import argparse
import json
import time
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console

from smartscheduler.ops import doctor
from smartscheduler.ops.doctor import Outcome
from smartscheduler.ops.doctor.last_report import remember

SHOWN = 5
LARGE = ", ".join(check.name for check in doctor.CHECKS if check.large)


class Command(BaseCommand):
    help = "Check data, schema, and environment. Exits with 1 when a check is broken, else with 0."
    requires_system_checks: list[str] = []  # a check of the doctor runs them
    epilog = f"Large checks read whole tables; --quick leaves them out: {LARGE}."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, epilog=self.epilog, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        names = [check.name for check in doctor.CHECKS]
        parser.add_argument(
            "checks", nargs="*", choices=[*names, []], metavar="CHECK", help="run only these checks (default: all)"
        )
        parser.add_argument("--quick", action="store_true", help="leave out checks that read large tables")
        parser.add_argument(
            "--data", action="store_true", help="check only data and schema, for a copy without running processes"
        )
        parser.add_argument("--json", action="store_true", help="print a list of outcomes as JSON")
        parser.add_argument(
            "--show", type=_some, default=SHOWN, metavar="N", help=f"findings per check (default {SHOWN})"
        )

    def handle(
        self, *args: Any, checks: list[str], quick: bool, data: bool, json: bool, show: int, **options: Any
    ) -> None:
        chosen = doctor.chosen(names=checks, quick=quick, data_only=data)
        outcomes = doctor.examine(chosen, show=show)
        results = list(outcomes) if json else list(_printed(outcomes, self._console()))
        if json:
            self.stdout.write(as_json(results))
        if not (checks or data):
            remember(results)
        if any(outcome.is_broken for outcome in results):
            raise SystemExit(1)

    def _console(self) -> Console:
        return Console(file=self.stdout, highlight=False, soft_wrap=True)  # type: ignore[arg-type]  # it has write and flush


def as_json(outcomes: Iterable[Outcome]) -> str:
    return json.dumps([outcome.as_json() for outcome in outcomes], indent=2, ensure_ascii=False)


def _printed(outcomes: Iterable[Outcome], console: Console) -> Iterable[Outcome]:
    """Yield the outcomes and print each of them, then a summary."""
    began, broken, warnings, count = time.monotonic(), 0, 0, 0
    for outcome in outcomes:
        _print_outcome(outcome, console)
        count += 1
        broken += outcome.is_broken
        warnings += not (outcome.is_broken or outcome.is_clean)
        yield outcome
    verdict = f"{broken} broken" if broken else "nothing broken"
    aside = f", warnings: {warnings}" if warnings else ""
    console.print(f"\n{count} checks in {time.monotonic() - began:.1f} s: {verdict}{aside}.", markup=False)


def _print_outcome(outcome: Outcome, console: Console) -> None:
    check, count = outcome.check, outcome.findings.count
    sign = "[green]✓[/]" if outcome.is_clean else "[red]✗[/]" if outcome.is_broken else "[yellow]![/]"
    console.print(f"{sign} {check.holds:<86} {outcome.seconds:7.2f} s")
    if outcome.is_clean:
        return
    if outcome.failure:
        console.print(f"    could not run: {outcome.failure}", markup=False)
    for finding in outcome.findings.shown:
        console.print(f"    {finding}", markup=False)
    if count > len(outcome.findings.shown):
        console.print(f"    … {count:,} in all; --show {count} shows them", markup=False)
    console.print(f"    → {check.remedy} [{check.name}]", markup=False)


def _some(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number

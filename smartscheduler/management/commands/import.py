"""`manage.py import`: match, check and import a file from a terminal, through the services of the pages.

No worker is needed. Exit codes: 0 without rejected rows, 1 if the file was not imported, 3 with rejected rows.
"""

import sys
import time
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from smartscheduler.accounts.models import User
from smartscheduler.core.file_writer import write_csv
from smartscheduler.errors import DomainError
from smartscheduler.imports import runner, services
from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.imports.result_file import Results, complaints
from smartscheduler.imports.tables import sheet_heads, uploaded_table
from smartscheduler.imports.text_encodings import CODES
from smartscheduler.ops.console import console_of

State = ImportRun.State
PAUSE_SECONDS, ROWS_SHOWN = 0.5, 20
SOME_REJECTED = 3
OPTIONS = ("open_jobs", "messages", "twins")


def pair(text: str) -> tuple[str, str]:
    """A name and a value as NAME=VALUE."""
    name, sign, value = text.rpartition("=")
    if not sign or not name:
        raise ArgumentTypeError(f"{text!r} has no =")
    return name.strip(), value.strip()


class Command(BaseCommand):
    help = "Import a CSV or XLSX file: match its columns, check each row, and write the rows that are valid."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV or XLSX file")
        parser.add_argument("--kind", choices=ImportRun.Kind.values, required=True, help="what the rows are")
        parser.add_argument("--check-only", action="store_true", help="check the rows and write nothing")
        reading = parser.add_argument_group("reading (default: as the file looks)")
        reading.add_argument("--encoding", choices=CODES, help="encoding of a CSV file")
        reading.add_argument("--sheet", help="name of the sheet of a workbook")
        reading.add_argument("--heading-line", type=int, help="number of the line of headings")
        match = parser.add_argument_group("match of the columns (default: as saved, or as they are called)")
        match.add_argument("--accept-match", action="store_true", help="use the suggested match")
        match.add_argument(
            "--column", type=pair, action="append", default=[], metavar="HEADING=FIELD", help="an empty field: left out"
        )
        match.add_argument(
            "--default", type=pair, action="append", default=[], metavar="FIELD=VALUE", help="for rows without a value"
        )
        match.add_argument("--remember", action="store_true", help="save the match for the next file like this one")
        rows = parser.add_argument_group("rows")
        rows.add_argument("--source", help="the other system that the numbers are from, for example jobber")
        rows.add_argument("--open-jobs", action="store_true", help="jobs whose booking is not possible come in as open")
        rows.add_argument("--messages", action="store_true", help="send messages about imported bookings")
        rows.add_argument("--twins", action="store_true", help="import jobs again that are already stored")
        rows.add_argument("--rejected", type=Path, metavar="CSV", help="write the rejected rows to this file")
        parser.add_argument("--as", dest="email", metavar="EMAIL", help="the account that imports")

    def handle(self, *args: Any, **options: Any) -> None:
        self.console = console_of(self.stdout)
        try:
            run = self._imported(options)
        except User.DoesNotExist as error:
            raise CommandError(f"There is no account {options['email']}.") from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        except DomainError as refusal:
            raise CommandError(_sentence(refusal)) from refusal
        if run.refused:
            sys.exit(SOME_REJECTED)

    def _imported(self, options: dict[str, Any]) -> ImportRun:
        actor = User.objects.get(email=options["email"]) if options["email"] else None
        content = options["file"].read_bytes()
        with transaction.atomic():  # so that no worker takes the file first
            run, taken = self._begun(content, actor, options)
        run = self._worked_on(run, taken)
        if not options["check_only"] and run.refused < run.total:
            run = self._worked_on(services.import_checked(run_id=run.pk), runner.take(run.pk))
        self._show(run)
        if options["rejected"]:
            results = Results(run, refused_only=True)
            options["rejected"].write_bytes(b"".join(write_csv(results.headings, results)))
        return run

    def _begun(self, content: bytes, actor: User | None, options: dict[str, Any]) -> tuple[ImportRun, ImportRun | None]:
        """Store, read and match the file. Returns it, and its first turn."""
        choices = {name: True for name in OPTIONS if options[name]}
        if options["source"]:
            choices["source"] = options["source"]
        name = options["file"].name
        run = services.begin(kind=options["kind"], name=name, content=content, actor=actor, options=choices)
        if any(options[name] is not None for name in ("encoding", "sheet", "heading_line")):
            run = self._read_again(run, options)
        changes, defaults = dict(options["column"]), dict(options["default"])
        if run.state != State.MATCHING and not changes and not defaults:
            return run, runner.take(run.pk)
        targets = self._targets(run, changes)
        if not (changes or defaults or options["accept_match"]):
            self._show_match(run, targets)
            text = (
                "Look at the match. Repeat the command with --accept-match, or correct it with --column and --default."
            )
            raise CommandError(text)
        if run.state == State.CHECKING:
            run = services.stop(run_id=run.pk)
        run = services.match_columns(
            run_id=run.pk,
            targets=targets,
            seen=run.match_version,
            actor=actor,
            options={"defaults": defaults} if defaults else None,
            remember_it=options["remember"],
        )
        return run, runner.take(run.pk)

    def _read_again(self, run: ImportRun, options: dict[str, Any]) -> ImportRun:
        names = [sheet.name for sheet in sheet_heads(run)]
        sheet = run.sheet
        if options["sheet"] is not None:
            if options["sheet"] not in names:
                raise CommandError(f"There is no sheet {options['sheet']!r}, but {', '.join(map(repr, names))}.")
            sheet = names.index(options["sheet"])
        if run.state == State.CHECKING:
            run = services.stop(run_id=run.pk)
        encoding, line = options["encoding"] or run.encoding, options["heading_line"]
        run = services.read_again(
            run_id=run.pk, seen=run.match_version, sheet=sheet, heading_line=line or run.heading_line, encoding=encoding
        )
        if line and line != run.heading_line:  # another sheet was read from its likely line
            run = services.read_again(
                run_id=run.pk, seen=run.match_version, sheet=sheet, heading_line=line, encoding=encoding
            )
        return run

    def _targets(self, run: ImportRun, changes: dict[str, str]) -> list[str]:
        titles = uploaded_table(run).titles
        if unknown := set(changes) - set(titles):
            raise CommandError(f"There is no column {', '.join(sorted(unknown))}. Columns: {', '.join(titles)}.")
        return [changes.get(title, target) for title, target in zip(titles, run.mapping, strict=True)]

    def _show_match(self, run: ImportRun, targets: list[str]) -> None:
        uploaded, table = uploaded_table(run), Table("Column", "Field", "First row")
        first = uploaded.rows[0]
        for title, name, target in zip(uploaded.titles, uploaded.headings, targets, strict=True):
            table.add_row(title, target or "left out", first.get(name, "")[:60])
        self.console.print(table)

    def _worked_on(self, run: ImportRun, taken: ImportRun | None) -> ImportRun:
        """Work on the file here, or watch the worker that has taken it, until it is checked or imported."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,} of {task.total:,} rows"),
        )
        with Progress(*columns, TimeElapsedColumn(), console=self.console) as progress:
            bar = progress.add_task(f"{run.get_state_display()} {run.name}", total=run.total)

            def show() -> None:
                progress.update(bar, completed=ImportRun.objects.values_list("at", flat=True).get(pk=run.pk))

            try:
                while ImportRun.objects.at_work().filter(pk=run.pk).exists():
                    if taken:
                        runner.work_in_turn(taken, show)
                    else:
                        time.sleep(PAUSE_SECONDS)
                    show()
                    taken = runner.take(run.pk)
            except KeyboardInterrupt as interrupt:
                run = services.stop(run_id=run.pk)
                text = f"{run.name} is stopped after {run.at:,} of {run.total:,} rows. Go on with it on its page."
                raise CommandError(text) from interrupt
        run.refresh_from_db()
        if run.problem:
            raise CommandError(run.problem)
        if run.state not in {State.CHECKED, State.DONE}:
            raise CommandError(f"{run.name} was stopped after {run.at:,} of {run.total:,} rows.")
        return run

    def _show(self, run: ImportRun) -> None:
        if run.refused:
            self.console.print(_groups(run), _rows(run))
        verb = "Checked" if run.is_dry else "Imported"
        self.console.print(
            f"{verb} {run.total:,} rows: {run.created:,} new, {run.updated:,} changed, {run.unchanged:,} unchanged, "
            f"{run.refused:,} rejected."
        )


def _sentence(refusal: DomainError) -> str:
    """The refusal with the names of its fields, where they say more."""
    named = [f"{name}: {' '.join(map(str, messages))}" for name, messages in refusal.errors.items() if name != "file"]
    return "\n".join(named) or refusal.detail


def _groups(run: ImportRun) -> Table:
    table = Table("Column", "Error", "Rows", title="Errors by kind")
    for complaint in complaints(run):
        table.add_row(complaint.column, complaint.message, f"{complaint.rows:,}")
    return table


def _rows(run: ImportRun) -> Table:
    table = Table("Line", "Row", "Errors", title=f"Rejected rows, the first {ROWS_SHOWN}")
    for row in run.rows.filter(outcome=ImportedRow.Outcome.REFUSED)[:ROWS_SHOWN]:
        table.add_row(f"{row.number}", row.label, "\n".join(row.complaints))
    return table

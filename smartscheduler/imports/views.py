"""What the page of a file shows: how far it is, what is wrong with how many rows, and the rows themselves."""

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import QueryDict
from django.utils import timezone

from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.imports.result_file import complaints

ROWS_A_PAGE = 100
# A worker that has not touched a file for so long is probably not running.
LONG_WAIT = timedelta(seconds=20)


def progress(run: ImportRun) -> dict[str, Any]:
    """How far the worker is, in words as well."""
    touched = run.touched_at or run.created_at
    waits = run.is_at_work and timezone.now() - touched > LONG_WAIT
    return {"run": run, "left": _in_words(run.time_left) if run.is_at_work else "", "waits": waits}


def _in_words(left: timedelta | None) -> str:
    if left is None:
        return ""
    seconds = left.total_seconds()
    if seconds < 10:
        return "a few seconds left"
    if seconds < 100:
        return f"about {round(seconds / 10) * 10} seconds left"
    minutes = round(seconds / 60)
    return f"about {minutes} minutes left" if minutes < 100 else f"about {round(minutes / 60)} hours left"


def outcome(run: ImportRun, asked: QueryDict) -> dict[str, Any]:
    """The rows that `?rows=` (an outcome) and `?column=` leave, a page of them; and the errors by kind."""
    counts = {one: getattr(run, one.value) for one in ImportedRow.Outcome}
    shown = asked.get("rows", "")
    if shown not in counts:
        shown = ImportedRow.Outcome.REFUSED if run.refused else ""
    column = asked.get("column")
    rows = run.rows.all()
    if shown:
        rows = rows.filter(outcome=shown)
    if column is not None:
        rows = rows.filter(errors__has_key=column)
    paginator = Paginator(rows, ROWS_A_PAGE)
    return {
        "kinds_of_errors": complaints(run) if run.refused else [],
        "outcomes": [(result.value, result.label, counts[result]) for result in counts if counts[result]],
        "shown": shown,
        "column": column,
        "page": paginator.get_page(asked.get("page")),
    }

"""Data of the page of a file: progress, errors by kind, and rows."""

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.imports.result_file import complaints, left_out_of
from smartscheduler.imports.tables import titles_by_column

ROWS_A_PAGE = 100
# After this time without progress, the worker is probably not running.
LONG_WAIT = timedelta(seconds=20)


def progress(run: ImportRun) -> dict[str, Any]:
    """Progress of the worker: the run, the remaining time as text, and whether no worker seems to be running."""
    touched = run.touched_at or run.created_at
    waits = run.is_at_work and timezone.now() - touched > LONG_WAIT
    return {"run": run, "left": _remaining_text(run.time_left) if run.is_at_work else "", "waits": waits}


def _remaining_text(left: timedelta | None) -> str:
    if left is None:
        return ""
    seconds = left.total_seconds()
    if seconds < 10:
        return gettext("a few seconds left")
    if seconds < 100:
        count = round(seconds / 10) * 10
        return ngettext("about {count} second left", "about {count} seconds left", count).format(count=count)
    minutes = round(seconds / 60)
    if minutes < 100:
        return ngettext("about {count} minute left", "about {count} minutes left", minutes).format(count=minutes)
    hours = round(minutes / 60)
    return ngettext("about {count} hour left", "about {count} hours left", hours).format(count=hours)


def outcome(run: ImportRun, query: QueryDict) -> dict[str, Any]:
    """A page of the rows filtered by `?rows=` (an outcome) and `?column=`, and the errors by kind."""
    counts = {result: getattr(run, result.value) for result in ImportedRow.Outcome}
    shown = query.get("rows", "")
    if shown not in counts:
        shown = ImportedRow.Outcome.REFUSED if run.refused else ""
    column = query.get("column")
    if column and "\0" in column:  # no column has it, and PostgreSQL refuses it
        column = None
    rows = run.rows.all()
    if shown:
        rows = rows.filter(outcome=shown)
    if column is not None:
        rows = rows.filter(errors__has_key=column)
    page = Paginator(rows, ROWS_A_PAGE).get_page(query.get("page"))
    titles = titles_by_column(run) if run.refused else {}
    return {
        "left_out": left_out_of(run),
        "kinds_of_errors": [(group, titles.get(group.column, group.column)) for group in complaints(run)]
        if run.refused
        else [],
        "outcomes": [(result.value, result.label, counts[result]) for result in counts if counts[result]],
        "shown": shown,
        "column": column,
        "column_title": titles.get(column, column) if column else "",
        "page": page,
        "rows": [(row, row.complaints_under(titles)) for row in page.object_list],
    }

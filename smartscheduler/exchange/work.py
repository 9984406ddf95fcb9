"""Going through files in the background: a stretch at a time, and from where it stopped when a worker dies."""

import time
from functools import lru_cache
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from smartscheduler.accounts.models import User
from smartscheduler.errors import InvalidInput
from smartscheduler.exchange.models import ImportedRow, ImportRun
from smartscheduler.exchange.rows import KINDS, Done, check_headings, work_on
from smartscheduler.exchange.tables import Row, read_table

# Any number, as long as nothing else in the database locks the same one.
IMPORT_LOCK = 0x5353_494D_50
LONGEST_STRETCH_SECONDS = 20.0
HEADING_LINES = 1


def begin(*, kind: str, name: str, content: bytes, actor: User) -> ImportRun:
    """Take a file in, to be checked. Raises InvalidInput (field `file`) when it cannot be read at all."""
    headings, rows = read_table(name, content)
    check_headings(KINDS[kind], headings)
    return ImportRun.objects.create(kind=kind, name=name[:200], content=content, total=len(rows), created_by=actor)


@transaction.atomic
def import_checked(*, run_id: UUID) -> ImportRun:
    """Let a checked file be imported. Raises InvalidInput when it is not checked, or has nothing that could be."""
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if run.state != ImportRun.State.CHECKED:
        raise InvalidInput("Only a file that has been checked can be imported, and only once.")
    if run.refused == run.total:
        raise InvalidInput("No row of the file can be imported.")
    run.rows.all().delete()
    run.begin_import()
    run.save()
    return run


def work_on_files() -> None:
    """Go on with the oldest file that is not finished; one worker does, for some twenty seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [IMPORT_LOCK])
        if not cursor.fetchone()[0]:
            return
        try:
            _work_until(time.monotonic() + LONGEST_STRETCH_SECONDS)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [IMPORT_LOCK])


def _work_until(deadline: float) -> None:
    at_work = ImportRun.objects.filter(state__in=[ImportRun.State.CHECKING, ImportRun.State.IMPORTING])
    while time.monotonic() < deadline:
        run = at_work.defer("content").select_related("created_by").order_by("created_at").first()
        if run is None:
            return
        rows = _rows_of(run.pk)
        while run.at < len(rows) and time.monotonic() < deadline:
            _work_on_next(run, rows)
        if run.at >= len(rows):
            run.finish(timezone.now())
            run.save(update_fields=["state", "finished_at"])


@transaction.atomic
def _work_on_next(run: ImportRun, rows: list[Row]) -> None:
    """The next row and the note of it in one transaction: a row is never done twice."""
    row, kind = rows[run.at], KINDS[run.kind]
    done = _twice(run, rows) or work_on(kind, row, run.created_by, dry=run.state == ImportRun.State.CHECKING)
    ImportedRow.objects.create(
        run=run,
        number=run.at + 1 + HEADING_LINES,
        label=kind.label(row)[:200],
        outcome=done.outcome,
        errors=done.errors,
    )
    run.count(done.outcome)
    run.save(update_fields=["at", "created", "updated", "unchanged", "refused"])


def _twice(run: ImportRun, rows: list[Row]) -> Done | None:
    """The refusal of a row whose key stands above already."""
    key = KINDS[run.kind].key
    wanted = rows[run.at].get(key, "").lower()
    first = _first_lines(run.pk).get(wanted)
    if not wanted or first == run.at or first is None:
        return None
    line = first + 1 + HEADING_LINES
    return Done(ImportedRow.Outcome.REFUSED, {key: [f"Line {line} of this file has the same {key.replace('_', ' ')}."]})


@lru_cache(maxsize=2)
def _rows_of(run_id: UUID) -> list[Row]:
    run = ImportRun.objects.get(pk=run_id)
    return read_table(run.name, bytes(run.content))[1]


@lru_cache(maxsize=2)
def _first_lines(run_id: UUID) -> dict[str, int]:
    """Each key, and the first row that has it."""
    key = KINDS[ImportRun.objects.values_list("kind", flat=True).get(pk=run_id)].key
    found: dict[str, int] = {}
    for index, row in enumerate(_rows_of(run_id)):
        found.setdefault(row.get(key, "").lower(), index)
    return found

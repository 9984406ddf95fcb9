"""Services of imported files: upload, import, stop, resume, check again."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from smartscheduler.accounts.models import User
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.core.text import visible
from smartscheduler.errors import InvalidInput
from smartscheduler.imports import isolated_reader
from smartscheduler.imports.file_reader import MOST_BYTES, heading_line_of, likely_sheet, table_of
from smartscheduler.imports.importers import IMPORTERS
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.readings import packed_reading

State = ImportRun.State
GOES_ON_AS = {State.UNCHECKED: State.CHECKING, State.STOPPED: State.IMPORTING}


def begin(*, kind: str, name: str, content: bytes, actor: User, options: Mapping[str, Any] | None = None) -> ImportRun:
    """Store a file and start its check. Raises InvalidInput (field `file`) if it cannot be read, Busy."""
    if len(content) > MOST_BYTES:
        raise InvalidInput.of("file", gettext("The file is larger than 10 MB. Split it."))
    reading = isolated_reader.read_apart(name, content)
    sheet = likely_sheet(reading)
    heading_line = heading_line_of(sheet)
    with isolated_reader.translated_refusals():
        table = table_of(sheet, heading_line)
    IMPORTERS[kind].check_headings(table.headings)
    return ImportRun.objects.create(
        kind=kind,
        name=visible(name)[-200:],
        table=packed_reading(reading),
        encoding=reading.encoding,
        sheet=reading.sheets.index(sheet),
        heading_line=heading_line,
        total=len(table.rows),
        created_by=actor,
        options=dict(options or {}),
    )


@transaction.atomic
def import_checked(*, run_id: UUID) -> ImportRun:
    """Start the import of a checked file. Raises InvalidInput if it is not checked or has no valid row."""
    run = _locked(run_id)
    if run.state != State.CHECKED:
        raise InvalidInput(gettext("Only a checked file can be imported, and only once."))
    if run.refused == run.total:
        raise InvalidInput(gettext("No row of the file can be imported."))
    run.rows.all().delete()
    rows = run.total - run.refused
    run.begin(State.IMPORTING)
    run.save()
    record(Act.IMPORT_STARTED, what=run.kind, rows=rows, run=str(run.pk))
    return run


@transaction.atomic
def stop(*, run_id: UUID) -> ImportRun:
    """Stop a check or an import. Imported rows stay. Raises InvalidInput if it is not running."""
    run = _locked(run_id)
    if not run.is_at_work:
        raise InvalidInput(gettext("There is no check or import to stop."))
    run.stop()
    run.save()
    return run


@transaction.atomic
def resume(*, run_id: UUID) -> ImportRun:
    """Resume a stopped check or import. Raises InvalidInput if it is not stopped."""
    run = _locked(run_id)
    if run.state not in GOES_ON_AS:
        raise InvalidInput(gettext("Only a stopped check or import can be resumed."))
    run.go_on(GOES_ON_AS[State(run.state)])
    run.save()
    return run


@transaction.atomic
def check_again(*, run_id: UUID) -> ImportRun:
    """Check a file again before its import, because records may have changed. Raises InvalidInput."""
    run = _locked(run_id)
    if run.state not in {State.CHECKED, State.UNCHECKED}:
        raise InvalidInput(gettext("Only a file that is not imported yet can be checked again."))
    run.rows.all().delete()
    run.begin(State.CHECKING)
    run.save()
    return run


def _locked(run_id: UUID) -> ImportRun:
    return ImportRun.objects.select_for_update(of=("self",)).light().get(pk=run_id)

"""What people do with a file: take it in, let it be imported, stop it, go on with it, check it once more."""

from uuid import UUID

from django.db import transaction

from smartscheduler.accounts.models import User
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.core.text import visible
from smartscheduler.errors import InvalidInput
from smartscheduler.imports import isolated_reader
from smartscheduler.imports.file_reader import MOST_BYTES, packed_table
from smartscheduler.imports.importers import IMPORTERS
from smartscheduler.imports.models import ImportRun

State = ImportRun.State
GOES_ON_AS = {State.UNCHECKED: State.CHECKING, State.STOPPED: State.IMPORTING}


def begin(*, kind: str, name: str, content: bytes, actor: User) -> ImportRun:
    """Take a file in, to be checked. Raises InvalidInput (field `file`) when it cannot be read at all, Busy."""
    if len(content) > MOST_BYTES:
        raise InvalidInput.of("file", "The file is larger than 10 MB: split it.")
    table = isolated_reader.read_apart(name, content)
    IMPORTERS[kind].check_headings(table.headings)
    return ImportRun.objects.create(
        kind=kind, name=visible(name)[-200:], table=packed_table(table), total=len(table.rows), created_by=actor
    )


@transaction.atomic
def import_checked(*, run_id: UUID) -> ImportRun:
    """Let a checked file be imported. Raises InvalidInput when it is not checked, or has nothing that could be."""
    run = _locked(run_id)
    if run.state != State.CHECKED:
        raise InvalidInput("Only a file that has been checked can be imported, and only once.")
    if run.refused == run.total:
        raise InvalidInput("No row of the file can be imported.")
    run.rows.all().delete()
    rows = run.total - run.refused
    run.begin(State.IMPORTING)
    run.save()
    record(Act.IMPORT_STARTED, what=run.kind, rows=rows, run=str(run.pk))
    return run


@transaction.atomic
def stop(*, run_id: UUID) -> ImportRun:
    """Stop a check or an import where it is; what has been imported stays. Raises InvalidInput when it does not run."""
    run = _locked(run_id)
    if not run.is_at_work:
        raise InvalidInput("Nothing is going on that could be stopped.")
    run.stop()
    run.save()
    return run


@transaction.atomic
def resume(*, run_id: UUID) -> ImportRun:
    """Go on with what was stopped. Raises InvalidInput when nothing was."""
    run = _locked(run_id)
    if run.state not in GOES_ON_AS:
        raise InvalidInput("Only what has been stopped can go on.")
    run.go_on(GOES_ON_AS[State(run.state)])
    run.save()
    return run


@transaction.atomic
def check_again(*, run_id: UUID) -> ImportRun:
    """Check a file that is not imported once more: the records may have changed. Raises InvalidInput."""
    run = _locked(run_id)
    if run.state not in {State.CHECKED, State.UNCHECKED}:
        raise InvalidInput("Only a file that has not been imported can be checked again.")
    run.rows.all().delete()
    run.begin(State.CHECKING)
    run.save()
    return run


def _locked(run_id: UUID) -> ImportRun:
    return ImportRun.objects.select_for_update(of=("self",)).light().get(pk=run_id)

"""Going through files in the background: in turn, a batch at a time, and from where it stopped when a process dies.

Each file has a process of its own for some seconds (`work_apart`), so that one that takes too much time or memory ends
that process and nothing else. A lease keeps other workers off the file; it runs out when the worker is killed.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from smartscheduler.core import child_process
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.text import visible
from smartscheduler.errors import Busy, InvalidInput
from smartscheduler.geocoding.addresses import Found
from smartscheduler.geocoding.lookup import find, is_configured
from smartscheduler.imports import isolated_reader
from smartscheduler.imports.file_reader import Row, Table, packed_table, unpacked_table
from smartscheduler.imports.importers import IMPORTERS, Importer
from smartscheduler.imports.models import ImportedRow, ImportRun, ImportRunQuerySet
from smartscheduler.imports.row_importer import Done, work_on
from smartscheduler.imports.row_to_payload import address_of

logger = structlog.get_logger(__name__)
# How long a worker goes on with files, and with one of them before the next.
LONGEST_WORK_SECONDS, TURN_SECONDS = 20.0, 8.0
# Renewed every five seconds while a worker is at a file.
LEASE = timedelta(seconds=30)
# In each worker; its other threads show meanwhile that it is alive.
_turns = threading.BoundedSemaphore(2)
# Files of older versions are read by one thread at a time; the others have newer files to work on.
_old_files = threading.Lock()
# Turns that were counted and then lost because the database was away.
_unused_tries: deque[ImportRun] = deque()
DATABASE_AWAY, OUT_OF_REACH = b"database away", (OperationalError, InterfaceError)
# A file that fails so often in a row is given up.
MOST_TRIES = 3
# A batch is one transaction: long enough to be worth one, short enough for those who wait for its records.
BATCH_ROWS, BATCH_SECONDS = 100, 0.4
LONGEST_SEARCH_SECONDS = 2.0


class Batch(NamedTuple):
    """The next rows of a file, and where the geocoder has found those that it was asked for."""

    importer: Importer
    table: Table
    first: int
    places: Sequence[Found | None]

    @property
    def rows(self) -> list[Row]:
        return self.table.rows[self.first : self.first + len(self.places)]


class TurnLost(Exception):
    """The lease ended, and another worker has taken the file."""


def work_on_files() -> None:
    """Go on with the files that are not finished, in turn, for some twenty seconds; many workers may at once."""
    if not _turns.acquire(blocking=False):
        return
    try:
        _work_in_turn()
    finally:
        _turns.release()


def _work_in_turn() -> None:
    deadline = time.monotonic() + LONGEST_WORK_SECONDS
    _give_back_tries()
    while time.monotonic() < deadline and (run := _taken()):
        try:
            work_apart(run)
            _turn_of(run).update(leased_until=None, tries=0)
        except TurnLost:
            logger.warning("import_taken_over", run=str(run.pk))
        except child_process.ChildFailed as failure:
            _failed(run, failure)
        except OUT_OF_REACH:
            _unused_tries.append(run)
            with suppress(*OUT_OF_REACH):
                _give_back_tries()
            raise
        except BaseException:  # this worker is ending: the next one need not wait
            _turn_of(run).update(leased_until=None)
            raise


def work_apart(run: ImportRun) -> None:
    """One turn of a file, in a process of its own.

    Raises ChildFailed, TurnLost, or OperationalError when the database was away.
    """
    answer = child_process.call(
        "smartscheduler.imports.child_run:work_for_parent",
        str(run.pk).encode(),
        seconds=settings.FILE_PROCESS_SECONDS,
        megabytes=settings.FILE_PROCESS_MEMORY_MB,
        beat=lambda: _renew(run),
    )
    if answer == DATABASE_AWAY:
        raise OperationalError("The import lost its connection to the database.")


def _renew(run: ImportRun) -> None:
    if not _turn_of(run).update(leased_until=timezone.now() + LEASE):
        raise TurnLost


def _turn_of(run: ImportRun) -> ImportRunQuerySet:
    """The row of the file as long as this turn is the latest: then no other worker has taken the file."""
    return ImportRun.objects.filter(pk=run.pk, turn_at=run.turn_at)


def _give_back_tries() -> None:
    """Uncount the turns that were lost because the database was away, once it answers again."""
    while _unused_tries:
        run = _unused_tries.popleft()
        try:
            _turn_of(run).update(leased_until=None, tries=Greatest(F("tries") - 1, 0))
        except OUT_OF_REACH:
            _unused_tries.append(run)
            raise


@transaction.atomic
def _taken() -> ImportRun | None:
    """The file that has waited longest and that no other worker has; given up when workers died at it again and again.

    Counted before the work: a worker that is killed cannot count.
    """
    now = timezone.now()
    free = ImportRun.objects.at_work().filter(Q(leased_until=None) | Q(leased_until__lt=now)).light()
    turn = free.order_by(F("turn_at").asc(nulls_first=True), "created_at").select_for_update(skip_locked=True)
    while run := turn.first():
        if run.tries < MOST_TRIES:
            run.tries, run.turn_at = run.tries + 1, now
            run.leased_until = now + LEASE
            run.save(update_fields=["tries", "turn_at", "leased_until"])
            return run
        _give_up(run, "its workers were killed")
    return None


@transaction.atomic
def _failed(run: ImportRun, failure: child_process.ChildFailed) -> None:
    held = _turn_of(run).light().select_for_update().first()
    if held is None:
        return
    why = _in_words(failure)
    logger.warning("import_failed", run=str(run.pk), tries=held.tries, why=why)
    held.leased_until = None
    held.save(update_fields=["leased_until"])
    if held.tries >= MOST_TRIES and held.is_at_work:
        _give_up(held, why)


def _in_words(failure: child_process.ChildFailed) -> str:
    match failure:
        case child_process.TimeLimitExceeded():
            return f"it takes more than {settings.FILE_PROCESS_SECONDS} seconds"
        case child_process.MemoryLimitExceeded():
            return f"it takes more than {settings.FILE_PROCESS_MEMORY_MB} MB of memory"
        case _:
            return "its process failed, the worker's log says why"


def _give_up(run: ImportRun, why: str) -> None:
    where = f"after row {run.at:,} " if run.at else ""
    run.give_up(f"Given up {where}after {run.tries} tries: {why}. Correct the rows that follow, or split the file.")
    run.leased_until = None
    run.save(update_fields=["state", "problem", "leased_until"])


def work_on_file(run_id: UUID) -> None:
    """One turn of a file, in this process."""
    deadline = time.monotonic() + TURN_SECONDS
    at_work = ImportRun.objects.at_work().light().select_related("created_by").filter(pk=run_id)
    while run := at_work.first():
        try:
            work_on_batch(run)
        except Busy:
            return  # another transaction holds a record of the batch; it is tried again in two seconds
        if time.monotonic() > deadline:
            return


def work_on_batch(run: ImportRun) -> None:
    """The next rows and the notes of them; a check undoes the rows and keeps the notes."""
    batch = _next(run)
    if run.state == ImportRun.State.CHECKING:
        _keep(run, batch, _rehearsed(run, batch))
    else:
        _carry_out(run, batch)


def _next(run: ImportRun) -> Batch:
    importer, table = IMPORTERS[run.kind], table_of(run.pk)
    rows = table.rows[run.at : run.at + BATCH_ROWS]
    places: Sequence[Found | None] = [None] * len(rows)
    if is_configured():
        places = _found(importer, rows)
    return Batch(importer, table, run.at, places)


def _found(importer: Importer, rows: Sequence[Row]) -> list[Found | None]:
    """Where the first of the rows are, as many as can be asked for in two seconds. Outside of any transaction."""
    present = importer.by_key(map(importer.key_of, rows))
    deadline, found = time.monotonic() + LONGEST_SEARCH_SECONDS, list[Found | None]()
    for row in rows:
        address = address_of(row, present.get(importer.key_of(row)))
        found.append(find(address) if address else None)
        if time.monotonic() > deadline:
            break
    return found


@domain_transaction
def _rehearsed(run: ImportRun, batch: Batch) -> list[Done]:
    done = _worked_on(run, batch)
    transaction.set_rollback(True)
    return done


@domain_transaction
def _carry_out(run: ImportRun, batch: Batch) -> None:
    """Rows and notes in one transaction: a row is never done twice."""
    held = _held(run)
    if held and held.at == batch.first:
        _note(held, batch, _worked_on(held, batch))


@domain_transaction
def _keep(run: ImportRun, batch: Batch, done: list[Done]) -> None:
    held = _held(run)
    if held and held.at == batch.first:
        _note(held, batch, done)


def _held(run: ImportRun) -> ImportRun | None:
    """The run as it is now, locked; None when somebody has stopped it in the meantime."""
    held = ImportRun.objects.select_for_update(of=("self",)).light().select_related("created_by")
    return held.filter(pk=run.pk, state=run.state).first()


def _worked_on(run: ImportRun, batch: Batch) -> list[Done]:
    """What became of the rows, or of as many as time allows."""
    importer, deadline, done = batch.importer, time.monotonic() + BATCH_SECONDS, list[Done]()
    present = importer.by_key(map(importer.key_of, batch.rows), lock=True)
    for number, (row, found) in enumerate(zip(batch.rows, batch.places, strict=True), start=batch.first):
        record = present.get(importer.key_of(row))
        twice = _twice(run, importer, row, number)
        done.append(twice or work_on(importer, row, present=record, found=found, actor=run.created_by))
        if time.monotonic() > deadline:
            break
    return _doubted(importer, done)


def _doubted(importer: Importer, done: list[Done]) -> list[Done]:
    """The same, with a word about new records that are probably there already."""
    made = [one.key for one in done if one.outcome == ImportedRow.Outcome.CREATED]
    doubts = importer.doubts(made) if made else {}
    return [
        one._replace(remarks=f"{one.remarks} {doubts[one.key]}".strip()) if one.key in doubts else one for one in done
    ]


def _note(run: ImportRun, batch: Batch, done: Sequence[Done]) -> None:
    rows = zip(batch.rows, batch.table.lines[batch.first :], done, strict=False)
    ImportedRow.objects.bulk_create(
        ImportedRow(
            run=run,
            number=line,
            label=visible(batch.importer.label(row)[:200]),
            key=one.key,
            outcome=one.outcome,
            errors=one.errors,
            remarks=one.remarks,
        )
        for row, line, one in rows
    )
    run.note([one.outcome for one in done], timezone.now())
    counts = ["at", "created", "updated", "unchanged", "refused"]
    run.save(update_fields=[*counts, "state", "began_at", "touched_at", "finished_at"])


def _twice(run: ImportRun, importer: Importer, row: Row, number: int) -> Done | None:
    """The refusal of a row whose key stands above already."""
    wanted = importer.key_of(row)
    first = _first_rows(run.pk).get(wanted, number)
    if not wanted or first == number:
        return None
    line, name = table_of(run.pk).lines[first], importer.columns.key
    return Done(
        ImportedRow.Outcome.REFUSED, {name: [f"Line {line} of this file has the same {name.replace('_', ' ')}."]}
    )


@lru_cache(maxsize=4)
def table_of(run_id: UUID) -> Table:
    """The file of a run, its columns under the product's names. Raises InvalidInput when an old one cannot be read."""
    run = ImportRun.objects.get(pk=run_id)
    table = unpacked_table(run.table) if run.table else read_old(run)
    names = IMPORTERS[run.kind].check_headings(table.headings)
    renamed = dict(zip(table.headings, names, strict=True))
    rows = [{renamed.get(name, name): cell for name, cell in row.items()} for row in table.rows]
    return Table(table.titles, names, rows, table.lines)


def read_old(run: ImportRun) -> Table:
    """Read a file that an older version has kept as it was, and keep the table instead.

    Raises InvalidInput when it cannot be read: then nothing of it is kept.
    """
    try:
        table = isolated_reader.read_apart(run.name, bytes(run.content))
    except InvalidInput as refusal:
        run.give_up(refusal.detail)
        ImportRun.objects.filter(pk=run.pk).update(content=b"", problem=run.problem)
        raise
    ImportRun.objects.filter(pk=run.pk).update(content=b"", table=packed_table(table))
    return table


def read_old_files() -> None:
    """Those of older versions, until there are none; does nothing while another thread is at it."""
    if not _old_files.acquire(blocking=False):
        return
    try:
        _read_old_files()
    finally:
        _old_files.release()


def _read_old_files() -> None:
    for run in ImportRun.objects.unread().order_by("pk").iterator(chunk_size=1):
        try:
            read_old(run)
        except InvalidInput:
            logger.warning("old_import_unreadable", run=str(run.pk))


@lru_cache(maxsize=4)
def _first_rows(run_id: UUID) -> dict[str, int]:
    """Each key, and the first row that has it."""
    importer = IMPORTERS[ImportRun.objects.values_list("kind", flat=True).get(pk=run_id)]
    found: dict[str, int] = {}
    for index, row in enumerate(table_of(run_id).rows):
        found.setdefault(importer.key_of(row), index)
    return found

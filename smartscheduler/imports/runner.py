"""Background processing of files: in turns, in batches, and resumable after a crash.

Each turn runs in a child process for a few seconds (`work_apart`), so that a file that needs too much time or memory
only kills that process. A lease keeps other workers away from the file; it expires when the worker is killed.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext

from smartscheduler.core import child_process
from smartscheduler.core.db.inserts import NotInserted
from smartscheduler.core.db.transactions import domain_transaction, sharing_transaction
from smartscheduler.core.text import visible
from smartscheduler.errors import Busy, InvalidInput
from smartscheduler.events.outbox import one_notification
from smartscheduler.events.publishing import without_messages
from smartscheduler.geocoding.addresses import GeocodingResult
from smartscheduler.geocoding.lookup import find, is_configured
from smartscheduler.imports.assembly import with_defaults
from smartscheduler.imports.file_reader import Row, Table
from smartscheduler.imports.importers import IMPORTERS, Importer
from smartscheduler.imports.models import ImportedRow, ImportRun, ImportRunQuerySet
from smartscheduler.imports.row_importer import Done, work_on
from smartscheduler.imports.tables import first_rows, groups_of_rows, options_of, read_old, table_of
from smartscheduler.rules.current import kept_rules

logger = structlog.get_logger(__name__)
# How long a worker processes files in total, and one file before the next.
LONGEST_WORK_SECONDS, TURN_SECONDS = 20.0, 8.0
# While no other file waits, a turn goes on for this share of FILE_PROCESS_SECONDS: a new process starts for seconds.
# It is a share of CPU seconds. On a busy machine, the clock may show this many times as many, within the time that a
# worker gets to end.
LONGEST_TURN, CLOCK_FACTOR = 0.6, 2.0
# Renewed every five seconds while a worker processes the file.
LEASE = timedelta(seconds=30)
# Limit for each worker, so that its other threads can still answer health checks.
_turns = threading.BoundedSemaphore(2)
# One thread at a time reads files of older versions; the others process newer files.
_old_files = threading.Lock()
# Turns that were counted but lost because the database was unavailable.
_unused_tries: deque[ImportRun] = deque()
Watch = Callable[[], object]
DATABASE_AWAY, OUT_OF_REACH = b"database away", (OperationalError, InterfaceError)
# A file with this many consecutive failures is given up.
MOST_TRIES = 3
# A batch is one transaction: long enough to be efficient, short enough for requests that wait for its locks.
BATCH_ROWS, BATCH_SECONDS = 100, 0.4
# On a busy machine a batch has at least this many rows, because each batch has queries of its own, unless it takes
# longer than this. Requests wait LOCK_TIMEOUT_SECONDS for its locks.
FEWEST_ROWS, LONGEST_BATCH_SECONDS = 10, 1.0
# A check rolls back each batch, so it repeats up to this many earlier rows on which a row depends.
MOST_REPEATED = 20
LONGEST_SEARCH_SECONDS = 2.0


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Batch:
    """The next rows of a file, with their geocoding results."""

    importer: Importer
    table: Table
    first: int
    places: Sequence[GeocodingResult | None]

    @cached_property
    def rows(self) -> Sequence[Row]:
        return self.table.rows[self.first : self.first + len(self.places)]


class TurnLost(Exception):
    """The lease expired, and another worker has taken the file."""


def work_on_files() -> None:
    """Process unfinished files in turns for LONGEST_WORK_SECONDS. Safe to run in several workers."""
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
        work_in_turn(run)


def work_in_turn(run: ImportRun, watch: Watch = _nothing) -> None:
    """Run one turn of a file that was taken, and release its lease. `watch` is called every few seconds."""
    try:
        work_apart(run, watch)
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
    except BaseException:  # the worker is shutting down; release the lease at once
        _turn_of(run).update(leased_until=None)
        raise


def work_apart(run: ImportRun, watch: Watch = _nothing) -> None:
    """Run one turn of a file in a child process.

    Raises ChildFailed, TurnLost, or OperationalError if the database was unavailable.
    """

    def beat() -> None:
        _renew(run)
        watch()

    answer = child_process.call(
        "smartscheduler.imports.child_run:work_for_parent",
        str(run.pk).encode(),
        seconds=settings.FILE_PROCESS_SECONDS,
        megabytes=settings.FILE_PROCESS_MEMORY_MB,
        beat=beat,
    )
    if answer == DATABASE_AWAY:
        raise OperationalError("The import lost its connection to the database.")


def _renew(run: ImportRun) -> None:
    if not _turn_of(run).update(leased_until=timezone.now() + LEASE):
        raise TurnLost


def _turn_of(run: ImportRun) -> ImportRunQuerySet:
    """The row of the file, only while this turn is the latest, that is, no other worker has taken the file."""
    return ImportRun.objects.filter(pk=run.pk, turn_at=run.turn_at)


def _give_back_tries() -> None:
    """Uncount the turns that were lost because the database was unavailable."""
    while _unused_tries:
        run = _unused_tries.popleft()
        try:
            _turn_of(run).update(leased_until=None, tries=Greatest(F("tries") - 1, 0))
        except OUT_OF_REACH:
            _unused_tries.append(run)
            raise


def _free() -> ImportRunQuerySet:
    """The unfinished files that no worker has."""
    return ImportRun.objects.at_work().filter(Q(leased_until=None) | Q(leased_until__lt=timezone.now()))


def take(run_id: UUID) -> ImportRun | None:
    """Take a file for the next turn. None if another worker has it, or if there is nothing to do."""
    return _taken(pk=run_id)


@transaction.atomic
def _taken(**only: UUID) -> ImportRun | None:
    """Take the file that has waited longest and has no lease. Gives up files at which workers died repeatedly.

    The turn is counted before the work, because a killed worker cannot count it afterward.
    """
    now = timezone.now()
    free = _free().filter(**only).light().select_for_update(skip_locked=True)
    turn = free.order_by(F("turn_at").asc(nulls_first=True), "created_at")
    while run := turn.first():
        if run.tries < MOST_TRIES:
            run.tries, run.turn_at = run.tries + 1, now
            run.leased_until = now + LEASE
            run.save(update_fields=["tries", "turn_at", "leased_until"])
            return run
        _give_up(run, gettext("its workers were killed"))
    return None


@transaction.atomic
def _failed(run: ImportRun, failure: child_process.ChildFailed) -> None:
    held = _turn_of(run).light().select_for_update().first()
    if held is None:
        return
    why = _reason(failure)
    logger.warning("import_failed", run=str(run.pk), tries=held.tries, why=why)
    held.leased_until = None
    held.save(update_fields=["leased_until"])
    if held.tries >= MOST_TRIES and held.is_at_work:
        _give_up(held, why)


def _reason(failure: child_process.ChildFailed) -> str:
    match failure:
        case child_process.TimeLimitExceeded():
            text = gettext("it takes more than {seconds} seconds")
            return text.format(seconds=settings.FILE_PROCESS_SECONDS)
        case child_process.MemoryLimitExceeded():
            text = gettext("it takes more than {megabytes} MB of memory")
            return text.format(megabytes=settings.FILE_PROCESS_MEMORY_MB)
        case _:
            return gettext("its process failed (see the log of the worker)")


def _give_up(run: ImportRun, why: str) -> None:
    if run.at:
        text = gettext(
            "Given up after row {row} and {tries} attempts: {reason}. Correct the following rows, or split the file."
        )
    else:
        text = gettext("Given up after {tries} attempts: {reason}. Correct the following rows, or split the file.")
    run.give_up(text.format(row=f"{run.at:,}", tries=run.tries, reason=why))
    run.leased_until = None
    run.save(update_fields=["state", "problem", "leased_until"])


def work_on_file(run_id: UUID) -> None:
    """Run one turn of a file in the current process. It is longer while no other file waits."""
    clock, cpu = time.monotonic(), time.process_time()
    longest = max(TURN_SECONDS, LONGEST_TURN * settings.FILE_PROCESS_SECONDS)
    at_work, rows = ImportRun.objects.at_work().light().select_related("created_by").filter(pk=run_id), BATCH_ROWS
    while run := at_work.first():
        try:
            done = work_on_batch(run, rows)
        except Busy:
            return  # another transaction locks a record of the batch; the task retries in two seconds
        rows = min(BATCH_ROWS, max(FEWEST_ROWS, 2 * done))  # rows beyond these are looked up and locked in vain
        spent = time.monotonic() - clock
        if spent > CLOCK_FACTOR * longest or time.process_time() - cpu > longest:
            return
        if spent > TURN_SECONDS and _free().exclude(pk=run_id).exists():
            return


def work_on_batch(run: ImportRun, most: int | None = None) -> int:
    """Process the next rows, at most `most`, and store their results. Returns how many were processed.

    A check rolls back the rows and keeps the results.
    """
    batch = _next(run, BATCH_ROWS if most is None else most)
    if run.state != ImportRun.State.CHECKING:
        return _carry_out(run, batch)
    done = _rehearsed(run, batch)
    _keep(run, batch, done)
    return len(done)


def _next(run: ImportRun, most: int) -> Batch:
    importer, table = IMPORTERS[run.kind], table_of(run)
    rows = table.rows[run.at : run.at + most]
    places: Sequence[GeocodingResult | None] = [None] * len(rows)
    if is_configured():
        places = _geocoded(importer, rows)
    return Batch(importer, table, run.at, places)


def _geocoded(importer: Importer, rows: Sequence[Row]) -> list[GeocodingResult | None]:
    """Geocode the first rows, as many as possible in LONGEST_SEARCH_SECONDS. Must run outside a transaction."""
    present = importer.by_key(rows)
    deadline, results = time.monotonic() + LONGEST_SEARCH_SECONDS, list[GeocodingResult | None]()
    for row in rows:
        address = importer.address(row, importer.present(row, present))
        results.append(find(address) if address else None)
        if time.monotonic() > deadline:
            break
    return results


@domain_transaction
def _rehearsed(run: ImportRun, batch: Batch) -> list[Done]:
    done = _worked_on(run, batch)
    transaction.set_rollback(True)
    return done


@domain_transaction
def _carry_out(run: ImportRun, batch: Batch) -> int:
    """Write rows and results in one transaction, so that no row is imported twice. Returns the number of rows."""
    held = _held(run)
    if not held or held.at != batch.first:
        return 0
    done = _worked_on(held, batch)
    _note(held, batch, done)
    return len(done)


@domain_transaction
def _keep(run: ImportRun, batch: Batch, done: list[Done]) -> None:
    held = _held(run)
    if held and held.at == batch.first:
        _note(held, batch, done)


def _held(run: ImportRun) -> ImportRun | None:
    """The current run with a lock; None if it was stopped, or its columns were matched again, in the meantime."""
    held = ImportRun.objects.select_for_update(of=("self",)).light().select_related("created_by")
    present = held.filter(pk=run.pk, state=run.state).first()
    return present if present and present.match_version == run.match_version else None


def _worked_on(run: ImportRun, batch: Batch) -> list[Done]:
    """Results of the rows, or of as many as the time of a batch allows."""
    options = options_of(run)
    with one_notification(), kept_rules(), nullcontext() if options.get("messages") else without_messages():
        try:
            with transaction.atomic(), sharing_transaction(run.created_by):
                return _rows_worked_on(run, batch, options)
        except NotInserted:  # for example, another transaction has just added one of the records
            return _rows_worked_on(run, batch, options, one_by_one=True)


def _rows_worked_on(run: ImportRun, batch: Batch, options: dict[str, Any], *, one_by_one: bool = False) -> list[Done]:
    importer, began, done = batch.importer, time.monotonic(), list[Done]()
    earlier = _earlier_rows(run, batch) if run.state == ImportRun.State.CHECKING else {}
    repeated = {index: batch.table.rows[index] for indexes in earlier.values() for index in indexes}
    rows = batch.rows
    context = importer.context([*rows, *repeated.values()], options, run.created_at)
    if one_by_one:
        context.looked_up = frozenset()  # the services look again

    def worked_on(row: Row, geocoded: GeocodingResult | None = None) -> Done:
        present = importer.present(row, context.records)
        whole = row if present else with_defaults(row, options)
        return work_on(importer, whole, present=present, geocoded=geocoded, actor=run.created_by, context=context)

    with importer.looking_up([*rows, *repeated.values()]):
        for number, (row, geocoded) in enumerate(zip(rows, batch.places, strict=True), start=batch.first):
            for index in earlier.get(number, []):
                if again := repeated.pop(index, None):
                    worked_on(again)
            done.append(_twice(run, importer, row, number) or worked_on(row, geocoded))
            if is_long_enough(len(done), time.monotonic() - began):
                break
    return _with_duplicates(importer, done)


def is_long_enough(rows: int, seconds: float) -> bool:
    """Whether a batch of so many rows, which has held its locks for so many seconds, should end."""
    return seconds > BATCH_SECONDS and (rows >= FEWEST_ROWS or seconds > LONGEST_BATCH_SECONDS)


def _earlier_rows(run: ImportRun, batch: Batch) -> dict[int, list[int]]:
    """For rows of a batch, by index, the rows of earlier batches on which they depend."""
    groups = groups_of_rows(run)
    earlier: dict[int, list[int]] = {}
    for number, row in enumerate(batch.rows, start=batch.first):
        if group := batch.importer.group_of(row, options_of(run)):
            indexes = [index for index in groups.get(group, [])[:MOST_REPEATED] if index < batch.first]
            earlier |= {number: indexes} if indexes else {}
    return earlier


def _with_duplicates(importer: Importer, done: list[Done]) -> list[Done]:
    """Add remarks to created records that are likely duplicates."""
    created = [result.key for result in done if result.outcome == ImportedRow.Outcome.CREATED]
    doubts = importer.doubts(created) if created else {}
    return [
        result._replace(remarks=f"{result.remarks} {doubts[result.key]}".strip()) if result.key in doubts else result
        for result in done
    ]


def _note(run: ImportRun, batch: Batch, done: Sequence[Done]) -> None:
    rows = zip(batch.rows, batch.table.lines[batch.first :], done, strict=False)
    ImportedRow.objects.bulk_create(
        ImportedRow(
            run=run,
            number=line,
            label=visible(batch.importer.label(row)[:200]),
            key=result.key,
            outcome=result.outcome,
            errors=result.errors,
            remarks=result.remarks,
        )
        for row, line, result in rows
    )
    run.note([result.outcome for result in done], timezone.now())
    counts = ["at", "created", "updated", "unchanged", "refused"]
    run.save(update_fields=[*counts, "state", "began_at", "touched_at", "finished_at"])


def _twice(run: ImportRun, importer: Importer, row: Row, number: int) -> Done | None:
    """The rejection of a row whose key occurs in an earlier row of the file."""
    for key in [] if importer.repeats else importer.keys_of(row):
        first = first_rows(run)[key]
        if first != number:
            line, (name, _value) = table_of(run).lines[first], key
            text = gettext("Line {line} of this file has the same {column}.")
            return Done(ImportedRow.Outcome.REFUSED, {name: [text.format(line=line, column=name.replace("_", " "))]})
    return None


def read_old_files() -> None:
    """Read all files of older versions. Does nothing while another thread reads them."""
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

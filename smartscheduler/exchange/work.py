"""Going through files in the background: a batch at a time, and from where it stopped when a worker dies."""

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from smartscheduler.errors import Busy
from smartscheduler.exchange.bodies import address_of
from smartscheduler.exchange.kinds import KINDS, Kind
from smartscheduler.exchange.models import ImportedRow, ImportRun
from smartscheduler.exchange.rows import Done, work_on
from smartscheduler.exchange.tables import Row, Table, read_table
from smartscheduler.geocoding.addresses import Found
from smartscheduler.geocoding.finding import find, is_configured
from smartscheduler.leases.holding import Holder, lease
from smartscheduler.text import visible
from smartscheduler.transactions import domain_transaction

LEASE = "imports"
LONGEST_STRETCH_SECONDS = 20.0
# A batch is one transaction: long enough to be worth one, short enough for those who wait for its records.
BATCH_ROWS, BATCH_SECONDS = 100, 0.4
LONGEST_SEARCH_SECONDS = 2.0


class Batch(NamedTuple):
    """The next rows of a file, and where the geocoder has found those that it was asked for."""

    kind: Kind
    table: Table
    first: int
    places: Sequence[Found | None]

    @property
    def rows(self) -> list[Row]:
        return self.table.rows[self.first : self.first + len(self.places)]


def work_on_files() -> None:
    """Go on with the files that are not finished, in turn; one worker does, for some twenty seconds."""
    with lease(LEASE) as holder:
        if holder:
            _work_until(time.monotonic() + LONGEST_STRETCH_SECONDS, holder)


def _work_until(deadline: float, holder: Holder) -> None:
    """The file that has waited longest comes next, so that a small one need not wait for a large one."""
    at_work = ImportRun.objects.filter(state__in=ImportRun.AT_WORK).defer("content").select_related("created_by")
    turn = at_work.order_by(F("touched_at").asc(nulls_first=True), "created_at")
    while time.monotonic() < deadline and holder.renew() and (run := turn.first()):
        try:
            work_on_batch(run)
        except Busy:
            return  # somebody holds a record of the batch; it is tried again in two seconds


def work_on_batch(run: ImportRun) -> None:
    """The next rows and the notes of them; a check undoes the rows and keeps the notes."""
    batch = _next(run)
    if run.state == ImportRun.State.CHECKING:
        _keep(run, batch, _rehearsed(run, batch))
    else:
        _carry_out(run, batch)


def _next(run: ImportRun) -> Batch:
    kind, table = KINDS[run.kind], table_of(run.pk)
    rows = table.rows[run.at : run.at + BATCH_ROWS]
    places: Sequence[Found | None] = [None] * len(rows)
    if is_configured():
        places = _found(kind, rows)
    return Batch(kind, table, run.at, places)


def _found(kind: Kind, rows: Sequence[Row]) -> list[Found | None]:
    """Where the first of the rows are, as many as can be asked for in two seconds. Outside of any transaction."""
    present = kind.by_key(map(kind.key_of, rows))
    deadline, found = time.monotonic() + LONGEST_SEARCH_SECONDS, list[Found | None]()
    for row in rows:
        address = address_of(row, present.get(kind.key_of(row)))
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
    held = ImportRun.objects.select_for_update(of=("self",)).defer("content").select_related("created_by")
    return held.filter(pk=run.pk, state=run.state).first()


def _worked_on(run: ImportRun, batch: Batch) -> list[Done]:
    """What became of the rows, or of as many as time allows."""
    kind, deadline, done = batch.kind, time.monotonic() + BATCH_SECONDS, list[Done]()
    present = kind.by_key(map(kind.key_of, batch.rows), lock=True)
    for number, (row, found) in enumerate(zip(batch.rows, batch.places, strict=True), start=batch.first):
        record = present.get(kind.key_of(row))
        twice = _twice(run, kind, row, number)
        done.append(twice or work_on(kind, row, present=record, found=found, actor=run.created_by))
        if time.monotonic() > deadline:
            break
    return _doubted(kind, done)


def _doubted(kind: Kind, done: list[Done]) -> list[Done]:
    """The same, with a word about new records that are probably there already."""
    made = [one.key for one in done if one.outcome == ImportedRow.Outcome.CREATED]
    doubts = kind.doubts(made) if made else {}
    return [
        one._replace(remarks=f"{one.remarks} {doubts[one.key]}".strip()) if one.key in doubts else one for one in done
    ]


def _note(run: ImportRun, batch: Batch, done: Sequence[Done]) -> None:
    rows = zip(batch.rows, batch.table.lines[batch.first :], done, strict=False)
    ImportedRow.objects.bulk_create(
        ImportedRow(
            run=run,
            number=line,
            label=visible(batch.kind.label(row)[:200]),
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


def _twice(run: ImportRun, kind: Kind, row: Row, number: int) -> Done | None:
    """The refusal of a row whose key stands above already."""
    wanted = kind.key_of(row)
    first = _first_rows(run.pk).get(wanted, number)
    if not wanted or first == number:
        return None
    line, name = table_of(run.pk).lines[first], kind.columns.key
    return Done(
        ImportedRow.Outcome.REFUSED, {name: [f"Line {line} of this file has the same {name.replace('_', ' ')}."]}
    )


@lru_cache(maxsize=4)
def table_of(run_id: UUID) -> Table:
    """The file of a run, its columns under the product's names."""
    run = ImportRun.objects.get(pk=run_id)
    table = read_table(run.name, bytes(run.content))
    names = KINDS[run.kind].check_headings(table.headings)
    renamed = dict(zip(table.headings, names, strict=True))
    rows = [{renamed.get(name, name): cell for name, cell in row.items()} for row in table.rows]
    return Table(table.titles, names, rows, table.lines)


@lru_cache(maxsize=4)
def _first_rows(run_id: UUID) -> dict[str, int]:
    """Each key, and the first row that has it."""
    kind = KINDS[ImportRun.objects.values_list("kind", flat=True).get(pk=run_id)]
    found: dict[str, int] = {}
    for index, row in enumerate(table_of(run_id).rows):
        found.setdefault(kind.key_of(row), index)
    return found

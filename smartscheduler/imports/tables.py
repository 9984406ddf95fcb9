"""Tables of stored files: the cells as uploaded, and the rows in the columns of the product."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple, overload
from uuid import UUID

from smartscheduler.core.entry.written_dates import date_order_of
from smartscheduler.errors import InvalidInput
from smartscheduler.imports import file_reader, isolated_reader
from smartscheduler.imports.assembly import DATES, standard_rows
from smartscheduler.imports.columns import results_in
from smartscheduler.imports.file_reader import Row, Table
from smartscheduler.imports.importers import IMPORTERS, Key
from smartscheduler.imports.mapping import match
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.readings import Line, Reading, packed_reading, unpacked_reading
from smartscheduler.imports.synonyms import normal
from smartscheduler.imports.targets import targets_of

ROWS_AT_ONCE = 500
LONGEST_TITLE = 60


class Layout(NamedTuple):
    """Where the cells of a file are: another encoding, sheet or line of headings gives other cells."""

    run_id: UUID
    encoding: str
    sheet: int
    heading_line: int


class Match(NamedTuple):
    """What the rows of a file depend on. `options` as JSON."""

    layout: Layout
    kind: str
    targets: tuple[str, ...]
    options: str


class SheetHead(NamedTuple):
    """A sheet of a file: its name, the number of its filled lines, and the first of them."""

    name: str
    size: int
    lines: list[Line]


def sheet_heads(run: ImportRun) -> list[SheetHead]:
    """The sheets of a file, with the lines that can have the headings."""
    return _lines_looked_at(run.pk, run.encoding)


def uploaded_table(run: ImportRun) -> Table:
    """The cells as uploaded, by heading. Raises InvalidInput if an old file cannot be read."""
    return _uploaded(_layout_of(run))


def table_of(run: ImportRun) -> Table:
    """The rows in the columns of the product; titles as uploaded. Raises InvalidInput if an old file cannot be read."""
    return _table(_match_of(run))


def first_rows(run: ImportRun) -> dict[Key, int]:
    """The index of the first row with each key."""
    return _first_rows(_match_of(run))


def groups_of_rows(run: ImportRun) -> dict[str, list[int]]:
    """The indexes of the rows of each group (Importer.group_of), in their order."""
    return _groups(_match_of(run))


def _layout_of(run: ImportRun) -> Layout:
    return Layout(run.pk, run.encoding, run.sheet, run.heading_line)


def _match_of(run: ImportRun) -> Match:
    return Match(_layout_of(run), run.kind, tuple(run.mapping), json.dumps(run.options or {}, sort_keys=True))


class StandardRows(Sequence[Row]):
    """The rows of a table in the columns of the product, made when they are read: a file can have many."""

    def __init__(self, key: Match, uploaded: Table) -> None:
        self._key, self._uploaded = key, uploaded
        self._importer, self._options = IMPORTERS[key.kind], json.loads(key.options)

    def __len__(self) -> int:
        return len(self._uploaded.rows)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            part = replace(self._uploaded, rows=self._uploaded.rows[at])
            rows = standard_rows(self._key.kind, part, self._key.targets, self._options)
            return [self._importer.prepared(row, self._options) for row in rows]
        return self[at : at + 1][0]

    def __iter__(self) -> Iterator[Row]:
        for start in range(0, len(self), ROWS_AT_ONCE):
            yield from self[start : start + ROWS_AT_ONCE]


@lru_cache(maxsize=2)
def _uploaded(layout: Layout) -> Table:
    run = ImportRun.objects.get(pk=layout.run_id)
    if not run.table:
        reading = read_old(run)
        layout = _layout_of(run)
    else:
        reading = unpacked_reading(run.table)
    with isolated_reader.translated_refusals():
        return file_reader.table_of(reading.sheets[layout.sheet], layout.heading_line)


@lru_cache(maxsize=2)
def _lines_looked_at(run_id: UUID, encoding: str) -> list[SheetHead]:
    reading = unpacked_reading(ImportRun.objects.values_list("table", flat=True).get(pk=run_id))
    return [
        SheetHead(sheet.name, len(sheet.lines), list(sheet.lines[: file_reader.MOST_LINES_LOOKED_AT]))
        for sheet in reading.sheets
    ]


@lru_cache(maxsize=4)
def _table(key: Match) -> Table:
    uploaded = _uploaded(key.layout)
    if not key.targets:  # files of older versions were stored without a match
        key = key._replace(targets=tuple(match(key.kind, uploaded).stored))
    return Table(uploaded.titles, list(key.targets), StandardRows(key, uploaded), uploaded.lines)


@lru_cache(maxsize=4)
def _first_rows(key: Match) -> dict[Key, int]:
    importer, first = IMPORTERS[key.kind], dict[Key, int]()
    for index, row in enumerate(_table(key).rows):
        for name in importer.keys_of(row):
            first.setdefault(name, index)
    return first


@lru_cache(maxsize=4)
def _groups(key: Match) -> dict[str, list[int]]:
    importer, table, options = IMPORTERS[key.kind], _table(key), json.loads(key.options)
    groups: dict[str, list[int]] = {}
    # The heading of a column that is left out is empty.
    for index, row in enumerate(table.rows if importer.grouped_by in {*table.headings} - {""} else ()):
        if group := importer.group_of(row, options):
            groups.setdefault(group, []).append(index)
    return groups


def read_old(run: ImportRun) -> Reading:
    """Read a file that an older version has stored unread, and store its cells instead.

    Raises InvalidInput if it cannot be read; then its content is deleted.
    """
    try:
        reading = isolated_reader.read_apart(run.name, bytes(run.content))
    except InvalidInput as refusal:
        run.give_up(refusal.detail)
        ImportRun.objects.filter(pk=run.pk).update(content=b"", problem=run.problem)
        raise
    run.sheet, run.heading_line = file_reader.likely_layout(reading)
    run.content, run.table, run.encoding = b"", packed_reading(reading), reading.encoding
    run.save(update_fields=["content", "table", "encoding", "sheet", "heading_line"])
    return reading


def left_out(table: Table, targets: Sequence[str]) -> list[str]:
    """The headings of the columns without a target, apart from those that a result file adds."""
    names = list(map(normal, table.titles))
    results = results_in(names)
    columns = zip(names, table.titles, targets, strict=True)
    return [title for name, title, target in columns if not target and name not in results]


def titles_by_column(run: ImportRun) -> dict[str, str]:
    """The headings of the user by the columns of the product to which they were matched; none for older files."""
    if not run.mapping:
        return {}
    known, titles = targets_of(run.kind), dict[str, list[str]]()
    for title, target in zip(uploaded_table(run).titles, table_of(run).headings, strict=True):
        for column in known.columns_of(target) if target else ():
            titles.setdefault(column, []).append(title[:LONGEST_TITLE])
    # A booking without a start of its own starts at the desired date.
    if "desired_date" in titles:
        titles.setdefault("start", titles["desired_date"])
    return {column: ", ".join(names) for column, names in titles.items()}


def told_date_order(table: Table, targets: Sequence[str]) -> str:
    """The order of day and month in the dates of a file, told from all of them: mdy or dmy."""
    names = [name for name, target in zip(table.headings, targets, strict=True) if target in DATES]
    return date_order_of(row[name] for row in table.rows for name in names) if names else "mdy"


def options_of(run: ImportRun) -> dict[str, Any]:
    """The choices of the user for this file."""
    return dict(run.options or {})

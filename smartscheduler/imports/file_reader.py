"""Reader of CSV and XLSX files as rows of text, tolerant of spreadsheet dialects and within limits."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from smartscheduler.core.file_writer import readable
from smartscheduler.imports.unreadable import UnreadableFile
from smartscheduler.imports.workbooks import OLD_WORKBOOK, PACKED, sheet_lines

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 10 * 1024 * 1024, 10_000, 60
# Empty lines and cells do not count as rows and columns, but reading them takes time.
MOST_CELLS = 4_000_000
MOST_CHARACTERS_OF_A_CELL, MOST_CHARACTERS = 10_000, 10_000_000
SURPLUS, SURPLUS_SHOWN = "", 200
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# Separators of cells and rows in a stored table. They do not occur in text.
CELL_END, ROW_END = "\x1f", "\x1e"
SEPARATORS = re.compile("[\x00\x1e\x1f]")
Row = dict[str, str]


@dataclass(frozen=True)
class Table:
    """Content of a file: original `titles`, normalized `headings`, `rows`, and the spreadsheet line of each row.

    Cells beyond the last heading are in the row under the key `SURPLUS`.
    """

    titles: list[str]
    headings: list[str]
    rows: list[Row]
    lines: list[int]


def read_table(name: str, content: bytes) -> Table:
    """Read the table of a file. Raises UnreadableFile."""
    if len(content) > MOST_BYTES:
        raise UnreadableFile(gettext_noop("The file is larger than 10 MB. Split it."))
    lines = sheet_lines(content) if name.lower().endswith(".xlsx") else _csv(content)
    filled = _within_limits(lines)
    _, titles = next(filled, (0, []))
    if not titles:
        raise UnreadableFile(gettext_noop("The file is empty."))
    headings = [heading(title) for title in titles]
    _check_headings(headings)
    numbers, rows = list[int](), list[Row]()
    for number, line in filled:
        if len(rows) == MOST_ROWS:
            raise UnreadableFile(gettext_noop("The file has more than {most} rows. Split it."), most=f"{MOST_ROWS:,}")
        numbers.append(number)
        rows.append(_row(headings, line))
    if not rows:
        raise UnreadableFile(gettext_noop("The file has no rows below the headings."))
    return Table(titles, headings, rows, numbers)


def _within_limits(lines: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The lines with content, with trimmed cells and without trailing empty cells. Raises UnreadableFile at a limit."""
    cells = characters = 0
    for number, raw in lines:
        cells += len(raw)
        if cells > MOST_CELLS:
            raise UnreadableFile(
                gettext_noop("The file has more than {most} cells, including empty cells. Delete empty columns."),
                most=f"{MOST_CELLS:,}",
            )
        last = next((at for at in range(len(raw), 0, -1) if raw[at - 1]), 0)
        line = [_checked(cell, number) for cell in raw[:last]]
        while line and not line[-1]:
            line.pop()
        characters += sum(map(len, line))
        if characters > MOST_CHARACTERS:
            raise UnreadableFile(
                gettext_noop("The file has more than {most} characters. Split it."), most=f"{MOST_CHARACTERS:,}"
            )
        if line:
            yield number, line


def _checked(cell: str, number: int) -> str:
    if len(cell) > MOST_CHARACTERS_OF_A_CELL:
        raise UnreadableFile(
            gettext_noop("Line {number} has a cell with more than {most} characters. Shorten it."),
            number=number,
            most=f"{MOST_CHARACTERS_OF_A_CELL:,}",
        )
    if SEPARATORS.search(cell):
        raise UnreadableFile(
            gettext_noop("Line {number} has a cell with invalid control characters. Delete them."), number=number
        )
    return readable(cell)


def heading(title: str) -> str:
    """Normalize a heading: `ZIP code *` becomes `zip_code`."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def _row(headings: Sequence[str], line: list[str]) -> Row:
    row = dict(zip(headings, [*line, *[""] * len(headings)], strict=False))
    surplus = [cell for cell in line[len(headings) :] if cell]
    return row | {SURPLUS: ", ".join(surplus)[:SURPLUS_SHOWN]} if surplus else row


def _check_headings(headings: Sequence[str]) -> None:
    if not all(headings):
        raise UnreadableFile(gettext_noop("The first line must name every column."))
    if len(headings) > MOST_COLUMNS:
        raise UnreadableFile(
            gettext_noop("The file has {count} columns. The limit is {most}."), count=len(headings), most=MOST_COLUMNS
        )
    twice = sorted({name[:60] for name in headings if headings.count(name) > 1})
    if twice:
        raise UnreadableFile(gettext_noop("These columns appear twice: {names}."), names=", ".join(twice))


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The lines of a CSV file with their numbers. Raises UnreadableFile."""
    text, skipped = _decoded(content), 0
    if named := re.match(r"sep=(.)\r?\n", text):  # Excel's declaration of the separator
        text, skipped = text[named.end() :], 1
    delimiter = named[1] if named else _delimiter(text)
    try:
        for number, line in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)):
            yield number + skipped + 1, line
    except csv.Error as error:
        raise UnreadableFile(gettext_noop("The file cannot be read as CSV: {error}."), error=str(error)) from error


def _decoded(content: bytes) -> str:
    if content.startswith((PACKED, OLD_WORKBOOK)):
        raise UnreadableFile(gettext_noop("The file is an Excel workbook with the extension .csv. Rename it to .xlsx."))
    try:
        text = content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile(
            gettext_noop(
                "The file is not encoded in UTF-8, but possibly in Windows-1252. "
                "Save it as “CSV UTF-8 (Comma delimited)” or as XLSX."
            )
        ) from None
    if "\x00" in text:
        raise UnreadableFile(
            gettext_noop("The file is not a CSV file in UTF-8. Save it as “CSV UTF-8 (Comma delimited)” or as XLSX.")
        )
    return text


def _delimiter(text: str) -> str:
    """The most frequent separator in the line of headings, outside quotes."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().split("\n", 1)[0])
    return max(",;\t", key=first.count)


def packed_table(table: Table) -> str:
    """Store a table as one text, so that SQL can search it for personal data. `unpacked_table` is the inverse."""
    width = len(table.headings)
    lines = [
        CELL_END.join([str(number), *list(row.values())[: width + 1]])
        for number, row in zip(table.lines, table.rows, strict=True)
    ]
    return ROW_END.join([CELL_END.join(table.titles), *lines])


def unpacked_table(text: str) -> Table:
    """Inverse of `packed_table`."""
    first, *lines = (line.split(CELL_END) for line in text.split(ROW_END))
    headings = [heading(title) for title in first]
    numbers = [int(line[0]) for line in lines]
    return Table(first, headings, [_row(headings, line[1:]) for line in lines], numbers)


def read_for_parent(payload: bytes) -> bytes:
    """Entry point of the child process of `isolated_reader`.

    Input: file name, zero byte, content. Output: JSON with the packed `table`, or with the untranslated `refusal` and
    its `values`.
    """
    name, _separator, content = payload.partition(b"\0")
    try:
        result: dict[str, Any] = {"table": packed_table(read_table(name.decode(), content))}
    except UnreadableFile as refusal:
        result = {"refusal": refusal.message, "values": refusal.values}
    return json.dumps(result).encode()

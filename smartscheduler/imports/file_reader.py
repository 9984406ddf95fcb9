"""Reader of CSV and XLSX files as sheets of text, tolerant of spreadsheet dialects and within limits."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import ceil
from typing import Any, overload

from django.utils.translation import gettext_noop
from openpyxl.utils import get_column_letter

from smartscheduler.core.file_writer import readable
from smartscheduler.imports.csv_reader import csv_lines
from smartscheduler.imports.readings import SEPARATORS, Line, Lines, Reading, Sheet, packed_line, packed_reading
from smartscheduler.imports.text_encodings import SINGLE_BYTE, decoded_as, encoding_of
from smartscheduler.imports.unreadable import UnreadableFile
from smartscheduler.imports.workbooks import OLD_WORKBOOK, PACKED, workbook_of

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 10 * 1024 * 1024, 50_000, 500
# Empty lines and cells do not count as rows and columns, but reading them takes time.
MOST_CELLS = 8_000_000
MOST_CHARACTERS_OF_A_CELL, MOST_CHARACTERS = 10_000, 10_000_000
# The headings stand in one of so many filled lines, below titles.
MOST_LINES_LOOKED_AT = 30
SURPLUS, SURPLUS_SHOWN, BROKEN = "", 200, "\x00"
# A byte that is a blank in one encoding of one byte is a letter in another.
ASCII_BLANKS = " \t\r\n\v\f"
# A heading is short, has a letter, and no email address or number of four digits or more.
LONGEST_HEADING, MOST_DIGITS_OF_A_HEADING = 80, 3
# Cells beyond the headings of a CSV file are a column without a name if so many rows have them, else errors.
LEAST_ROWS_OF_A_COLUMN, LEAST_SHARE_OF_A_COLUMN = 2, 0.25
Row = dict[str, str]


class Rows(Sequence[Row]):
    """The lines of a sheet as rows by heading, made when they are read."""

    def __init__(self, headings: Sequence[str], lines: Lines) -> None:
        self._headings, self._lines = headings, lines

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [_row(self._headings, line) for line in self._lines[at]]
        return _row(self._headings, self._lines[at])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(len(self))


@dataclass(frozen=True)
class Table:
    """Rows of a sheet: original `titles`, normalized `headings`, `rows`, and the spreadsheet line of each row.

    Headings are unique. A row has the cells beyond the last heading under the key `SURPLUS`, and the number of its
    line under the key `BROKEN` if its quotation marks do not match.
    """

    titles: list[str]
    headings: list[str]
    rows: Sequence[Row]
    lines: list[int]


def read_table(name: str, content: bytes) -> Table:
    """Read the likely table of a file. Raises UnreadableFile."""
    return likely_table(read_file(name, content))


def likely_table(reading: Reading) -> Table:
    """The table of the likely sheet below the likely headings. Raises UnreadableFile."""
    at, heading_line = likely_layout(reading)
    return table_of(reading.sheets[at], heading_line)


def likely_layout(reading: Reading) -> tuple[int, int]:
    """The index of the likely sheet, and the number of its likely line of headings."""
    sheet = likely_sheet(reading)
    return reading.sheets.index(sheet), heading_line_of(sheet)


def read_file(_name: str, content: bytes, *, encoding: str | None = None) -> Reading:
    """Read all sheets of a file; its type is told by its content. Raises UnreadableFile.

    `encoding`: one of text_encodings.CODES for a CSV file; None to tell it.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(gettext_noop("The file is larger than 10 MB. Split it."))
    limits = _Limits()
    if content.startswith((PACKED, OLD_WORKBOOK)):
        book = workbook_of(content)
        sheets = [Sheet(tab.name, limits.lines_of(tab.lines), tab.is_hidden) for tab in book.tabs]
        reading = Reading("", sheets, book.date_system)
    else:
        encoding = encoding or encoding_of(content)
        blanks = ASCII_BLANKS if encoding in SINGLE_BYTE else None
        reading = Reading(encoding, [Sheet("", limits.lines_of(csv_lines(decoded_as(content, encoding)), blanks))])
    if not any(sheet.lines for sheet in reading.sheets):
        raise UnreadableFile(gettext_noop("The file is empty."))
    return reading


class _Limits:
    """Limits of all sheets of a file together."""

    def __init__(self) -> None:
        self.cells = self.characters = 0

    def lines_of(self, lines: Iterable[Line], blanks: str | None = None) -> Lines:
        """The filled lines, with trimmed cells and without trailing empty cells. Raises UnreadableFile at a limit."""
        packed = list[str]()
        for text in self._filled(lines, blanks):
            if len(packed) == MOST_ROWS + MOST_LINES_LOOKED_AT:
                raise _too_many_rows()
            packed.append(text)
        return Lines(packed)

    def _filled(self, lines: Iterable[Line], blanks: str | None) -> Iterator[str]:
        for line in lines:
            self.cells += len(line.cells)
            if self.cells > MOST_CELLS:
                raise UnreadableFile(
                    gettext_noop("The file has more than {most} cells, including empty cells. Delete empty columns."),
                    most=f"{MOST_CELLS:,}",
                )
            cells = [cell.strip(blanks) for cell in line.cells]
            while cells and not cells[-1]:
                cells.pop()
            if not cells:
                continue
            _check(cells, line.number)
            self.characters += sum(map(len, cells))
            if self.characters > MOST_CHARACTERS:
                raise UnreadableFile(
                    gettext_noop("The file has more than {most} characters. Split it."), most=f"{MOST_CHARACTERS:,}"
                )
            yield packed_line(line._replace(cells=cells))


def _too_many_rows() -> UnreadableFile:
    text = gettext_noop(
        "The file has more than {most} rows. Split it into files of at most {most} rows, each with the headings."
    )
    return UnreadableFile(text, most=f"{MOST_ROWS:,}")


def _check(cells: Sequence[str], number: int) -> None:
    if max(map(len, cells)) > MOST_CHARACTERS_OF_A_CELL:
        raise UnreadableFile(
            gettext_noop("Line {number} has a cell with more than {most} characters. Shorten it."),
            number=number,
            most=f"{MOST_CHARACTERS_OF_A_CELL:,}",
        )
    if SEPARATORS.search("".join(cells)):
        raise UnreadableFile(
            gettext_noop("Line {number} has a cell with invalid control characters. Delete them."), number=number
        )


def likely_sheet(reading: Reading) -> Sheet:
    """The sheet with the most cells below its headings; a hidden one only if the others have none."""
    return max(reading.sheets, key=_likelihood)


def _likelihood(sheet: Sheet) -> tuple[bool, bool, int]:
    cells = 0
    if sheet.lines:
        cells = sum(islice(sheet.lines.widths(), _index_of(sheet, heading_line_of(sheet)) + 1, None))
    return cells > 0, not sheet.is_hidden, cells


def heading_line_of(sheet: Sheet) -> int:
    """The number of the line that looks like headings: the first of several short texts, with rows below it.

    The first line if none does.
    """
    lines = list(islice(sheet.lines, MOST_LINES_LOOKED_AT))
    widest = max((len(line.cells) for line in lines), default=0)
    likely = (line for line in lines[: len(sheet.lines) - 1] if _is_heading(line, widest))
    return next(likely, lines[0] if lines else Line(1, [])).number


def _is_heading(line: Line, widest: int) -> bool:
    filled = [cell for cell in line.cells if cell]
    texts = [cell for cell in filled if _is_title(cell)]
    return not line.is_broken and len(filled) >= 2 and 3 * len(filled) > widest and 5 * len(texts) >= 4 * len(filled)


def _is_title(cell: str) -> bool:
    digits = sum(map(str.isdigit, cell[: LONGEST_HEADING + 1]))
    is_short = len(cell) <= LONGEST_HEADING and digits <= MOST_DIGITS_OF_A_HEADING
    return is_short and "@" not in cell and any(map(str.isalpha, cell))


def _index_of(sheet: Sheet, number: int) -> int:
    """The place of a line in its sheet. Raises UnreadableFile if the sheet has no such line."""
    for index, line in enumerate(sheet.lines.numbers()):
        if line == number:
            return index
    raise UnreadableFile(gettext_noop("The sheet has no line {number}, or it is empty."), number=number)


def table_of(sheet: Sheet, heading_line: int) -> Table:
    """The rows below the headings in a line. Raises UnreadableFile if there are none, or too many rows or columns."""
    at = _index_of(sheet, heading_line)
    lines = sheet.lines[at + 1 :]
    if not lines:
        raise UnreadableFile(gettext_noop("The file has no rows below the headings."))
    if len(lines) > MOST_ROWS:
        raise _too_many_rows()
    titles = [_typed(cell) for cell in sheet.lines[at].cells]
    while titles and not titles[-1]:
        titles.pop()
    titles += [""] * (_width(sheet, lines) - len(titles))
    if len(titles) > MOST_COLUMNS:
        raise UnreadableFile(
            gettext_noop("The file has {count} columns. The limit is {most}."), count=len(titles), most=MOST_COLUMNS
        )
    titles = [title or unnamed(index) for index, title in enumerate(titles)]
    headings = _unique(heading(title) or heading(unnamed(index)) for index, title in enumerate(titles))
    return Table(titles, headings, Rows(headings, lines), list(lines.numbers()))


def _width(sheet: Sheet, lines: Lines) -> int:
    """The number of columns that the rows fill. In a workbook nothing can shift a cell, so all of them count."""
    widths = sorted(lines.widths(), reverse=True)
    if sheet.name:
        return widths[0]
    least = max(LEAST_ROWS_OF_A_COLUMN, ceil(len(widths) * LEAST_SHARE_OF_A_COLUMN))
    return widths[least - 1] if len(widths) >= least else 0


def unnamed(index: int) -> str:
    """The title of a column without a heading, by its letter in the spreadsheet: `Column AB`."""
    return f"Column {get_column_letter(index + 1)}"


def heading(title: str) -> str:
    """Normalize a heading: `ZIP code *` becomes `zip_code`."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def _unique(headings: Iterable[str]) -> list[str]:
    """Number repeated headings: `address`, `address__2`."""
    counts, unique = dict[str, int](), list[str]()
    for name in headings:
        counts[name] = counts.get(name, 0) + 1
        unique.append(f"{name}__{counts[name]}" if counts[name] > 1 else name)
    return unique


def _typed(cell: str) -> str:
    """The text that a user typed. Other programs protect zeros as a formula: `="07601"`."""
    text = readable(cell)
    if text.startswith('="') and text.endswith('"') and len(text) > len('=""'):
        return text[2:-1].replace('""', '"').strip()
    return text


def _row(headings: Sequence[str], line: Line) -> Row:
    cells = [_typed(cell) for cell in line.cells]
    row = dict(zip(headings, [*cells, *[""] * len(headings)], strict=False))
    if surplus := [cell for cell in cells[len(headings) :] if cell]:
        row[SURPLUS] = ", ".join(surplus)[:SURPLUS_SHOWN]
    if line.is_broken:
        row[BROKEN] = str(line.number)
    return row


def read_for_parent(payload: bytes) -> bytes:
    """Entry point of the child process of `isolated_reader`.

    Input: file name, encoding or nothing, and content, separated by zero bytes. Output: JSON with the packed
    `reading`, or with the untranslated `refusal` and its `values`.
    """
    name, encoding, content = payload.split(b"\0", 2)
    try:
        reading = read_file(name.decode(), content, encoding=encoding.decode() or None)
        result: dict[str, Any] = {"reading": packed_reading(reading)}
    except UnreadableFile as refusal:
        result = {"refusal": refusal.message, "values": refusal.values}
    return json.dumps(result).encode()

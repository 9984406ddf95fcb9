"""CSV and XLSX read as rows of text: whatever spreadsheets make of them, within limits."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from smartscheduler.errors import InvalidInput
from smartscheduler.imports.file_writer import readable
from smartscheduler.imports.workbooks import OLD_WORKBOOK, PACKED, sheet_lines

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 10 * 1024 * 1024, 10_000, 60
# Empty lines and cells do not count as rows and columns, but reading them takes time as well.
MOST_CELLS = 4_000_000
MOST_CHARACTERS_OF_A_CELL, MOST_CHARACTERS = 10_000, 10_000_000
SURPLUS, SURPLUS_SHOWN = "", 200
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# No text has these; they stand between cells and rows of a stored table.
CELL_END, ROW_END = "\x1f", "\x1e"
SEPARATORS = re.compile("[\x00\x1e\x1f]")
Row = dict[str, str]


@dataclass(frozen=True)
class Table:
    """`titles` as the file has them, `headings` in the product's manner; each row with its line in a spreadsheet.

    What stands beyond the last heading is in the row under `SURPLUS`.
    """

    titles: list[str]
    headings: list[str]
    rows: list[Row]
    lines: list[int]


def read_table(name: str, content: bytes) -> Table:
    """The table of a file. Raises InvalidInput (field `file`) with what is wrong with it as a whole."""
    if len(content) > MOST_BYTES:
        raise _bad("The file is larger than 10 MB: split it.")
    lines = sheet_lines(content) if name.lower().endswith(".xlsx") else _csv(content)
    filled = _within_limits(lines)
    _, titles = next(filled, (0, []))
    if not titles:
        raise _bad("The file is empty.")
    headings = [heading(title) for title in titles]
    _check_headings(headings)
    numbers, rows = list[int](), list[Row]()
    for number, line in filled:
        if len(rows) == MOST_ROWS:
            raise _bad(f"The file has more than {MOST_ROWS:,} rows: split it.")
        numbers.append(number)
        rows.append(_row(headings, line))
    if not rows:
        raise _bad("There is nothing below the headings.")
    return Table(titles, headings, rows, numbers)


def _within_limits(lines: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The lines that have something in them, without blanks around their cells and without empty cells behind."""
    cells = characters = 0
    for number, raw in lines:
        cells += len(raw)
        if cells > MOST_CELLS:
            raise _bad(f"The file has more than {MOST_CELLS:,} cells, empty ones counted: delete empty columns.")
        last = next((at for at in range(len(raw), 0, -1) if raw[at - 1]), 0)
        line = [_checked(cell, number) for cell in raw[:last]]
        while line and not line[-1]:
            line.pop()
        characters += sum(map(len, line))
        if characters > MOST_CHARACTERS:
            raise _bad(f"The file has more than {MOST_CHARACTERS:,} characters: split it.")
        if line:
            yield number, line


def _checked(cell: str, number: int) -> str:
    if len(cell) > MOST_CHARACTERS_OF_A_CELL:
        raise _bad(f"Line {number} has a cell of more than {MOST_CHARACTERS_OF_A_CELL:,} characters: shorten it.")
    if SEPARATORS.search(cell):
        raise _bad(f"Line {number} has a cell with control characters that no text has: delete them.")
    return readable(cell)


def heading(title: str) -> str:
    """`ZIP code *` as `zip_code`."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def _row(headings: Sequence[str], line: list[str]) -> Row:
    row = dict(zip(headings, [*line, *[""] * len(headings)], strict=False))
    surplus = [cell for cell in line[len(headings) :] if cell]
    return row | {SURPLUS: ", ".join(surplus)[:SURPLUS_SHOWN]} if surplus else row


def _check_headings(headings: Sequence[str]) -> None:
    if not all(headings):
        raise _bad("The first line must name every column.")
    if len(headings) > MOST_COLUMNS:
        raise _bad(f"The file has {len(headings)} columns; at most {MOST_COLUMNS} are read.")
    twice = sorted({name[:60] for name in headings if headings.count(name) > 1})
    if twice:
        raise _bad(f"These columns are there twice: {', '.join(twice)}.")


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Each line with its number."""
    text, skipped = _decoded(content), 0
    if named := re.match(r"sep=(.)\r?\n", text):  # Excel's own way to name the separator
        text, skipped = text[named.end() :], 1
    delimiter = named[1] if named else _delimiter(text)
    try:
        for number, line in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)):
            yield number + skipped + 1, line
    except csv.Error as error:
        raise _bad(f"The file cannot be read as CSV: {error}.") from error


def _decoded(content: bytes) -> str:
    if content.startswith((PACKED, OLD_WORKBOOK)):
        raise _bad("The file is a workbook under the name of a CSV file: give it the name that it had, .xlsx.")
    try:
        text = content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        raise _bad(
            "The file is not in UTF-8, perhaps in Windows-1252: save it as “CSV UTF-8 (Comma delimited)”, or as XLSX."
        ) from None
    if "\x00" in text:
        raise _bad("The file is not a CSV file in UTF-8: save it as “CSV UTF-8 (Comma delimited)”, or as XLSX.")
    return text


def _delimiter(text: str) -> str:
    """The separator that the headings have most of, outside of quotes."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().split("\n", 1)[0])
    return max(",;\t", key=first.count)


def packed_table(table: Table) -> str:
    """A table as one text, in which people can be searched for; `unpacked_table` reads it."""
    width = len(table.headings)
    lines = [
        CELL_END.join([str(number), *list(row.values())[: width + 1]])
        for number, row in zip(table.lines, table.rows, strict=True)
    ]
    return ROW_END.join([CELL_END.join(table.titles), *lines])


def unpacked_table(text: str) -> Table:
    """The table of a text that `packed_table` has made."""
    first, *lines = (line.split(CELL_END) for line in text.split(ROW_END))
    headings = [heading(title) for title in first]
    numbers = [int(line[0]) for line in lines]
    return Table(first, headings, [_row(headings, line[1:]) for line in lines], numbers)


def read_for_parent(payload: bytes) -> bytes:
    """What a child process does for `reading`: name, zero byte and content in; the table, or why there is none, out."""
    name, _, content = payload.partition(b"\0")
    try:
        found = {"table": packed_table(read_table(name.decode(), content))}
    except InvalidInput as refusal:
        found = {"refusal": refusal.detail}
    return json.dumps(found).encode()


def _bad(message: str) -> InvalidInput:
    return InvalidInput.of("file", message)

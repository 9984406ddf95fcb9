"""CSV and XLSX read as rows of text: whatever spreadsheets make of them, within limits."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook

from smartscheduler.errors import InvalidInput
from smartscheduler.exchange.cells import write_duration
from smartscheduler.exchange.writing import readable

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 10 * 1024 * 1024, 10_000, 60
# Unpacked, that is: a small file may be a large one in disguise.
MOST_UNPACKED_BYTES = 100 * 1024 * 1024
# A workbook has a dozen, and one for each sheet and picture.
MOST_PARTS = 1_000
# Empty lines do not count as rows, but reading them takes time as well.
MOST_LINES = 100_000
SURPLUS = ""
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
PACKED = b"PK\x03\x04"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
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
    cells = _xlsx(content) if name.lower().endswith(".xlsx") else _csv(content)
    filled = ((number, line) for number, line in cells if any(line))
    _, titles = next(filled, (0, []))
    if not titles:
        raise _bad("The file is empty.")
    while not titles[-1]:
        titles.pop()
    headings = [heading(title) for title in titles]
    _check_headings(headings)
    lines, rows = list[int](), list[Row]()
    for number, line in filled:
        if len(rows) == MOST_ROWS:
            raise _bad(f"The file has more than {MOST_ROWS:,} rows: split it.")
        lines.append(number)
        rows.append(_row(headings, line))
    if not rows:
        raise _bad("There is nothing below the headings.")
    return Table(titles, headings, rows, lines)


def heading(title: str) -> str:
    """`ZIP code *` as `zip_code`."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def _row(headings: Sequence[str], line: list[str]) -> Row:
    row = dict(zip(headings, [*line, *[""] * len(headings)], strict=False))
    surplus = [cell for cell in line[len(headings) :] if cell]
    return row | {SURPLUS: ", ".join(surplus)} if surplus else row


def _check_headings(headings: Sequence[str]) -> None:
    if not all(headings):
        raise _bad("The first line must name every column.")
    if len(headings) > MOST_COLUMNS:
        raise _bad(f"The file has {len(headings)} columns; at most {MOST_COLUMNS} are read.")
    twice = sorted({name for name in headings if headings.count(name) > 1})
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
            yield number + skipped + 1, [readable(cell) for cell in line]
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


def _xlsx(content: bytes) -> Iterator[tuple[int, list[str]]]:
    if content.startswith(OLD_WORKBOOK):
        raise _bad("The file is an old workbook (.xls), or has a password: save it as .xlsx without one.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            unpacked = sum(part.file_size for part in parts)
        if unpacked <= MOST_UNPACKED_BYTES and len(parts) <= MOST_PARTS:
            yield from _sheet(content)
            return
    except InvalidInput:
        raise
    except Exception:  # a broken workbook makes its readers fail in every way there is
        raise _bad("The file is not an XLSX workbook, or is damaged.") from None
    raise _bad("The file is too large when it is unpacked: split it.")


def _sheet(content: bytes) -> Iterator[tuple[int, list[str]]]:
    sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    sheet.reset_dimensions()  # what the file says of its size is often wrong
    lines: Iterable[Sequence[Any]] = sheet.iter_rows(max_row=MOST_LINES, max_col=MOST_COLUMNS + 1, values_only=True)
    for number, line in enumerate(lines, start=1):
        yield number, [readable(_text(cell)) for cell in line]


def _text(cell: Any) -> str:
    """A cell as somebody would have written it."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "yes" if cell else "no"
        case float():
            # Ten digits are what a coordinate has; the rest is noise of binary fractions.
            return str(int(cell)) if cell.is_integer() else f"{cell:.10g}"
        case datetime():
            return cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return write_duration(cell)
        case _:
            return str(cell)


def _bad(message: str) -> InvalidInput:
    return InvalidInput.of("file", message)

"""CSV and XLSX as rows of text, and back."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from smartscheduler.errors import InvalidInput

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 10 * 1024 * 1024, 10_000, 60
# Unpacked, that is: a small file may be a large one in disguise.
MOST_UNPACKED_BYTES = 200 * 1024 * 1024
# A cell that begins with one of these is a formula to a spreadsheet (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Row = dict[str, str]


def read_table(name: str, content: bytes) -> tuple[list[str], list[Row]]:
    """The headings and the rows of a file. Raises InvalidInput (field `file`) with what is wrong with it."""
    if len(content) > MOST_BYTES:
        raise _bad("The file is larger than 10 MB: split it.")
    lines = list(_xlsx(content) if name.lower().endswith(".xlsx") else _csv(content))
    if not lines:
        raise _bad("The file is empty.")
    headings = [cell.strip().lower().replace(" ", "_") for cell in lines[0]]
    while headings and not headings[-1]:
        headings.pop()
    _check_headings(headings)
    rows = [dict(zip(headings, [*line, *[""] * len(headings)], strict=False)) for line in lines[1:]]
    rows = rows[: next((n for n in range(len(rows), 0, -1) if any(rows[n - 1].values())), 0)]
    if not rows:
        raise _bad("There is nothing below the headings.")
    if len(rows) > MOST_ROWS:
        raise _bad(f"The file has {len(rows):,} rows; at most {MOST_ROWS:,} are taken at once: split it.")
    return headings, rows


def _check_headings(headings: Sequence[str]) -> None:
    if not headings or not all(headings):
        raise _bad("The first line must name every column.")
    if len(headings) > MOST_COLUMNS:
        raise _bad(f"The file has {len(headings)} columns; at most {MOST_COLUMNS} are read.")
    twice = sorted({name for name in headings if headings.count(name) > 1})
    if twice:
        raise _bad(f"These columns are there twice: {', '.join(twice)}.")


def _csv(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _bad("The file is not in UTF-8: save it as “CSV UTF-8”, or as XLSX.") from None
    if "\x00" in text:
        raise _bad("The file is not a CSV file.")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [_plain(cell) for cell in line]
    except csv.Error as error:
        raise _bad(f"The file cannot be read as CSV: {error}.") from error


def _xlsx(content: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED_BYTES:
                raise _bad("The file is too large when it is unpacked: split it.")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for line in sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS + 1, values_only=True):
            yield [_plain(_text(cell)) for cell in line]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError):
        raise _bad("The file is not an XLSX workbook.") from None


def _text(cell: Any) -> str:
    """A cell as somebody would have written it."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() | date() | time():
            return cell.isoformat(*([" "] if isinstance(cell, datetime) else []))
        case _:
            return str(cell)


def _plain(text: str) -> str:
    """Without the apostrophe that keeps a text from being a formula."""
    text = text.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _harmless(text: str) -> str:
    """With an apostrophe where a spreadsheet would see a formula; a number is none."""
    if not text.startswith(FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The file, piece by piece; with the mark that makes spreadsheets read it as UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    yield "\ufeff".encode()
    for row in _with(headings, rows):
        writer.writerow([_harmless(cell) for cell in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _with(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield headings
    yield from rows


def write_xlsx(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The file as a whole; every cell is text, so that nothing is turned into a date or a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    for row in _with(headings, rows):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=_harmless(text))
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _bad(message: str) -> InvalidInput:
    return InvalidInput.of("file", message)

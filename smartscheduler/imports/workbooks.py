"""Reader of the sheets of an XLSX workbook. Limits are checked before the XML is parsed."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext_noop

from smartscheduler.core.file_writer import text_of_workbook
from smartscheduler.imports.cell_formats import write_duration
from smartscheduler.imports.readings import SEPARATORS, Line
from smartscheduler.imports.unreadable import UnreadableFile

# Limit of the unpacked size (zip bombs).
MOST_UNPACKED_BYTES = 64 * 1024 * 1024
# Real workbooks with repeated cells stay below this compression ratio.
MOST_RATIO, RATIO_FROM_BYTES = 500, 8 * 1024 * 1024
# A workbook has about a dozen parts, and one for each sheet and picture.
MOST_PARTS = 1_000
# A cell has two to six tags, a shared string four.
MOST_TAGS, MOST_TAGS_OF_TEXTS = 8_500_000, 3_000_000
# Row limit of Excel. A file can declare any number.
MOST_LINES = 1_048_576
MOST_SHEETS, LONGEST_NAME = 50, 100
# The type of cells such as #N/A.
ERROR = "e"
# Number formats of ZIP codes and other numbers with leading zeros.
PADDED = re.compile(r"0[0\\-]*0")
CHUNK = 1024 * 1024
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
PACKED = b"PK\x03\x04"
DECLARATIONS = tuple(text.encode(code) for text in ("<!DOCTYPE", "<!ENTITY") for code in ("ascii", "utf-16-le"))
TEXTS = "xl/sharedstrings.xml"


class Tab(NamedTuple):
    """A sheet of a workbook; its lines are read once, and raise UnreadableFile if it is damaged."""

    name: str
    is_hidden: bool
    lines: Iterator[Line]


class Book(NamedTuple):
    """A workbook. `date_system`: the first year of its serial dates."""

    tabs: list[Tab]
    date_system: int


def workbook_of(content: bytes) -> Book:
    """The sheets of a workbook. Raises UnreadableFile."""
    if content.startswith(OLD_WORKBOOK):
        raise UnreadableFile(
            gettext_noop("The file is an old workbook (.xls) or has a password. Save it as .xlsx without a password.")
        )
    with _refusing_damage():
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check_parts(packed)
        # An eighth of the start of each process of the product, and only the child processes that read files need it.
        from openpyxl import load_workbook
        from openpyxl.utils.datetime import CALENDAR_MAC_1904

        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        if len(book.worksheets) > MOST_SHEETS:
            raise UnreadableFile(
                gettext_noop("The workbook has {count} sheets. The limit is {most}."),
                count=len(book.worksheets),
                most=MOST_SHEETS,
            )
        tabs = [
            Tab(_name(sheet.title, number), sheet.sheet_state != "visible", _lines(sheet))
            for number, sheet in enumerate(book.worksheets, start=1)
        ]
        return Book(tabs, 1904 if book.epoch == CALENDAR_MAC_1904 else 1900)


@contextmanager
def _refusing_damage() -> Iterator[None]:
    """Raise UnreadableFile for the arbitrary exceptions that a damaged workbook raises in zipfile and openpyxl."""
    try:
        yield
    except (UnreadableFile, MemoryError):
        raise
    except Exception:
        raise UnreadableFile(gettext_noop("The file is not an XLSX workbook, or is damaged.")) from None


def _name(title: str, number: int) -> str:
    return SEPARATORS.sub(" ", title[:LONGEST_NAME]).strip() or f"Sheet{number}"


def _check_parts(packed: zipfile.ZipFile) -> None:
    parts = packed.infolist()
    if len(parts) > MOST_PARTS:
        raise UnreadableFile(
            gettext_noop("The workbook has {count} parts; the limit is {most}. Save only the sheet."),
            count=f"{len(parts):,}",
            most=f"{MOST_PARTS:,}",
        )
    unpacked, size = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if unpacked > MOST_UNPACKED_BYTES or (unpacked > RATIO_FROM_BYTES and unpacked > MOST_RATIO * max(size, 1)):
        raise UnreadableFile(
            gettext_noop("The unpacked file is too large. Delete empty rows and columns, or split it.")
        )
    tags = {part.filename.lower(): _tags(packed, part) for part in parts if part.filename.lower().endswith(".xml")}
    if tags.get(TEXTS, 0) > MOST_TAGS_OF_TEXTS:
        raise UnreadableFile(
            gettext_noop("The workbook has too many pieces of formatted text. Save it as CSV, or split it.")
        )
    if sum(tags.values()) > MOST_TAGS:
        raise UnreadableFile(
            gettext_noop(
                "The workbook has too many cells, including empty cells. Delete empty rows and columns, or split it."
            )
        )


def _tags(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Number of tags in a part. Raises UnreadableFile for declarations, which allow entity expansion attacks."""
    count, tail = 0, b""
    with packed.open(part) as stream:
        while chunk := stream.read(CHUNK):
            count += chunk.count(b"<")
            if any(sign in tail + chunk for sign in DECLARATIONS):
                raise UnreadableFile(
                    gettext_noop(
                        "The workbook declares a document type or entities. Save it again with a spreadsheet program."
                    )
                )
            tail = chunk[-32:]
    return count


def _lines(sheet: Any) -> Iterator[Line]:
    with _refusing_damage():
        sheet.reset_dimensions()  # the dimensions declared in a file are often wrong
        for number, cells in enumerate(sheet.iter_rows(max_row=MOST_LINES), start=1):
            # Empty cells count, because a file can have any number of them in each line.
            filled = any(cell.value is not None for cell in cells)
            yield Line(number, [_text(cell) for cell in cells] if filled else [""] * len(cells))


def _text(cell: Any) -> str:
    """Text of a cell, as a user would type it."""
    if cell.value is None or cell.data_type == ERROR:
        return ""
    match cell.value:
        case str() as text:
            return text_of_workbook(text)
        case bool() as yes:
            return "yes" if yes else "no"
        case int() | float() as number:
            return _number(number, cell.number_format)
        case datetime() as moment:
            return _day_or_moment(moment, cell.number_format)
        case date() | time() as clock:
            return clock.isoformat()
        case timedelta() as duration:
            return write_duration(duration)
        case value:
            return str(value)


def _number(number: float, number_format: str) -> str:
    if PADDED.fullmatch(number_format):
        return _padded(number, number_format)
    # A coordinate has at most ten significant digits; the rest is floating-point noise.
    return str(int(number)) if float(number).is_integer() else f"{number:.10g}"


def _padded(number: float, number_format: str) -> str:
    """A number with leading zeros, such as a ZIP code in the format 00000 or 00000-0000."""
    shape = number_format.replace("\\", "")
    digits = f"{number:.0f}".zfill(shape.count("0"))
    if number < 0 or len(digits) > shape.count("0"):
        return f"{number:.0f}"
    figures = iter(digits)
    return "".join(next(figures) if sign == "0" else sign for sign in shape)


def _day_or_moment(moment: datetime, number_format: str) -> str:
    """A cell with a date format is a date without a time, as in CSV, not midnight."""
    from openpyxl.styles.numbers import is_datetime

    day_alone = moment.time() == time(0) and is_datetime(number_format) == "date"
    return moment.date().isoformat() if day_alone else moment.isoformat(" ")

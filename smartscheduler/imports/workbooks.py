"""Reader of the first sheet of an XLSX workbook. Limits are checked before the XML is parsed."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext_noop

from smartscheduler.core.file_writer import text_of_workbook
from smartscheduler.imports.cell_formats import write_duration
from smartscheduler.imports.unreadable import UnreadableFile

# Limit of the unpacked size (zip bombs).
MOST_UNPACKED_BYTES = 64 * 1024 * 1024
# Real workbooks with repeated cells stay below this compression ratio.
MOST_RATIO, RATIO_FROM_BYTES = 500, 8 * 1024 * 1024
# A workbook has about a dozen parts, and one for each sheet and picture.
MOST_PARTS = 1_000
# A cell has two to six tags, a shared string four.
MOST_TAGS, MOST_TAGS_OF_TEXTS = 5_000_000, 1_500_000
# Row limit of Excel. A file can declare any number.
MOST_LINES = 1_048_576
# One more column than the limit, so that the excess is detected.
MOST_COLUMNS_LOOKED_AT = 61
CHUNK = 1024 * 1024
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
PACKED = b"PK\x03\x04"
DECLARATIONS = tuple(text.encode(code) for text in ("<!DOCTYPE", "<!ENTITY") for code in ("ascii", "utf-16-le"))
TEXTS = "xl/sharedstrings.xml"


def sheet_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The lines of the sheet with their numbers. Raises UnreadableFile."""
    if content.startswith(OLD_WORKBOOK):
        raise UnreadableFile(
            gettext_noop("The file is an old workbook (.xls) or has a password. Save it as .xlsx without a password.")
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check_parts(packed)
        yield from _lines(content)
    except (UnreadableFile, MemoryError):
        raise
    except Exception:  # a damaged workbook raises arbitrary exceptions in zipfile and openpyxl
        raise UnreadableFile(gettext_noop("The file is not an XLSX workbook, or is damaged.")) from None


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


def _lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    # An eighth of the start of each process of the product, and only the child processes that read files need it.
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    sheet.reset_dimensions()  # the dimensions declared in a file are often wrong
    for number, line in enumerate(sheet.iter_rows(max_row=MOST_LINES, max_col=MOST_COLUMNS_LOOKED_AT), start=1):
        filled = any(cell.value is not None for cell in line)
        yield number, [_text(cell) for cell in line] if filled else []


def _text(cell: Any) -> str:
    """Text of a cell, as a user would type it."""
    match cell.value:
        case None:
            return ""
        case str() as text:
            return text_of_workbook(text)
        case bool() as yes:
            return "yes" if yes else "no"
        case float() as number:
            # A coordinate has at most ten significant digits; the rest is floating-point noise.
            return str(int(number)) if number.is_integer() else f"{number:.10g}"
        case datetime() as moment:
            return _day_or_moment(moment, cell.number_format)
        case date() | time() as clock:
            return clock.isoformat()
        case timedelta() as duration:
            return write_duration(duration)
        case value:
            return str(value)


def _day_or_moment(moment: datetime, number_format: str) -> str:
    """A cell with a date format is a date without a time, as in CSV, not midnight."""
    from openpyxl.styles.numbers import is_datetime

    day_alone = moment.time() == time(0) and is_datetime(number_format) == "date"
    return moment.date().isoformat() if day_alone else moment.isoformat(" ")

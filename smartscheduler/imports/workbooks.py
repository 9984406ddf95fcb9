"""The first sheet of an XLSX workbook as lines of text, within limits that are checked before its XML is parsed."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook
from openpyxl.styles.numbers import is_datetime

from smartscheduler.errors import InvalidInput
from smartscheduler.imports.cell_formats import write_duration

# Unpacked: a small file may be a large one in disguise.
MOST_UNPACKED_BYTES = 64 * 1024 * 1024
# Repeated cells pack well, but not so well.
MOST_RATIO, RATIO_FROM_BYTES = 500, 8 * 1024 * 1024
# A workbook has a dozen, and one for each sheet and picture.
MOST_PARTS = 1_000
# A cell takes two to six tags, a text among the shared ones four.
MOST_TAGS, MOST_TAGS_OF_TEXTS = 5_000_000, 1_500_000
# Excel has no more lines; a file may claim any number.
MOST_LINES = 1_048_576
# One more than is taken, so that it is noticed.
MOST_COLUMNS_LOOKED_AT = 61
CHUNK = 1024 * 1024
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
PACKED = b"PK\x03\x04"
DECLARATIONS = tuple(text.encode(code) for text in ("<!DOCTYPE", "<!ENTITY") for code in ("ascii", "utf-16-le"))
TEXTS = "xl/sharedstrings.xml"


def sheet_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Each line with its number. Raises InvalidInput (field `file`)."""
    if content.startswith(OLD_WORKBOOK):
        raise _bad("The file is an old workbook (.xls), or has a password: save it as .xlsx without one.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check_parts(packed)
        yield from _lines(content)
    except (InvalidInput, MemoryError):
        raise
    except Exception:  # a broken workbook makes its readers fail in every way there is
        raise _bad("The file is not an XLSX workbook, or is damaged.") from None


def _check_parts(packed: zipfile.ZipFile) -> None:
    parts = packed.infolist()
    if len(parts) > MOST_PARTS:
        raise _bad(f"The workbook has {len(parts):,} parts; at most {MOST_PARTS:,} are read: save only the sheet.")
    unpacked, size = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if unpacked > MOST_UNPACKED_BYTES or (unpacked > RATIO_FROM_BYTES and unpacked > MOST_RATIO * max(size, 1)):
        raise _bad("The file is too large when it is unpacked: delete empty rows and columns, or split it.")
    tags = {part.filename.lower(): _tags(packed, part) for part in parts if part.filename.lower().endswith(".xml")}
    if tags.get(TEXTS, 0) > MOST_TAGS_OF_TEXTS:
        raise _bad("The workbook has too many pieces of formatted text: save it as CSV, or split it.")
    if sum(tags.values()) > MOST_TAGS:
        raise _bad("The workbook has too many cells, empty ones counted: delete empty rows and columns, or split it.")


def _tags(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """How many tags there are in a part. Raises InvalidInput for declarations: with them XML refers to itself."""
    count, tail = 0, b""
    with packed.open(part) as stream:
        while chunk := stream.read(CHUNK):
            count += chunk.count(b"<")
            if any(sign in tail + chunk for sign in DECLARATIONS):
                raise _bad("The workbook declares a document type or entities, as no spreadsheet does: save it anew.")
            tail = chunk[-32:]
    return count


def _lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    sheet.reset_dimensions()  # what the file says of its size is often wrong
    for number, line in enumerate(sheet.iter_rows(max_row=MOST_LINES, max_col=MOST_COLUMNS_LOOKED_AT), start=1):
        filled = any(cell.value is not None for cell in line)
        yield number, [_text(cell) for cell in line] if filled else []


def _text(cell: Any) -> str:
    """A cell as a person would write it."""
    match cell.value:
        case None:
            return ""
        case str() as text:
            return text
        case bool() as yes:
            return "yes" if yes else "no"
        case float() as number:
            # Ten digits are what a coordinate has; the rest is noise of binary fractions.
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
    """A day that is shown without a time is a day, as it is in CSV, and not its midnight."""
    day_alone = moment.time() == time(0) and is_datetime(number_format) == "date"
    return moment.date().isoformat() if day_alone else moment.isoformat(" ")


def _bad(message: str) -> InvalidInput:
    return InvalidInput.of("file", message)

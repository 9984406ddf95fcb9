"""What a file contains: its sheets with their lines, and their stored form as one text. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

# Separators of cells, lines and sheets in the stored text. They do not occur in cells.
CELL_END, LINE_END, SHEET_START = "\x1f", "\x1e", "\x1d"
SEPARATORS = re.compile("[\x00\x1d\x1e\x1f]")
# Behind the number of a line: its quotation marks are broken.
BROKEN_MARK, HIDDEN = "!", "hidden"
UTF_8 = "utf-8"


class Line(NamedTuple):
    """A line of a sheet: its number in the spreadsheet, and its cells without trailing empty ones.

    `is_broken`: its quotation marks do not match, so its cells are uncertain.
    """

    number: int
    cells: list[str]
    is_broken: bool = False


class Lines(Sequence[Line]):
    """The lines of a sheet, stored as text. A line is split when it is read, because a file can have 50,000."""

    def __init__(self, packed: list[str]) -> None:
        self.packed = packed

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "Lines":
        return cls([packed_line(line) for line in lines])

    def __len__(self) -> int:
        return len(self.packed)

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> "Lines": ...
    def __getitem__(self, at: int | slice) -> "Line | Lines":
        if isinstance(at, slice):
            return Lines(self.packed[at])
        number, *cells = self.packed[at].split(CELL_END)
        return Line(int(number.rstrip(BROKEN_MARK)), cells, number.endswith(BROKEN_MARK))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lines) and self.packed == other.packed

    def __hash__(self) -> int:
        return hash(len(self.packed))

    def numbers(self) -> Iterator[int]:
        """The numbers of the lines, without splitting their cells."""
        return (int(line[: line.find(CELL_END)].rstrip(BROKEN_MARK)) for line in self.packed)

    def widths(self) -> Iterator[int]:
        """The number of cells of each line, without splitting them."""
        return (line.count(CELL_END) for line in self.packed)


@dataclass(frozen=True)
class Sheet:
    """A sheet with its filled lines. The sheet of a CSV file has no name."""

    name: str
    lines: Lines
    is_hidden: bool = False


@dataclass(frozen=True)
class Reading:
    """Content of a file. `encoding`: a code of text_encodings.ENCODINGS; empty for a workbook.

    `date_system`: the first year of serial dates, 1900 or 1904.
    """

    encoding: str
    sheets: list[Sheet]
    date_system: int = 1900


def packed_line(line: Line) -> str:
    return CELL_END.join([f"{line.number}{BROKEN_MARK if line.is_broken else ''}", *line.cells])


def packed_reading(reading: Reading) -> str:
    """Store a file as one text, so that SQL can search it for personal data. `unpacked_reading` is the inverse."""
    parts = [CELL_END.join([reading.encoding, str(reading.date_system)])]
    for sheet in reading.sheets:
        head = CELL_END.join([sheet.name, HIDDEN if sheet.is_hidden else ""])
        parts.append(LINE_END.join([head, *sheet.lines.packed]))
    return "".join(SHEET_START + part for part in parts)


def unpacked_reading(text: str) -> Reading:
    """Inverse of `packed_reading`. Older versions stored one table, the headings without a number first."""
    if not text.startswith(SHEET_START):
        return Reading(UTF_8, [Sheet("", Lines(f"1{CELL_END}{text}".split(LINE_END)))])
    _, head, *parts = text.split(SHEET_START)
    encoding, date_system = head.split(CELL_END)
    sheets = []
    for part in parts:
        names, *lines = part.split(LINE_END)
        name, hidden = names.split(CELL_END)
        sheets.append(Sheet(name, Lines(lines), hidden == HIDDEN))
    return Reading(encoding, sheets, int(date_system))

"""Reader of CSV text that loses one line to a broken quotation mark, not the rest of the file. Linear.

The csv module alone would read on to the next quotation mark, and merge all lines between them into one cell.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from smartscheduler.imports.readings import Line

QUOTE = '"'
# Excel's declaration of the separator, in the first line.
DECLARATION = re.compile(r'sep=([^\w\s"]|\t)\r?\n')
SEPARATORS = ",;\t|"
QUOTED = re.compile(r'"[^"]*"')
# The separator is told by so many lines, and by so many characters of them.
SAMPLE_LINES, SAMPLE_CHARACTERS = 30, 100_000
# A record that does not end within so many characters has a quotation mark that is not closed.
LONGEST_RECORD = 100_000
# Lines after an unclosed quotation mark are read again, in total at most this many times the text.
MOST_REREAD = 4
# Rows of so many columns, three or two of them, are joined by a quotation mark, not lines of one cell.
NARROW, WIDE = 3, 8


def csv_lines(text: str) -> Iterator[Line]:
    """The records of a text with their numbers, as a spreadsheet counts them."""
    declaration = DECLARATION.match(text)
    start = declaration.end() if declaration else 0
    separator = declaration[1] if declaration else separator_of(text)
    lines = _Records(text[start:], separator)
    for number, (cells, is_broken) in enumerate(lines, start=2 if declaration else 1):
        yield Line(number, cells, is_broken)


def separator_of(text: str) -> str:
    """The separator that most of the first lines have outside quotation marks; of several, the most frequent."""
    sample = QUOTED.sub("", text[:SAMPLE_CHARACTERS])
    lines = [line for line in sample.split("\n", SAMPLE_LINES + 1) if line.strip()][:SAMPLE_LINES]
    having = Counter({sign: sum(sign in line for line in lines) for sign in SEPARATORS})
    # A title line has none, and a comma in a sentence is no separator.
    likely = [sign for sign in SEPARATORS if having[sign] * 2 > len(lines) or (lines and sign in lines[0])]
    return max(likely, key=lambda sign: (having[sign], sum(line.count(sign) for line in lines)), default=",")


class _Records:
    """The cells of each record, and whether it is broken: then it is one physical line."""

    def __init__(self, text: str, separator: str) -> None:
        self._source = io.StringIO(text, newline="")
        self._separator = separator
        self._spare = MOST_REREAD * len(text)
        # The number of cells of the widest line so far.
        self._width = 1

    def __iter__(self) -> Iterator[tuple[list[str], bool]]:
        while line := self._source.readline():
            if QUOTE not in line:
                cells = self._split(line)
                self._width = max(self._width, len(cells))
                yield cells, False
                continue
            after = self._source.tell()
            record, lines = self._record(line)
            if record is not None and not self._is_merged(lines):
                self._width = max(self._width, len(record))
                yield record, False
                continue
            self._spare -= sum(map(len, lines[1:]))
            self._source.seek(after)
            yield self._broken(line), True

    def _split(self, line: str) -> list[str]:
        return line.rstrip("\r\n").split(self._separator)

    def _record(self, line: str) -> tuple[list[str] | None, list[str]]:
        """The record that begins with `line`, None if its quotation marks do not match, and its physical lines."""
        lines = [line]

        def more() -> Iterator[str]:
            yield line
            size = len(line)
            while size < min(LONGEST_RECORD, self._spare) and (following := self._source.readline()):
                size += len(following)
                lines.append(following)
                yield following

        try:
            return next(csv.reader(more(), delimiter=self._separator, strict=True)), lines
        except csv.Error:
            return None, lines

    def _is_merged(self, lines: list[str]) -> bool:
        """Whether the lines are whole rows, joined by two unrelated quotation marks such as those of inches.

        A cell of two lines, such as an address, could by chance have the separators of two narrow rows.
        """
        is_certain = self._width >= (WIDE if len(lines) == 2 else NARROW)
        return (
            len(lines) > 1
            and is_certain
            and sum(line.count(QUOTE) for line in lines) == 2
            and all(len(self._split(line)) == self._width for line in lines)
        )

    def _broken(self, line: str) -> list[str]:
        """The cells of a broken line: as a lenient reader takes them if that fills the columns, else as they stand."""
        try:
            cells = next(csv.reader([line], delimiter=self._separator))
        except csv.Error:
            return self._split(line)
        return cells if len(cells) == self._width else self._split(line)

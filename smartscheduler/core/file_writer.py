"""Streaming writer of CSV and XLSX files. Escapes cells that a spreadsheet would execute as a formula."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from xml.sax.saxutils import escape

# First characters of a formula (OWASP, CSV injection). Some spreadsheets also accept the full-width forms.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
NUMBER = re.compile(r"-\d+(\.\d+)?")
# Characters that are invalid in XML but can occur in user input, and what would be read as one of them.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
# ECMA-376, part 1, 22.9.2.19 (ST_Xstring): a character of a workbook by its code. Surrogates are no characters.
ESCAPED = re.compile(r"_x(?![Dd][89A-Fa-f])([0-9A-Fa-f]{4})_")
LINES_A_PIECE = 200


def harmless(text: str) -> str:
    """Prefix a formula with an apostrophe. Negative numbers stay unchanged."""
    return f"'{text}" if _is_marked(text) and not NUMBER.fullmatch(text) else text


def readable(text: str) -> str:
    """Trim a cell and remove the apostrophe that `harmless` has added."""
    text = text.strip()
    return text[1:] if text.startswith("'") and _is_marked(text) else text


def _is_marked(text: str) -> bool:
    """Whether the text starts with a formula character after any apostrophes, so that escaping is reversible."""
    return text.lstrip("' ").startswith(FORMULA)


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield the CSV file in pieces, with a byte order mark so that spreadsheets read it as UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    for number, row in enumerate(chain([headings], rows), start=1):
        writer.writerow([harmless(cell) for cell in row])
        if number % LINES_A_PIECE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode(errors="replace")
    buffer.seek(0)
    buffer.truncate()
    return piece


class _Pieces(io.RawIOBase):
    """Write-only file without seek; `take` removes and returns the bytes written so far."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        piece = bytes(self.waiting)
        self.waiting.clear()
        return piece


def write_xlsx(headings: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "Export") -> Iterator[bytes]:
    """Yield the workbook in pieces. All cells are text, so that spreadsheets convert nothing to dates or formulas.

    The XML is written directly: openpyxl would write the whole workbook to disk first and take four times as long.
    """
    file = _Pieces()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as packed:
        for name, text in PARTS.items():
            packed.writestr(name, HEADER + text.replace("{title}", escape(title)))
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write((HEADER + SHEET_BEGINS.format(columns=len(headings))).encode())
            sheet.write(_line(headings, style=1))
            for number, row in enumerate(rows, start=1):
                sheet.write(_line(row, style=2))
                if number % LINES_A_PIECE == 0:
                    yield file.take()
            sheet.write(b"</sheetData></worksheet>")
    yield file.take()


def _line(row: Sequence[str], *, style: int) -> bytes:
    begins = f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">'
    cells = (f"{begins}{_xml(harmless(cell))}</t></is></c>" if cell else f'<c s="{style}"/>' for cell in row)
    return f"<row>{''.join(cells)}</row>".encode()


def _xml(text: str) -> str:
    # XML parsers would normalize a plain carriage return to a line feed.
    return escape(UNPRINTABLE.sub(_escaped, text), {"\r": "&#13;"})


def _escaped(match: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= match[0] <= "\udfff" else f"_x{ord(match[0]):04X}_"


def text_of_workbook(text: str) -> str:
    """Text of a cell of a workbook without the escapes that `write_xlsx` and spreadsheets use: `_x000D_`."""
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# The heading row is frozen, and all cells have the text format, so that edited values stay as typed.
SHEET_BEGINS = (
    f'<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
    '<cols><col min="1" max="{columns}" width="18" style="2" customWidth="1"/></cols><sheetData>'
)
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
    f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
    f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="{title}" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
    f'Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1">'
    "<border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0"/>'
    '<xf numFmtId="49" fontId="1" applyFont="1" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}

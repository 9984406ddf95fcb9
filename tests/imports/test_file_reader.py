"""CSV and XLSX files as rows of text, and protection against formulas."""

import io
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from smartscheduler.core.file_writer import FORMULA, write_csv, write_xlsx
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.file_reader import (
    BROKEN,
    SURPLUS,
    heading_line_of,
    likely_sheet,
    read_file,
    read_table,
    table_of,
)
from smartscheduler.imports.readings import Line, Lines, Sheet, packed_reading, unpacked_reading

cells = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"]), max_size=20).map(str.strip)
signs = st.text("'=+-@＝ a1", max_size=5).map(str.strip)


def csv(text: str) -> bytes:
    return text.encode()


def book(*lines: list[Any]) -> bytes:
    made, buffer = Workbook(), io.BytesIO()
    for line in lines:
        made.worksheets[0].append(line)
    made.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "a;b\n1;2\n", "a\tb\n1\t2\n", "\ufeffA, B \r\n1,2\r\n,\r\n\r\n"])
def test_reads_what_spreadsheets_write(content: str) -> None:
    table = read_table("x.csv", csv(content))
    assert (table.headings, table.rows) == (["a", "b"], [{"a": "1", "b": "2"}])


def test_reads_a_workbook_with_numbers_and_dates() -> None:
    content = book(["Zip Code", "when", "n", "none"], ["01234", datetime(2026, 12, 1, 9), 5.0, None])  # noqa: DTZ001  (cells have no zone)
    assert read_table("x.xlsx", content).rows == [
        {"zip_code": "01234", "when": "2026-12-01 09:00:00", "n": "5", "none": ""}
    ]


@given(st.lists(st.lists(cells | signs, min_size=2, max_size=2).filter(any), min_size=1, max_size=5))
def test_what_is_written_is_read_again(rows: list[Any]) -> None:
    for name, content in {
        "x.csv": b"".join(write_csv(["a", "b"], rows)),
        "x.xlsx": b"".join(write_xlsx(["a", "b"], rows)),
    }.items():
        assert [list(row.values()) for row in read_table(name, content).rows] == rows


@pytest.mark.parametrize("text", ["=1+1", "+1 (512) 555", "@SUM(A1)", "-x", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert text.startswith(FORMULA)
    assert f"'{text}" in b"".join(write_csv(["a"], [[text]])).decode().replace('"', "")
    cell = load_workbook(io.BytesIO(b"".join(write_xlsx(["a"], [[text]])))).worksheets[0]["A2"]
    assert (cell.data_type, cell.value) == ("s", f"'{text}")


def test_a_negative_number_stays_one() -> None:
    assert b"-97.7431\r\n" in b"".join(write_csv(["a"], [["-97.7431"]]))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"", "empty"),
        ("x.csv", b"a,b\n", "no rows below"),
        ("x.csv", b"a\x00b\n1\n", "neither a CSV file nor an XLSX workbook"),
        ("x.csv", b"a\n" + b"1\n" * 50_001, "more than 50,000 rows. Split it into files of at most 50,000 rows"),
        ("x.csv", b"a" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
        ("x.csv", ",".join(f"c{n}" for n in range(501)).encode() + b"\n1\n", "501 columns"),
        ("x.xlsx", b"PK\x03\x04broken", "not an XLSX"),
    ],
)
def test_says_what_is_wrong_with_a_file(name: str, content: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refusal:
        read_table(name, content)
    assert list(refusal.value.errors) == ["file"]


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx", "x.txt", "x"])
def test_the_type_of_a_file_is_that_of_its_content(name: str) -> None:
    rows = [{"a": "1", "b": "2"}]
    assert read_table(name, csv("a,b\n1,2\n")).rows == rows
    assert read_table(name, book(["a", "b"], [1, 2])).rows == rows


@pytest.mark.parametrize(
    ("lines", "heading_line"),
    [
        (["Name,Phone", "Bob,512"], 1),
        (["Contractors 2026", "", "Name,Phone,Notes", "Bob,512,"], 3),
        (["Report,11/30/2026", "All,of,them", "Bob,512,x"], 2),
        (["Our people,,,,,,", "Office,Austin", "Name,Phone,Street,City,State,ZIP,Notes", "Bob,5,x,y,TX,7,"], 3),
        (["Email", "a@b.example", "c@d.example"], 1),
        (["Bob,bob@example.com,5125550143", "Ann,ann@example.com,5125550144"], 1),  # no headings at all
        (["Name,Phone"], 1),
        ([*["title"] * 40, "Name,Phone", "Bob,512"], 1),  # too far below
    ],
)
def test_headings_stand_below_titles(lines: list[str], heading_line: int) -> None:
    (sheet,) = read_file("x.csv", csv("\n".join(lines))).sheets
    assert heading_line_of(sheet) == heading_line


def test_another_line_can_be_the_headings() -> None:
    (sheet,) = read_file("x.csv", csv("Name,Phone\nFull name,Mobile\nBob,512\n")).sheets
    assert table_of(sheet, 2).rows == [{"full_name": "Bob", "mobile": "512"}]
    for line, message in {3: "no rows below", 9: "no line 9"}.items():
        with pytest.raises(InvalidInput, match=message):
            table_of(sheet, line)


def test_headings_that_are_missing_repeated_or_foreign_are_named_apart() -> None:
    table = read_table("x.csv", csv("Name,,Phone,phone,Телефон\nBob,x,1,2,3\n"))
    assert table.titles == ["Name", "Column B", "Phone", "phone", "Телефон"]
    assert table.rows == [{"name": "Bob", "column_b": "x", "phone": "1", "phone__2": "2", "column_e": "3"}]


def test_cells_beyond_the_headings_are_a_column_where_nothing_can_have_shifted_them() -> None:
    assert read_table("x.csv", csv("a,\n1,2\n")).rows == [{"a": "1", SURPLUS: "2"}]
    assert read_table("x.csv", csv("a,b\n1,2,3\n4,5,6\n7,8\n")).titles == ["a", "b", "Column C"]
    assert read_table("x.xlsx", book(["a", "b"], [1, 2], [1, 2, None, 4])).titles == ["a", "b", "Column C", "Column D"]


def test_a_cover_sheet_a_small_sheet_and_a_hidden_one_are_not_the_likely_one() -> None:
    made, buffer = Workbook(), io.BytesIO()
    cover, data, legend, hidden = (made.worksheets[0], *(made.create_sheet(name) for name in ("Data", "Codes", "Old")))
    cover.append(["Our company"])
    for number in range(5):
        data.append(["Name", "Phone"] if number == 0 else [f"Bob {number}", 512])
        hidden.append(["Name", "Phone", "City"])
    legend.append(["Code", "Meaning"])
    legend.append(["T", "Tile"])
    hidden.sheet_state = "hidden"
    made.save(buffer)
    reading = read_file("x.xlsx", buffer.getvalue())
    assert [(sheet.name, len(sheet.lines), sheet.is_hidden) for sheet in reading.sheets] == [
        ("Sheet", 1, False),
        ("Data", 5, False),
        ("Codes", 2, False),
        ("Old", 5, True),
    ]
    assert likely_sheet(reading).name == "Data"


@pytest.mark.parametrize(
    "content",
    [
        csv('Name,ZIP code\n" a\nb ",1\n\n,2,surplus,more\n5,"6\n'),
        "Név;x\ný;2\n".encode("utf-16"),
        book(["a", "b"], [1, 2]),
    ],
)
def test_a_file_comes_back_from_its_text(content: bytes) -> None:
    reading = read_file("x", content)
    assert unpacked_reading(packed_reading(reading)) == reading


def test_a_table_that_an_older_version_stored_is_still_read() -> None:
    reading = unpacked_reading("Name\x1fZIP code\x1e3\x1fBob\x1f78701\x1e7\x1fAnn\x1f")
    table = table_of(reading.sheets[0], 1)
    assert (table.rows, table.lines) == (
        [{"name": "Bob", "zip_code": "78701"}, {"name": "Ann", "zip_code": ""}],
        [3, 7],
    )


def test_a_broken_line_is_known_in_its_row() -> None:
    lines = Lines.of([Line(1, ["a", "b"]), Line(2, ["1", "2"], is_broken=True), Line(3, ["1", "2"])])
    assert table_of(Sheet("", lines), 1).rows == [{"a": "1", "b": "2", BROKEN: "2"}, {"a": "1", "b": "2"}]


def test_fifty_thousand_rows_below_a_title_are_read() -> None:
    content = b"Our people\nname,phone\n" + b"".join(b"Bob,%d\n" % number for number in range(50_000))
    table = read_table("x.csv", content)
    assert (len(table.rows), table.lines[-1], table.rows[49_999]) == (50_000, 50_002, {"name": "Bob", "phone": "49999"})


def test_a_file_of_four_hundred_columns_is_read() -> None:
    titles = [f"Address_{number}" for number in range(430)]
    assert read_table("x.xlsx", book(titles, list(range(430)))).rows[0]["address_429"] == "429"


@pytest.mark.parametrize("cell", ['="07601"', '"=""07601"""', '\'="07601"', "07601"])
def test_zeros_that_other_programs_protect_with_a_formula_come_through(cell: str) -> None:
    assert read_table("x.csv", csv(f"zip,b\n{cell},x\n")).rows == [{"zip": "07601", "b": "x"}]

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
from smartscheduler.imports.file_reader import read_table

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
        ("x.csv", b"a,\n1,2\n", "no rows below|name every column"),
        ("x.csv", b"a,,b\n1,2,3\n", "name every column"),
        ("x.csv", b"a,A\n1,2\n", "appear twice: a"),
        ("x.csv", "ä".encode("cp1252"), "UTF-8"),
        ("x.csv", b'a,b\n"1,2\n', "cannot be read"),
        ("x.csv", b"a\x00b\n1\n", "not a CSV file"),
        ("x.csv", b"a\n" + b"1\n" * 10_001, "more than 10,000 rows"),
        ("x.csv", b"a" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
        ("x.csv", ",".join(f"c{n}" for n in range(61)).encode() + b"\n1\n", "61 columns"),
        ("x.xlsx", b"not a zip", "not an XLSX"),
        ("x.xlsx", b"PK\x03\x04broken", "not an XLSX"),
    ],
)
def test_says_what_is_wrong_with_a_file(name: str, content: bytes, message: str) -> None:
    if message.startswith("no rows below|"):
        assert read_table(name, content).headings == ["a"]
        return
    with pytest.raises(InvalidInput, match=message) as refusal:
        read_table(name, content)
    assert list(refusal.value.errors) == ["file"]

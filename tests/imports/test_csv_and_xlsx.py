"""A value has the same meaning in CSV and in a workbook, for all columns and cell types."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from smartscheduler.core.file_writer import write_xlsx
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.cell_formats import read_instant
from smartscheduler.imports.columns import COLUMNS
from smartscheduler.imports.customer_rows import body_of_customer
from smartscheduler.imports.file_reader import Table, read_table
from smartscheduler.imports.row_to_payload import Body, body_of_contractor, body_of_job

BODIES: dict[str, Callable[[dict[str, str], None, None], Body]] = {
    "contractors": body_of_contractor,
    "customers": body_of_customer,
    "jobs": body_of_job,
}
AUSTIN = ZoneInfo("America/Chicago")
SITE = {"time_zone": "America/Chicago"}

days = st.dates(date(2026, 1, 1), date(2099, 12, 30))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2099, 12, 30)).map(  # noqa: DTZ001
    lambda value: value.replace(second=0, microsecond=0)
)
# A value of a spreadsheet, the format it is shown in, and what Excel writes for it into a CSV file.
values = st.one_of(
    days.map(lambda day: (day, "mm-dd-yy", f"{day.month}/{day.day}/{day.year}")),
    days.map(lambda day: (datetime.combine(day, time()), "yyyy-mm-dd", day.isoformat())),
    moments.map(
        lambda value: (value, "m/d/yy h:mm", f"{value.month}/{value.day}/{value.year} {value.hour}:{value.minute:02}")
    ),
    st.integers(40_000, 70_000).map(lambda number: (number, "General", str(number))),
    st.integers(40_000, 70_000).map(lambda number: (float(number), "0.0", f"{number}.0")),
    st.times()
    .map(lambda value: value.replace(second=0, microsecond=0))
    .map(lambda value: (value, "h:mm", f"{value:%H:%M}")),
    st.integers(1, 480).map(lambda n: (timedelta(minutes=n), "[h]:mm:ss", f"{n // 60}:{n % 60:02}:00")),
    st.decimals(-180, 180, places=4).map(lambda value: (float(value), "General", f"{float(value):.10g}")),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12).map(
        lambda value: (value, "@", value)
    ),
    st.sampled_from(["Mosaic; Stairs", "Mon-Fri 08:00-12:00", "TX", "2139", "(512) 555-0143"]).map(
        lambda value: (value, "@", value)
    ),
)


def workbook(columns: list[Any], *values: tuple[Any, str]) -> Table:
    """A row for each value and the format in which it is shown: in all columns but the last, the time zone."""
    book, buffer = Workbook(), io.BytesIO()
    book.worksheets[0].append(columns)
    for row, (value, shown) in enumerate(values, start=2):
        for column in range(1, len(columns)):
            cell = book.worksheets[0].cell(row=row, column=column)
            if shown == "@":  # text, also where it begins like a formula
                cell.value, cell.data_type = value, "s"
            else:
                cell.value = value
            cell.number_format = shown
        book.worksheets[0].cell(row=row, column=len(columns), value=SITE["time_zone"])
    book.save(buffer)
    return read_table("x.xlsx", buffer.getvalue())


def text(columns: list[str], value: Any) -> Table:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([columns, [*[value] * (len(columns) - 1), SITE["time_zone"]]])
    return read_table("x.csv", buffer.getvalue().encode())


def meaning(kind: str, column: str, table: Table) -> dict[str, list[str]] | Body:
    """What one column of a file means alone."""
    row = {name: cell for name, cell in table.rows[0].items() if name in {column, "time_zone"}}
    try:
        return BODIES[kind](row, None, None)
    except InvalidInput as refusal:
        return refusal.errors


@pytest.mark.parametrize("kind", COLUMNS)
@settings(max_examples=60)
@given(values)
def test_one_value_in_csv_and_xlsx(kind: str, value: Any) -> None:
    typed, shown, written = value
    columns = [name for name in COLUMNS[kind].names if name != "time_zone"]
    book, table = workbook([*columns, "time_zone"], (typed, shown)), text([*columns, "time_zone"], written)
    for column in columns:
        of_workbook, of_text = meaning(kind, column, book), meaning(kind, column, table)
        if column in {"desired_date", "duration"}:
            assert of_workbook == of_text, column
        elif not isinstance(typed, date | time | timedelta | datetime):
            number = isinstance(typed, float) and typed.is_integer()  # 5.0 is shown as 5 or as 5.0
            assert of_workbook == of_text or number, column


@given(days)
def test_a_day_alone_is_its_noon(day: date) -> None:
    formats = ("mm-dd-yy", "yyyy-mm-dd", "d-mmm-yy", "dddd, mmmm dd, yyyy")
    rows = workbook(["desired_date", "time_zone"], *((day, shown) for shown in formats)).rows
    assert len(rows) == len(formats)
    for row in rows:
        assert datetime.fromisoformat(read_instant(row["desired_date"], AUSTIN).value) == datetime.combine(
            day, time(12), AUSTIN
        )


def test_a_midnight_that_is_shown_is_one() -> None:
    (row,) = workbook(["desired_date", "time_zone"], (datetime(2026, 12, 15), "m/d/yy h:mm")).rows  # noqa: DTZ001
    assert read_instant(row["desired_date"], AUSTIN).value == "2026-12-15T00:00:00-06:00"


@pytest.mark.parametrize("text", ["_x0041_", "_x005F_x0041_", "\ufffe", "a\x0bb", "_x_", "_xD800_", "__x00e9__"])
def test_a_text_with_a_code_of_a_character_comes_back(text: str) -> None:
    book = b"".join(write_xlsx(["a"], [[text]]))
    assert read_table("x.xlsx", book).rows == [{"a": text}]


def test_a_code_of_a_character_is_read_as_spreadsheets_show_it() -> None:
    book, buffer = Workbook(), io.BytesIO()
    for line in (["a"], ["two_x000D_\nlines of _x0041_, not _xD800_"]):
        book.worksheets[0].append(line)
    book.save(buffer)
    assert read_table("x.xlsx", buffer.getvalue()).rows == [{"a": "two\r\nlines of A, not _xD800_"}]

"""Cells of workbooks: date systems, times, numbers with zeros, errors; and too many sheets."""

import io
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from smartscheduler.errors import InvalidInput
from smartscheduler.imports.assembly import assembled
from smartscheduler.imports.file_reader import likely_table, read_file

MOMENT = datetime(2026, 12, 15, 9, 30)  # noqa: DTZ001  (cells have no zone)
DAY = date(2026, 12, 15)


def content_of(workbook: Workbook) -> bytes:
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def book(*cells: tuple[Any, str], is_1904: bool = False) -> Workbook:
    """A workbook with a cell for each value and the format in which it is shown."""
    workbook = Workbook()
    if is_1904:
        workbook.epoch = CALENDAR_MAC_1904
    sheet = workbook.worksheets[0]
    sheet.append([f"Column {number}" for number in range(len(cells))])
    for number, (value, shown) in enumerate(cells, start=1):
        cell = sheet.cell(row=2, column=number, value=value)
        cell.number_format = shown
    return workbook


def texts(workbook: Workbook) -> list[str]:
    return list(likely_table(read_file("x.xlsx", content_of(workbook))).rows[0].values())


@pytest.mark.parametrize("is_1904", [False, True])
def test_both_date_systems_and_times(is_1904: bool) -> None:
    cells = [(MOMENT, "m/d/yy h:mm"), (DAY, "mm-dd-yy"), (time(9, 30), "h:mm"), (timedelta(hours=26.5), "[h]:mm:ss")]
    reading = read_file("x.xlsx", content_of(book(*cells, is_1904=is_1904)))
    assert reading.date_system == (1904 if is_1904 else 1900)
    assert list(likely_table(reading).rows[0].values()) == ["2026-12-15 09:30:00", "2026-12-15", "09:30:00", "26:30:00"]


def test_a_plain_number_in_a_column_of_dates_counts_from_1904_too() -> None:
    row = {"desired_date": "44909.375", "window_start": "2026-12-15", "duration": "44909"}
    assert assembled(row, "jobs", {"date_system": 1904}) == row | {"desired_date": "46371.375"}
    assert assembled(row, "jobs", {}) == row


def test_numbers_keep_the_zeros_of_their_format() -> None:
    cells = [
        (7601, "00000"),
        (76011234, "00000-0000"),
        (76011234, "00000\\-0000"),
        (7601, "General"),
        (2.0, "0"),
        (123456, "000"),
    ]
    assert texts(book(*cells)) == ["07601", "07601-1234", "07601-1234", "7601", "2", "123456"]


def test_errors_of_formulas_are_empty() -> None:
    assert texts(book(("#N/A", "General"), ("#REF!", "General"), ("x", "General"))) == ["", "", "x"]


def test_too_many_sheets_are_refused() -> None:
    workbook = Workbook()
    for _ in range(50):
        workbook.create_sheet()
    with pytest.raises(InvalidInput, match=r"has 51 sheets\. The limit is 50"):
        read_file("x.xlsx", content_of(workbook))

"""Assembly of standard rows from the cells of a matched file. Pure.

First and last name become the name, a one-line address its four columns, a date and a time in two columns one moment.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from openpyxl.utils.datetime import from_excel

from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.geo.address_lines import read_address
from smartscheduler.imports.file_reader import SURPLUS, Row, Table
from smartscheduler.imports.targets import NAMES, NOTE, NOTES, PHONE_PARTS, PHONES, POSTAL, targets_of

SERIAL_DAY = re.compile(r"\d{5}(?:\.0{1,15})?", re.ASCII)
SERIAL_TIME = re.compile(r"0?\.\d{1,17}|0", re.ASCII)
# The date before the time that it has; it starts with the first digits with a colon or AM or PM.
TIME_AT_END = re.compile(r"(?:T|,? {1,3})\d{1,2}(?::\d\d| ?[aApP]\.?[mM]).{0,20}\Z", re.ASCII)
# Days of time cells of a workbook.
DAY_OF_TIMES = re.compile(r"(?:1899-12-3[01]|1900-01-0\d|1904-01-01)[T ]", re.ASCII)


def standard_rows(kind: str, table: Table, mapping: Sequence[str | None], options: Mapping[str, Any]) -> list[Row]:
    """The standard rows of a table. `mapping`: the target of each of its headings; empty for those left out."""
    targets = list(zip(table.headings, table.titles, mapping, strict=True))
    own = [(name, target) for name, _title, target in targets if target and target != NOTE]
    notes = [(name, title) for name, title, target in targets if target == NOTE]
    rows = list[Row]()
    for cells in table.rows:
        by_target = {target: cells.get(name, "") for name, target in own}
        if notes:
            lines = (f"{title}: {cells[name]}" for name, title in notes if cells.get(name))
            by_target[NOTE] = "\n".join(lines)
        row = assembled(by_target, kind, options)
        if SURPLUS in cells:
            row[SURPLUS] = cells[SURPLUS]
        rows.append(row)
    return rows


def columns_given(kind: str, mapping: Iterable[str | None]) -> list[str]:
    """The standard columns that the targets of a file give, in the order of the columns of this product."""
    names = set[str]()
    for target in mapping:
        names.update(_columns_of_part(kind, target) if target else ())
    return [name for name in targets_of(kind).columns if name in names]


def assembled(row_by_target: Mapping[str, str], kind: str, options: Mapping[str, Any]) -> Row:
    """The standard row, by column name, of cells by target. It has only columns for which the file has a target."""
    columns = set(targets_of(kind).columns)
    row = {name: cell for name, cell in row_by_target.items() if name in columns}
    parts = {name: cell for name, cell in row_by_target.items() if name not in columns}
    _name(row, parts, NAMES[kind])
    _phones(row, parts, PHONES[kind])
    _place(row, parts)
    if kind == "jobs":
        _moments(row, parts)
    if NOTE in parts and kind in NOTES:
        name = NOTES[kind]
        row[name] = "\n".join(filter(None, [row.get(name, ""), parts[NOTE]]))
    return row


def with_defaults(row: Row, options: Mapping[str, Any]) -> Row:
    """The row of a new record, with the values that the user has chosen for rows without one."""
    missing = {name: value for name, value in options.get("defaults", {}).items() if not row.get(name)}
    return row | missing if missing else row


def _columns_of_part(kind: str, target: str) -> tuple[str, ...]:
    if target in targets_of(kind).columns:
        return (target,)
    if target in PHONE_PARTS:
        return (PHONES[kind],)
    return {
        "first_name": (NAMES[kind],),
        "last_name": (NAMES[kind],),
        "company": (NAMES[kind],),
        "full_address": POSTAL,
        "address_2": ("address",),
        "clock": (),
        "end_clock": ("end",),
        NOTE: (NOTES.get(kind, ""),),
    }[target]


def _name(row: Row, parts: Mapping[str, str], column: str) -> None:
    if parts.keys() & {"first_name", "last_name"}:
        person = " ".join(filter(None, [parts.get("first_name"), parts.get("last_name")]))
        row[column] = row.get(column) or person
    if "company" in parts:
        row[column] = row.get(column) or parts["company"]


def _phones(row: Row, parts: Mapping[str, str], column: str) -> None:
    others = [parts[name] for name in PHONE_PARTS if name in parts]
    if others:
        row[column] = "; ".join(filter(None, [row.get(column, ""), *others]))


def _place(row: Row, parts: Mapping[str, str]) -> None:
    if line := parts.get("full_address", ""):
        for name, text in _split(line).items():
            row[name] = row.get(name) or text
    elif "full_address" in parts:
        row.setdefault("address", "")
    if second := parts.get("address_2", ""):
        row["address"] = ", ".join(filter(None, [row.get("address", ""), second]))


def _split(line: str) -> dict[str, str]:
    """The columns of a one-line address. A line that cannot be split is the street, so that its row names the rest."""
    try:
        return dict(zip(POSTAL, read_address(line)[:4], strict=True))
    except UnreadableText:
        return {"address": line}


def _moments(row: Row, parts: Mapping[str, str]) -> None:
    """Dates with their times. The start of a booking is also its desired date, if the file has none."""
    day = "start" if "start" in row else "desired_date"
    if clock := parts.get("clock", ""):
        row[day] = _at(row.get(day, ""), clock)
    if "end_clock" in parts:
        of_day = row.get("end") or row.get("start") or row.get("desired_date", "")
        row["end"] = _at(of_day, parts["end_clock"]) if parts["end_clock"] else row.get("end", "")
    if row.get("start") and not row.get("desired_date"):
        row["desired_date"] = row["start"]


def _at(day: str, clock: str) -> str:
    """A date and a time as one text; empty without a date. A time that the date has itself is replaced."""
    return f"{_day_of(day)} {_clock_of(clock)}" if day else ""


def _day_of(moment: str) -> str:
    """The date of a text with a date and perhaps a time. Serial dates of spreadsheets become ISO dates."""
    if SERIAL_DAY.fullmatch(moment):
        day: datetime = from_excel(int(float(moment)))
        return day.date().isoformat()
    return TIME_AT_END.sub("", moment)


def _clock_of(clock: str) -> str:
    """The time of a cell. Times of spreadsheets can be fractions of a day, or carry a date of their own."""
    if SERIAL_TIME.fullmatch(clock):
        minutes = round(float(clock) * 1_440) % 1_440
        return f"{minutes // 60}:{minutes % 60:02}"
    return DAY_OF_TIMES.sub("", clock)

"""Assembly of standard rows from the cells of a matched file. Pure.

First and last name become the name, a one-line address its four columns, a date and a time in two columns one moment.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from openpyxl.utils.datetime import from_excel

from smartscheduler.core.entry.addresses import read_place
from smartscheduler.core.entry.names import join_name
from smartscheduler.imports.cell_formats import has_time
from smartscheduler.imports.columns import POSTAL
from smartscheduler.imports.file_reader import BROKEN, SURPLUS, Row, Table
from smartscheduler.imports.targets import (
    BILLING,
    NAMES,
    NOTE,
    NOTES,
    PHONE_KINDS,
    PHONE_PARTS,
    PHONES,
    targets_of,
)

SERIAL = re.compile(r"\d{1,5}(?:\.\d{1,17})?", re.ASCII)
SERIAL_DAY = re.compile(r"\d{5}(?:\.0{1,15})?", re.ASCII)
SERIAL_TIME = re.compile(r"0?\.\d{1,17}|0", re.ASCII)
# The time behind a date; it starts with the first digits with a colon or AM or PM.
TIME_AT_END = re.compile(r"(?:T|,? {1,3})\d{1,2}(?::\d\d| ?[aApP]\.?[mM]).{0,20}\Z", re.ASCII)
DAYS_BEFORE_1904 = 1_462
DATES = frozenset({"desired_date", "start", "end", "closed_date", "window_start", "window_end"})
# Days of time cells of a workbook.
DAY_OF_TIMES = re.compile(r"(?:1899-12-3[01]|1900-01-0\d|1904-01-01)[T ]", re.ASCII)
BETWEEN_NUMBERS = re.compile(r"[;,\n|]")
BETWEEN_EMAILS = re.compile(r"[;,\s]+")
MAILTO = re.compile(r"\Amailto:", re.IGNORECASE)
# Google Contacts puts this between several values in a cell.
BETWEEN_VALUES = ":::"
FEWEST_DIGITS_OF_A_PHONE = 7
LONGEST_LIST = 1_000
# Key of the second line of an address that has no street.
SECOND_LINE = "\x00second line"
# What other products write in cells without a value.
DASHES = {"-", "–", "—"}


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
        row |= {name: cells[name] for name in (SURPLUS, BROKEN) if name in cells}
        rows.append(row)
    return rows


def columns_given(kind: str, mapping: Iterable[str | None]) -> list[str]:
    """The standard columns that the targets of a file give, in the order of the columns of this product."""
    targets = targets_of(kind)
    names = {name for target in mapping if target for name in targets.columns_of(target)}
    if kind == "jobs" and "start" in names:
        names.add("desired_date")
    return [name for name in targets.columns if name in names]


def assembled(row_by_target: Mapping[str, str], kind: str, options: Mapping[str, Any]) -> Row:
    """The standard row, by column name, of cells by target. It has only columns for which the file has a target.

    The second line of an address without a street is under the key `SECOND_LINE`.
    """
    if options.get("date_system") == 1904:
        row_by_target = {name: _in_1900(cell) if name in DATES else cell for name, cell in row_by_target.items()}
    columns = set(targets_of(kind).columns)
    row = {name: cell for name, cell in row_by_target.items() if name in columns}
    parts = {name: cell for name, cell in row_by_target.items() if name not in columns}
    notes = [parts[NOTE]] if parts.get(NOTE) else []
    _name(row, parts, NAMES[kind])
    _phones(row, parts, PHONES[kind])
    if kind == "customers":
        _email(row, notes)
    _place(row, parts)
    if kind == "jobs":
        _moments(row, parts)
        _status(row, parts)
    if "property_number" in parts:
        row["external_id"] = row.get("external_id") or parts["property_number"].partition("_")[0]
    if kind in NOTES and (notes or NOTE in parts):
        name = NOTES[kind]
        row[name] = "\n".join(filter(None, [row.get(name, ""), *notes]))
    return row


def with_defaults(row: Row, options: Mapping[str, Any]) -> Row:
    """The row of a new record, with the values that the user has chosen for rows without one.

    A row with the times of start and end has a duration.
    """
    has = {name for name, cell in row.items() if cell}
    if "end" in has and has_time(row.get("start") or row.get("desired_date", "")):
        has.add("duration")
    missing = {name: value for name, value in options.get("defaults", {}).items() if name not in has}
    return row | missing if missing else row


def _name(row: Row, parts: Mapping[str, str], column: str) -> None:
    """The name: as given, of its parts, the company, or the display name, which can repeat a company."""
    if parts.keys() & {"first_name", "middle_name", "last_name"}:
        first_names = " ".join(filter(None, [parts.get("first_name"), parts.get("middle_name")]))
        person = join_name(first_names, parts.get("last_name", ""))
        row[column] = row.get(column) or person
    if "company" in parts:
        row[column] = row.get(column) or parts["company"]
    if "display_name" in parts:
        is_known = row.get(column) or row.get("company")
        row[column] = row.get(column, "") if is_known else parts["display_name"]


def _phones(row: Row, parts: Mapping[str, str], column: str) -> None:
    others = [parts[name] for name in PHONE_PARTS if name in parts]
    others += [_with_kind(parts[name], kind) for name, kind in PHONE_KINDS.items() if name in parts]
    if others:
        row[column] = "; ".join(filter(None, [row.get(column, ""), *others]))
    if BETWEEN_VALUES in row.get(column, ""):
        row[column] = "; ".join(part.strip() for part in row[column].split(BETWEEN_VALUES))


def _with_kind(cell: str, kind: str) -> str:
    """Numbers with the word for their kind behind each: `512 555 0143 mobile`."""
    numbers = [part.strip() for part in BETWEEN_NUMBERS.split(cell.replace(BETWEEN_VALUES, ";")[:LONGEST_LIST])]
    return "; ".join(
        f"{number} {kind}" if sum(map(str.isdigit, number)) >= FEWEST_DIGITS_OF_A_PHONE else number
        for number in filter(None, numbers)
    )


def _email(row: Row, notes: list[str]) -> None:
    """The first of several addresses in a cell of a customer. The others become a note."""
    if row.get("email", "").count("@") < 2:
        return
    texts = [text for text in BETWEEN_EMAILS.split(row["email"].replace(BETWEEN_VALUES, ";")) if text]
    addresses = [MAILTO.sub("", text.strip("<>()\"'")) for text in texts if "@" in text]
    row["email"] = addresses[0]
    others = ", ".join(addresses[1:]) if len(addresses) == len(texts) else " ".join(texts)
    notes.append(gettext("Email: {addresses}").format(addresses=others))


def _place(row: Row, parts: Mapping[str, str]) -> None:
    _add_place(row, parts, "full_address", "address_2")
    if not parts.keys() & set(BILLING.values()):
        return
    billing = {name: parts[part] for name, part in BILLING.items() if part in parts}
    of_bill = {name: cell for name, cell in billing.items() if name in POSTAL}
    _add_place(of_bill, billing, "full_address", "address_2")
    is_empty = not any(row.get(name) for name in POSTAL)
    for name, cell in of_bill.items():
        row[name] = cell if is_empty else row.get(name, "")


def _add_place(row: Row, parts: Mapping[str, str], whole: str, second: str) -> None:
    if line := parts.get(whole, ""):
        # A line that cannot be split is the street, so that its row names the rest.
        for name, text in (read_place(line) or {"address": line}).items():
            row[name] = row.get(name) or text
    elif whole in parts:
        row.setdefault("address", "")
    if text := parts.get(second, ""):
        # A second line alone is no street, and must not replace the one of a record: the row gets a remark.
        name, cell = ("address", f"{row['address']}, {text}") if row.get("address") else (SECOND_LINE, text)
        row[name] = cell
    # Jobber can repeat the city and the ZIP code behind the street: `123 Main St • Austin, Texas 78701`.
    street, bullet, rest = row.get("address", "").partition(" • ")
    if bullet and row.get("zip_code", "") and row["zip_code"] in rest:
        row["address"] = street


def _moments(row: Row, parts: Mapping[str, str]) -> None:
    """Dates with their times. The start of a booking is also its desired date, if the file has none."""
    for name in ("desired_date", "start", "end"):
        if row.get(name) in DASHES:
            row[name] = ""
    day = "start" if row.get("start") else "desired_date"
    of_day = row.get("end") or row.get(day, "")
    if clock := parts.get("clock", ""):
        row[day] = _at(row.get(day, ""), clock)
    if "end_clock" in parts:
        row["end"] = _at(of_day, parts["end_clock"]) if parts["end_clock"] else row.get("end", "")
    if row.get("start") and not row.get("desired_date"):
        row["desired_date"] = row["start"]


def _status(row: Row, parts: Mapping[str, str]) -> None:
    """A day of completion means that a job is completed."""
    if "closed_date" in parts:
        closed = parts["closed_date"] not in {"", *DASHES}
        row["status"] = row.get("status") or ("completed" if closed else "")


def _at(day: str, clock: str) -> str:
    """A date and a time as one text. A time that the date has itself is replaced. Without a date, the time alone.

    The reader of dates refuses a time alone. A text without digits, such as a dash, is no time.
    """
    if not day:
        return _clock_of(clock) if any(map(str.isdigit, clock)) else ""
    return f"{_day_of(day)} {_clock_of(clock)}"


def _day_of(moment: str) -> str:
    """The date of a text with a date and perhaps a time. Serial dates of spreadsheets become ISO dates."""
    if SERIAL_DAY.fullmatch(moment):
        day: datetime = from_excel(int(float(moment)))
        return day.date().isoformat()
    return TIME_AT_END.sub("", moment)


def _in_1900(moment: str) -> str:
    """A serial date of a workbook whose days are counted from 1904, in the ordinary count from 1900.

    Cells with a date format are dates already; these are numbers in a column of dates.
    """
    return str(Decimal(moment) + DAYS_BEFORE_1904) if SERIAL.fullmatch(moment) else moment


def _clock_of(clock: str) -> str:
    """The time of a cell. Times of spreadsheets can be fractions of a day, or carry a date of their own."""
    if SERIAL_TIME.fullmatch(clock):
        minutes = round(float(clock) * 1_440) % 1_440
        return f"{minutes // 60}:{minutes % 60:02}"
    return DAY_OF_TIMES.sub("", clock)

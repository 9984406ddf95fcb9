"""Tests of the content of cells, which find the target of a column whose heading says nothing. Pure.

They are cheaper and stricter than the readers of the import: a match is a guess that a user corrects.
"""

import re

from smartscheduler.core.entry.addresses import read_place
from smartscheduler.core.entry.phone_numbers import parse_phone
from smartscheduler.core.geo.address_lines import states_by_name
from smartscheduler.imports.bookings import MEANINGS
from smartscheduler.imports.columns import JOB_NUMBER
from smartscheduler.imports.work_types import types_of

ZIP = re.compile(r"\d{5}(?:-\d{4})?", re.ASCII)
DATE = re.compile(
    r"(?:\d{4}-\d\d?-\d\d?|\d\d?[/.-]\d\d?[/.-](?:\d{4}|\d\d)|[A-Za-z]{3,9}\.? \d\d?(?:st|nd|rd|th)?,? \d{4})(?:\b.*)?",
    re.ASCII,
)
CLOCK = re.compile(
    r"\d{1,2}(?::[0-5]\d(?::[0-5]\d)?(?: ?(?:[ap]m|[ap]\.m\.))?| ?(?:[ap]m|[ap]\.m\.))", re.ASCII | re.IGNORECASE
)
DURATION = re.compile(
    r"\d{1,3}(?:[.:]\d{1,2})? ?(?:h|hr|hrs|hours?|m|min|mins|minutes?)\b.{0,20}", re.ASCII | re.IGNORECASE
)
MONEY = re.compile(r"-?\$ ?\d[\d,]*+(?:\.\d\d)?|(?<![\d,])-?\d[\d,]*+\.\d\d ?(?:USD|\$)", re.ASCII)
FEWEST_DIGITS_OF_A_PHONE = 10
# A longer cell with such a word is a note.
LONGEST_TYPE = 40


def is_email(cell: str) -> bool:
    name, at, domain = cell.partition("@")
    _host, dot, end = domain.rpartition(".")
    return bool(name and at and dot and len(end) > 1) and "@" not in domain and not any(map(str.isspace, cell))


def is_phone(cell: str) -> bool:
    """Whether a cell is one number with an area code. Grouping tells it from a long number of another system."""
    return (
        sum(map(str.isdigit, cell)) >= FEWEST_DIGITS_OF_A_PHONE and not cell.isdigit() and parse_phone(cell) is not None
    )


def is_address_line(cell: str) -> bool:
    return any(map(str.isdigit, cell)) and read_place(cell) is not None


def is_zip_code(cell: str) -> bool:
    return bool(ZIP.fullmatch(cell))


def is_state(cell: str) -> bool:
    return cell.lower() in states_by_name()


def is_date(cell: str) -> bool:
    return bool(DATE.fullmatch(cell))


def is_clock(cell: str) -> bool:
    return bool(CLOCK.fullmatch(cell))


def is_duration(cell: str) -> bool:
    return bool(DURATION.fullmatch(cell))


def is_money(cell: str) -> bool:
    return bool(MONEY.fullmatch(cell))


def is_type(cell: str) -> bool:
    return len(cell) <= LONGEST_TYPE and bool(types_of(cell))


def is_status(cell: str) -> bool:
    return " ".join(re.findall(r"[a-z]+", cell.lower())) in MEANINGS


def is_own_job_number(cell: str) -> bool:
    return bool(JOB_NUMBER.fullmatch(cell))

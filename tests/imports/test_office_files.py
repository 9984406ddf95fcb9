"""Odd files of offices: each is read, matched, checked and imported, and has one right answer."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.services import begin, import_checked
from tests.factories import ContractorFactory, UserFactory
from tests.imports.test_imports import counts, errors, finished, with_suggested_match

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]
AUSTIN = ["100 Congress Ave", "Austin", "TX", "78701"]
CREW_HEAD = ["Contractor", "Trade", "Phone", "E-mail", "Address", "City", "State", "Zip", "Notes"]
CREW = ["Ann Bell", "tile", "512-555-0143", "ann@example.com", *AUSTIN, ""]
JOB_HEAD = ["Customer", "Job type", "Date", "Hours", "Street", "City", "State", "Zip", "Comments"]
JOB = ["Grace Hill", "tile", "12/15/2026 9:00 AM", "2", *AUSTIN, ""]
CLIENT_HEAD = ["Client", "Phone", "Email", "Street", "City", "State", "Zip", "Notes"]
CLIENT = ["Grace Hill", "512-555-0199", "grace@example.com", *AUSTIN, ""]
CENTRAL = ZoneInfo("America/Chicago")
NINE = datetime(2026, 12, 15, 9, tzinfo=CENTRAL)
Lines = Sequence[Sequence[Any]]


def with_cells(line: Sequence[Any], head: Sequence[str], **cells: Any) -> list[Any]:
    """The line with other cells, by heading in lower case."""
    names = [name.lower().replace(" ", "_").replace("-", "") for name in head]
    assert cells.keys() <= set(names)
    return [cells.get(name, cell) for name, cell in zip(names, line, strict=True)]


def crew(**cells: Any) -> list[Any]:
    return with_cells(CREW, CREW_HEAD, **cells)


def job(**cells: Any) -> list[Any]:
    return with_cells(JOB, JOB_HEAD, **cells)


def client(**cells: Any) -> list[Any]:
    return with_cells(CLIENT, CLIENT_HEAD, **cells)


def as_csv(*lines: Sequence[Any], encoding: str = "utf-8", separator: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(lines)
    return text.getvalue().encode(encoding)


def book(*sheets: Lines, since_1904: bool = False, hide_first: bool = False) -> bytes:
    made = Workbook()
    if since_1904:
        made.epoch = CALENDAR_MAC_1904
    for number, lines in enumerate(sheets):
        sheet = made.worksheets[0] if number == 0 else made.create_sheet()
        for line in lines:
            sheet.append(list(line))
    if hide_first:
        made.worksheets[0].sheet_state = "hidden"
        made.active = 1
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


@dataclass
class Odd:
    """A file and its right answer. `errors` and `remarks`: a piece of the text, by line (and column)."""

    kind: str
    content: bytes
    # Created, changed, unchanged, rejected.
    counts: tuple[int, int, int, int]
    name: str = "x.csv"
    errors: dict[int, dict[str, str]] = field(default_factory=dict)
    remarks: dict[int, str] = field(default_factory=dict)
    # Columns of the records, and their values in the order of the rows.
    fields: tuple[str, ...] = ()
    values: list[Any] = field(default_factory=list)
    # What the check of one more thing returns true for.
    holds: Callable[[ImportRun], bool] = bool


MODELS: dict[str, Any] = {"contractors": Contractor, "jobs": Job, "customers": Customer}
DATES = [
    "12/15/2026 9:00:00 AM", "12/15/2026 9:00AM", "12/15/2026, 9:00 AM", "12/15/2026 9 AM", "2026-12-15 9:00 AM",
    "December 15, 2026 9:00 AM", "Dec 15, 2026 9am", "2026-12-15T09:00:00-06:00", "46371.375", "12/15/26 9:00",
]  # fmt: skip
LENGTHS = {"2 hrs": 120, "2h 30m": 150, "90 mins": 90, "120m": 120, "1.5": 90, "2:30": 150, "0.0625": 90, "1 hour": 60}
PHONES = ["(512) 555-0143 ext. 12", "512-555-0143 x12", "(512) 555-0143 (cell)", "tel:+1-512-555-0143",
          "512‑555‑0143", "512-555-0143\u200b", "1 512 555 0143", "5125550143.0"]  # fmt: skip
FULL = ["Name", "Trade", "Cell", "Email", "Home address"]

FILES: dict[str, Odd] = {
    "other headings and a column that is left out": Odd(
        "contractors",
        as_csv([*CREW_HEAD, "Shirt size"], [*CREW, "XL"]),
        (1, 0, 0, 0),
        fields=("name", "type", "phone_number", "email", "address", "zip_code"),
        values=[("Ann Bell", "tile", "(512) 555-0143", "ann@example.com", "100 Congress Ave", "78701")],
        holds=lambda run: run.mapping[-1] == "",
    ),
    "first and last name": Odd(
        "contractors",
        as_csv(["First Name", "Last Name", *CREW_HEAD[1:]], ["Ann", "Bell", *CREW[1:]]),
        (1, 0, 0, 0),
        fields=("name",),
        values=["Ann Bell"],
    ),
    "a title above the headings": Odd(
        "contractors",
        as_csv(["Crew list, December 2026"], ["Printed 12/1/2026", ""], [], CREW_HEAD, CREW),
        (1, 0, 0, 0),
        fields=("name",),
        values=["Ann Bell"],
    ),
    "a cover sheet": Odd(
        "contractors", book([["READ ME"], ["Ask Wanda"]], [CREW_HEAD, CREW]), (1, 0, 0, 0), name="x.xlsx"
    ),
    "a hidden sheet of lists": Odd(
        "contractors",
        book([["Trades"], ["tile"], ["carpet"]], [CREW_HEAD, CREW], hide_first=True),
        (1, 0, 0, 0),
        name="x.xlsx",
    ),
    "whole addresses in one cell": Odd(
        "contractors",
        as_csv(
            FULL,
            ["Ann", "Tile", "512 555 0143", "a@example.com", "100 Congress Ave, Austin, TX 78701"],
            ["Bea", "Tile", "512 555 0144", "b@example.com", "12 Main St Apt 4, Round Rock, Texas 78664-1234"],
        ),
        (2, 0, 0, 0),
        fields=("city", "state", "zip_code"),
        values=[("Austin", "TX", "78701"), ("Round Rock", "TX", "78664")],
    ),
    "dates as people write them": Odd(
        "jobs",
        as_csv(JOB_HEAD, *(job(date=text, customer=f"Customer {text}") for text in DATES)),
        (len(DATES), 0, 0, 0),
        fields=("desired_date",),
        values=[NINE] * len(DATES),
    ),
    "days alone are noon": Odd(
        "jobs",
        as_csv(JOB_HEAD, *(job(date=text, customer=text) for text in ("12/15/2026", "12/15/26", "Dec 15, 2026"))),
        (3, 0, 0, 0),
        fields=("desired_date",),
        values=[NINE.replace(hour=12)] * 3,
    ),
    "a day of a workbook is noon": Odd(
        "jobs",
        book([JOB_HEAD, job(date=date(2026, 12, 15), hours=time(1, 30))]),
        (1, 0, 0, 0),
        name="x.xlsx",
        fields=("desired_date", "duration"),
        values=[(NINE.replace(hour=12), timedelta(minutes=90))],
    ),
    "the date system of 1904": Odd(
        "jobs",
        book([JOB_HEAD, job(date=datetime(2026, 12, 15, 9))], since_1904=True),  # noqa: DTZ001
        (1, 0, 0, 0),
        name="x.xlsx",
        fields=("desired_date",),
        values=[NINE],
    ),
    "the day before the month": Odd(
        "jobs",
        as_csv(JOB_HEAD, job(date="25/12/2026 9:00"), job(date="03/12/2026 9:00", customer="Ann")),
        (2, 0, 0, 0),
        fields=("desired_date",),
        values=[NINE.replace(day=25), NINE.replace(day=3)],
    ),
    "day and time in two columns": Odd(
        "jobs",
        as_csv(
            [*JOB_HEAD, "Time"], [*job(date="12/15/2026"), "9am"], [*job(date="12/16/26", customer="Ann"), "1:30 PM"]
        ),
        (2, 0, 0, 0),
        fields=("desired_date",),
        values=[NINE, NINE.replace(day=16, hour=13, minute=30)],
    ),
    "durations as people write them": Odd(
        "jobs",
        as_csv(JOB_HEAD, *(job(hours=text, customer=f"Customer {text}") for text in LENGTHS)),
        (len(LENGTHS), 0, 0, 0),
        fields=("duration",),
        values=[timedelta(minutes=minutes) for minutes in LENGTHS.values()],
    ),
    "phone numbers with extensions, notes and hidden marks": Odd(
        "customers",
        as_csv(CLIENT_HEAD, *(client(phone=text, client=f"Customer {n}", email="") for n, text in enumerate(PHONES))),
        (len(PHONES), 0, 0, 0),
        holds=lambda run: (
            {phone.number for customer in Customer.objects.all() for phone in customer.phones.all()} == {"+15125550143"}
        ),
    ),
    "two numbers in a cell": Odd(
        "customers",
        as_csv(CLIENT_HEAD, client(phone="512-555-0143 / 512-555-0144")),
        (1, 0, 0, 0),
        holds=lambda run: Customer.objects.get().phones.count() == 2,
    ),
    "an optional phone number that is none": Odd(
        "jobs",
        as_csv([*JOB_HEAD, "Phone"], [*JOB, "call the office"], [*job(customer="Ann"), "512-555-0143"]),
        (2, 0, 0, 0),
        remarks={2: "call the office"},
        holds=lambda run: "call the office" in Job.objects.get(customer_name="Grace Hill").special_requirements,
    ),
    "Windows-1252": Odd(
        "customers",
        as_csv(CLIENT_HEAD, client(client="José “Pepe” Núñez", notes="½ bath – OK"), encoding="cp1252"),
        (1, 0, 0, 0),
        fields=("name", "notes"),
        values=[("José “Pepe” Núñez", "½ bath – OK")],
        holds=lambda run: run.encoding == "cp1252",
    ),
    "UTF-16 without a mark": Odd(
        "customers",
        as_csv(CLIENT_HEAD, client(client="José Núñez"), encoding="utf-16-le"),
        (1, 0, 0, 0),
        fields=("name",),
        values=["José Núñez"],
    ),
    "Mac Roman with semicolons": Odd(
        "customers",
        as_csv(CLIENT_HEAD, client(client="José Núñez"), encoding="mac-roman", separator=";"),
        (1, 0, 0, 0),
        fields=("name",),
        values=["José Núñez"],
    ),
    "a broken quote": Odd(
        "customers",
        as_csv(CLIENT_HEAD, client(), client(client="Ann", email="ann@example.com", phone="512-555-0144")).replace(
            b"\r\nAnn,", b'\r\n"Bad "quote",512-555-0145,b@example.com,1 Main St,Austin,TX,78701,\r\nAnn,'
        ),
        (2, 0, 0, 1),
        errors={3: {}},
    ),
    "a ZIP code of another state": Odd(
        "jobs",
        as_csv(JOB_HEAD, job(zip="10001"), job(customer="Ann")),
        (1, 0, 0, 1),
        errors={2: {"zip_code": "NY"}},
    ),
    "a ZIP code without a known center": Odd(
        "contractors",
        as_csv(CREW_HEAD, crew(city="Indianapolis", state="IN", zip="46245"), crew(email="bea@example.com")),
        (1, 0, 0, 1),
        errors={2: {"zip_code": "latitude and longitude"}},
    ),
    "an unknown ZIP code, and all faults of a row at once": Odd(
        "jobs",
        as_csv(JOB_HEAD, job(zip="", date="sometime", hours="long"), job(customer="Ann")),
        (1, 0, 0, 1),
        errors={2: {"zip_code": "", "desired_date": "", "duration": ""}},
    ),
    "zeros that a spreadsheet dropped": Odd(
        "customers",
        book([CLIENT_HEAD, client(street="5 Brattle St", city="Cambridge", state="Mass.", zip=2138)]),
        (1, 0, 0, 0),
        name="x.xlsx",
        holds=lambda run: Customer.objects.get().addresses.get().zip_code == "02138",
    ),
    "cells that keep their zeros as formulas": Odd(
        "customers",
        as_csv(CLIENT_HEAD, client(street="5 Brattle St", city="Cambridge", state="MA", zip='="02138"')),
        (1, 0, 0, 0),
        holds=lambda run: Customer.objects.get().addresses.get().zip_code == "02138",
    ),
    "invisible names, and names with tabs": Odd(
        "contractors",
        as_csv(
            CREW_HEAD,
            crew(contractor="\u200b\u200b"),
            crew(contractor="Bea\tBell", email="bea@example.com"),
            crew(contractor="Cal\nBell", email="cal@example.com"),
        ),
        (2, 0, 0, 1),
        errors={2: {"name": ""}},
        fields=("name",),
        values=["Bea Bell", "Cal Bell"],
    ),
    "two spellings of one address": Odd(
        "contractors",
        as_csv(CREW_HEAD, crew(email="ada@bücher.example"), crew(email="ADA@xn--bcher-kva.example", contractor="Ada")),
        (1, 0, 0, 1),
        errors={3: {"email": ""}},
    ),
    "two spellings of one skill": Odd(
        "contractors",
        as_csv([*CREW_HEAD, "Skills"], [*CREW, "café; cafe\u0301; MOSAIC  inlay; Mosaic inlay; Straße; STRASSE"]),
        (1, 0, 0, 0),
        holds=lambda run: len(Contractor.objects.get().skills) == 3,
    ),
    "numbers of another system": Odd(
        "jobs",
        as_csv(["Job #", *JOB_HEAD], [100234, *JOB], [100235, *job(customer="Ann")]),
        (2, 0, 0, 0),
        fields=("external_id",),
        values=["100234", "100235"],
    ),
    "a heading twice, and one that is empty": Odd(
        "customers",
        as_csv([*CLIENT_HEAD, "Phone", ""], *([*client(client=name), "512-555-0144", "x"] for name in ("Ann", "Bea"))),
        (2, 0, 0, 0),
        holds=lambda run: all(customer.phones.count() == 2 for customer in Customer.objects.all()),
    ),
    "types of work in the words of the office": Odd(
        "contractors",
        as_csv(CREW_HEAD, crew(trade="Hardwood / LVP"), crew(trade="Tile, Carpet", email="bea@example.com")),
        (2, 0, 0, 0),
        fields=("type",),
        values=["flooring", "multi"],
        remarks={3: "read as multi"},
    ),
}


@pytest.fixture
def actor() -> User:
    return UserFactory()


def accepted(kind: str, name: str, content: bytes, actor: User, **options: Any) -> ImportRun:
    """The checked file. The user accepts the match."""
    return finished(with_suggested_match(begin(kind=kind, name=name, content=content, actor=actor, options=options)))


def moved_in(kind: str, name: str, content: bytes, actor: User, **options: Any) -> ImportRun:
    """The imported file."""
    return finished(import_checked(run_id=accepted(kind, name, content, actor, **options).pk))


@pytest.mark.parametrize("title", FILES)
def test_an_odd_file(title: str, actor: User) -> None:
    odd = FILES[title]
    run = accepted(odd.kind, odd.name, odd.content, actor)
    assert counts(run) == odd.counts, errors(run)
    refusals = errors(run)
    assert refusals.keys() == odd.errors.keys()
    for line, by_column in odd.errors.items():
        assert refusals[line].keys() >= by_column.keys()
        assert all(piece in " ".join(refusals[line][column]) for column, piece in by_column.items()), refusals
    run = finished(import_checked(run_id=run.pk))
    assert counts(run)[:3] == odd.counts[:3], errors(run)
    remarks = {row.number: row.remarks for row in run.rows.all()}
    assert all(piece in remarks[line] for line, piece in odd.remarks.items()), remarks
    records = MODELS[odd.kind].objects.order_by("created_at", "pk").values_list(*odd.fields, flat=len(odd.fields) == 1)
    assert not odd.fields or list(records) == odd.values
    assert odd.holds(run)
    again = accepted(odd.kind, odd.name, odd.content, actor)
    assert counts(again)[:2] == (0, 0), [(row.number, row.remarks) for row in again.rows.all()]


def test_an_empty_product_takes_the_bookings_of_a_file_of_jobs(actor: User) -> None:
    """One that clashes, or whose contractor is unknown, is rejected by name, or comes in as an open job."""
    ContractorFactory(name="Ann Bell", type="tile")
    head = ["Job No", *JOB_HEAD, "Installer", "Status"]
    content = as_csv(
        head,
        ["1", *JOB, "ANN BELL", "Booked"],
        ["2", *job(customer="Ann"), "Ann Bell", "Booked"],
        ["3", *job(customer="Bea"), "Bob from Dallas", "Booked"],
        ["4", *job(customer="Cal"), "", "Open"],
    )
    run = accepted("jobs", "x.csv", content, actor)
    assert counts(run) == (2, 0, 0, 2)
    assert {line: list(columns) for line, columns in errors(run).items()} == {3: ["start"], 4: ["contractor"]}
    run = moved_in("jobs", "x.csv", content, actor, open_jobs=True)
    assert counts(run) == (4, 0, 0, 0), errors(run)
    assert list(Job.objects.order_by("external_id").values_list("status", flat=True)) == ["assigned", *["open"] * 3]

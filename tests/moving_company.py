"""Three spreadsheets of a flooring company, as its office keeps them: other headings, mixed formats, and faults.

`python -m tests.moving_company FOLDER 2026-12-01` writes those of a day. The same day and seed give the same content.
"""

import csv
import io
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import cycle, product
from pathlib import Path
from typing import Any

from openpyxl import Workbook

CONTRACTORS, JOBS, BOOKINGS = 300, 2_000, 400
SEED = 21
PLACES = [
    ("78701", "Austin"), ("78704", "Austin"), ("78745", "Austin"), ("78750", "Austin"), ("78660", "Pflugerville"),
    ("78664", "Round Rock"), ("78681", "Round Rock"), ("78613", "Cedar Park"), ("78641", "Leander"),
    ("78626", "Georgetown"), ("78633", "Georgetown"), ("78640", "Kyle"), ("78610", "Buda"), ("78666", "San Marcos"),
    ("78602", "Bastrop"), ("78621", "Elgin"), ("78737", "Austin"),
]  # fmt: skip
STREETS = ["Live Oak", "Bluebonnet", "Pecan", "Cedar", "Brazos", "Guadalupe", "Barton Springs", "Mesquite", "Juniper"]
WAYS = ["St", "Ln", "Dr", "Ave", "Blvd", "Cove", "Trail"]
FIRST = [
    "José", "Maria", "Ann", "Luis", "Grace", "Deshawn", "Zoë", "Kevin", "Renée", "Tyler", "Aisha", "Björn", "Linda",
    "Carlos", "Mei", "Patrick", "Siobhán", "Omar", "Wanda", "Diego", "Priya", "Earl", "Noor", "Beth", "Héctor",
]  # fmt: skip
LAST = [
    "Núñez", "O’Neil", "Garcia", "Smith", "Hill", "Washington", "Nguyen", "Müller", "Johnson", "Peña", "Lee", "Ortiz",
    "McDonald", "Brown", "Kowalski", "Davis", "Castañeda", "Young", "Patel", "Walker", "D'Angelo", "Moore", "Ruiz",
    "Clark", "Reyes", "Baker", "Lopez", "Stone", "Vega", "Cook", "Flores", "Bell", "Cruz", "Gray", "Ramos", "Ward",
]  # fmt: skip
COMPANIES = ["& Sons", "Properties, Inc.", "Interiors"]
AREAS = ["512", "737", "254", "830", "210"]
# The words of the office for the work of a contractor, and the types that they stand for.
TRADES = {
    "Tile & stone": {"tile"},
    "Carpet": {"carpet"},
    "Hardwood / LVP": {"flooring"},
    "Tile, Hardwood": {"tile", "flooring"},
    "Carpet, Tile, LVP": {"carpet", "tile", "flooring"},
}
# The words for the work of a job, by type.
WORK = {
    "tile": ["Tile install", "Tile", "Bathroom tile"],
    "carpet": ["Carpet install", "Carpet"],
    "flooring": ["Hardwood", "LVP install", "Laminate floor"],
}
# The notations of durations, by minutes. A time is a cell in the time format of Excel.
LENGTHS: dict[int, list[Any]] = {
    90: ["1.5", "90 min", "1h 30m", time(1, 30)],
    120: ["2", "2 hrs", "120m", time(2)],
    150: ["2h 30m", "2:30", "2.5 hours"],
    240: ["4", "4 h", time(4)],
}
REMARKS = ["", "", "", "Gate code 4411", "Dog in yard – call first", "½ bath only", "Customer supplies the “good” tile"]


NO_PHONE = "call the office"


def lacks_email(number: int) -> bool:
    """Whether a contractor has no email address, and is rejected."""
    return number % 100 == 17


@dataclass(frozen=True)
class Worker:
    """A contractor of the office."""

    first: str
    last: str
    types: frozenset[str]

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass
class Company:
    """The files, and the lines of the jobs file with a fault: their column (empty: the row as a whole)."""

    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    # Contractors without an email address.
    refused_contractors: int = 0


class Office:
    """The office that keeps the files on a day."""

    def __init__(self, today: date, part: int, dice: random.Random) -> None:
        self.today, self.dice, self.bookings, self.jobs_of_all = today, dice, BOOKINGS // part, JOBS // part
        names = list(product(FIRST, LAST))
        dice.shuffle(names)
        self.names = names[: CONTRACTORS // part]
        self.clients = [f"{first} {last}" for first, last in names[CONTRACTORS::part]]
        self.clients += [f"{last} {word}" for word in COMPANIES for last in LAST[::part]]
        self.phones = {name: (AREAS[n % 5], f"{2000 + n:04}") for n, name in enumerate(self.clients)}
        self.sites = {
            name: (f"{100 + n} {self._street()}", *dice.choice(PLACES)) for n, name in enumerate(self.clients)
        }
        self.workers: list[Worker] = []

    def _street(self) -> str:
        return f"{self.dice.choice(STREETS)} {self.dice.choice(WAYS)}"

    def contractors(self) -> bytes:
        """A workbook: a cover sheet, and a list with two lines of title above its headings."""
        book = Workbook()
        cover = book.worksheets[0]
        cover.title = "READ ME"
        for line in (["Lone Star Floors"], ["Ask Wanda before you change this file!"], [], ["Sheet 2 has the crews"]):
            cover.append(line)
        sheet = book.create_sheet("Crews")
        sheet.append([f"Crew list {self.today.year}"])
        sheet.append(["Printed", self.today])
        sheet.append([])
        sheet.append(
            [
                "First",
                "Last",
                "Cell",
                "Other phone",
                "E-mail",
                "Trades",
                "Home address",
                "Hours",
                "Radius",
                "W-9?",
                "Rate",
            ]
        )
        for number, (first, last) in enumerate(self.names):
            trades = list(TRADES)[number % len(TRADES)]
            if not lacks_email(number):
                self.workers.append(Worker(first, last, frozenset(TRADES[trades])))
            sheet.append(self._contractor(number, first, last, trades))
        return _packed(book)

    def _contractor(self, number: int, first: str, last: str, trades: str) -> list[Any]:
        zip_code, city = PLACES[number % len(PLACES)]
        digits = f"{3000 + number:04}"
        phone = [f"(512) 555-{digits}", f"512.555.{digits}", f"512-555-{digits} (cell)", int(f"512555{digits}")][
            number % 4
        ]
        other = ["", "", f"737-555-{digits} ext. 12", f"Wife: (737) 555-{digits}"][number % 4]
        return [
            first, last, phone, other,
            "" if lacks_email(number) else f"crew{number}@example.com",
            trades,
            f"{400 + number} {self._street()}, {city}, {'Texas' if number % 7 == 0 else 'TX'} {zip_code}",
            ["Mon-Fri 8am-5pm", "Mon-Sat 7:30am-6pm", "", "Mon-Fri 08:00-17:00"][number % 4],
            ["", "", "80", "95 miles"][number % 4],
            "yes" if number % 3 else "", f"${40 + number % 20}/hr",
        ]  # fmt: skip

    def customers(self) -> bytes:
        """A list of customers in the layout of an accounting program, in Windows-1252."""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(
            [
                "Customer",
                "Company",
                "Street Address",
                "City",
                "State",
                "Zip",
                "Country",
                "Phone",
                "Email",
                "Open Balance",
                "Notes",
            ]
        )
        for number, name in enumerate(self.clients):
            street, zip_code, city = self.sites[name]
            is_company = name.endswith(tuple(COMPANIES))
            writer.writerow([
                name, name if is_company else "", street, city, "TX", zip_code, "USA", self._phone(name),
                "" if number % 4 == 0 else f"customer{number}@example.com", f"{number * 7 % 900}.00",
                ["", "", "Prefers “José”", "½ day only – never Fridays"][number % 4],
            ])  # fmt: skip
        return text.getvalue().encode("cp1252")

    def _phone(self, name: str) -> str:
        area, digits = self.phones[name]
        forms = ["({}) 555-{}", "{}-555-{}", "{}.555.{}", "({}) 555-{} x12", "1-{}-555-{}", "{} 555 {} (home)"]
        return forms[int(digits) % len(forms)].format(area, digits)

    def jobs(self, faults: dict[int, str]) -> bytes:
        """A workbook of jobs; the first ones have a contractor. `faults` gets the lines with a fault."""
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.title = "Jobs"
        sheet.append([
            "Job #", "Customer", "Phone", "Site address", "City", "State", "Zip", "Work", "Day", "Time", "How long",
            "Installer", "Status", "Remarks", "Est. $",
        ])  # fmt: skip
        lines = [*self._bookings(), *self._open_jobs()]
        self._spoil(lines, faults)
        for line in lines:
            sheet.append(list(line.values()))
        for row in sheet.iter_rows(min_row=2):
            if isinstance(row[8].value, date):
                row[8].number_format = "m/d/yyyy"
            for cell in (row[9], row[10]):
                if isinstance(cell.value, time):
                    cell.number_format = "h:mm"
        return _packed(book)

    def _bookings(self) -> Iterator[dict[str, Any]]:
        """One visit of a contractor on a working day: so many contractors are free, and drives never matter."""
        days = [self.today + timedelta(days=ahead) for ahead in range(2, 32)]
        slots = cycle([day for day in days if day.weekday() < 5])
        for number in range(self.bookings):
            worker, day = self.workers[number % len(self.workers)], next(slots)
            past = number >= len(self.workers) and number % 2 == 0
            yield self._job(number, self.dice.choice(sorted(worker.types))) | {
                "day": self._day(day - timedelta(weeks=6) if past else day, number),
                "time": [time(9), "9:00 AM", "9am", "09:00", time(12, 30), "12:30 PM"][number % 6],
                "installer": worker.name if number % 9 else worker.name.upper(),
                "status": "Done" if past else ["Booked", "Confirmed", "Scheduled"][number % 3],
            }

    def _open_jobs(self) -> Iterator[dict[str, Any]]:
        for number in range(self.bookings, self.jobs_of_all):
            day = self.today + timedelta(days=2 + number % 55)
            yield self._job(number, ["tile", "carpet", "flooring"][number % 3]) | {
                "day": self._day(day, number),
                "time": ["", "", "", "10 AM", time(14)][number % 5],
                "status": ["Open", "", "To schedule"][number % 3],
            }

    def _day(self, day: date, number: int) -> Any:
        texts = [f"{day.month}/{day.day}/{day.year}", f"{day:%m/%d/%y}", f"{day:%b} {day.day}, {day.year}"]
        return day if number % 5 else texts[number // 5 % 3]

    def _job(self, number: int, work: str) -> dict[str, Any]:
        name = self.clients[number * 7 % len(self.clients)]
        street, zip_code, city = self.sites[name]
        minutes = list(LENGTHS)[number % len(LENGTHS)]
        return {
            "job": 24_000 + number, "customer": name, "phone": self._phone(name), "address": street, "city": city,
            "state": "TX", "zip": int(zip_code) if number % 2 else zip_code, "work": self.dice.choice(WORK[work]),
            "day": "", "time": "", "length": self.dice.choice(LENGTHS[minutes]), "installer": "", "status": "",
            "remarks": self.dice.choice(REMARKS), "estimate": 100 * (number % 40),
        }  # fmt: skip

    def _spoil(self, lines: list[dict[str, Any]], faults: dict[int, str]) -> None:
        """Put the faults into the lines. The headings are line 1."""
        bookings, jobs = self.bookings, len(lines)
        for part in (0.025, 0.175, 0.325):
            at = int(bookings * part)
            lines[at]["installer"] = "Bob from Dallas"
            faults[at + 2] = "contractor"
            at += 3  # the same contractor at the same time as in the line above
            lines[at] |= {name: lines[at - 1][name] for name in ("day", "time", "installer", "work", "status")}
            faults[at + 2] = "start"
        for part in (0.3, 0.45, 0.6):
            lines[int(jobs * part)] |= {"zip": "10001"}
            faults[int(jobs * part) + 2] = "zip_code"
        for part in (0.35, 0.5):
            lines[int(jobs * part)]["day"] = "sometime in spring"
            faults[int(jobs * part) + 2] = "desired_date"
        for part in (0.4, 0.55):
            lines[int(jobs * part)] |= {"address": "", "city": ""}
            faults[int(jobs * part) + 2] = "address"
        for part in (0.325, 0.475, 0.625):  # optional: kept as a note
            lines[int(jobs * part)]["phone"] = NO_PHONE


def company(today: date, *, part: int = 1, seed: int = SEED) -> Company:
    """The three files of a company on this day. `part`: a company of so many times fewer records."""
    office, result = Office(today, part, random.Random(seed)), Company()
    result.files["contractors.xlsx"] = office.contractors()
    result.files["customers.csv"] = office.customers()
    result.files["jobs-and-bookings.xlsx"] = office.jobs(result.faults)
    result.refused_contractors = sum(map(lacks_email, range(len(office.names))))
    return result


def _packed(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def write(folder: Path, today: date) -> None:
    """Write the three files of this day."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in company(today).files.items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]))

"""An export that is imported again changes nothing, whatever the texts of the records are."""

import random
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from assignments.services import assign_job, cancel_job, confirm_assignment, rate_assignment, record_past_work
from contractors.services import create_contractor
from contractors.working_week import Shift
from customers.services import create_customer
from jobs.services import create_job, record_job
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.text import UnsuitableText, many_lines, one_line
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.services import begin
from tests.factories import AUSTIN, EVERY_DAY, ContractorFactory, UserFactory, at
from tests.imports.test_imports import finished
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
RECORDS = 60
ODD = [
    'Ann "Pepe" Núñez', "O’Neil; Sons, Ltd.", "=HYPERLINK(1)", "+1 Tiles", "-5", "- 5", "@home", "'quoted'", "'=1+1",
    "''=1", "' =1", "'", '"', '""', '"q"', ";", ",", "a;b", "007", "1e5", "2026-12-01", "TRUE", "#N/A", "_x0041_",
    "_x000D_", "Zoë 👩", "＝1", "<b>&amp;", "]]>", "\\N", "NULL", "none", "Straße", "İzmir", "n/a", "a\u00a0b",
    "\ufffe", "\uffff", "\ue000", "\U0010ffff", "café", "cafe\u0301", "n\u0327\u0303", "ﬁne", "= 1", "½ in",
]  # fmt: skip
PLACES: list[dict[str, Any]] = [
    AUSTIN,
    {"latitude": Decimal("33.4484000"), "longitude": Decimal("-112.0740000"), "address": "1 Main St, Suite 4; rear",
     "city": "Phoenix", "state": "AZ", "zip_code": "85001", "time_zone": "America/Phoenix"},
    {"latitude": Decimal("42.3736158"), "longitude": Decimal("-71.1097335"), "address": '5 "Old" Rd',
     "city": "Cambridge", "state": "MA", "zip_code": "02139", "time_zone": "America/New_York"},
    {"latitude": Decimal("21.3099000"), "longitude": Decimal("-157.8581000"), "address": "'Iolani Palace",
     "city": "Honolulu", "state": "HI", "zip_code": "96813", "time_zone": "Pacific/Honolulu"},
]  # fmt: skip


class Texts:
    """Texts of records: the odd ones first, then random ones of all planes of Unicode."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.odd = dice, list(ODD)

    def text(self) -> str:
        if self.odd:
            return self.odd.pop()
        planes = [(0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x370), (0x2000, 0x2070), (0x20, sys.maxunicode)]
        letters = (chr(self.dice.randint(*self.dice.choice(planes))) for _ in range(self.dice.randint(1, 20)))
        return "".join(letter for letter in letters if not 0xD800 <= ord(letter) <= 0xDFFF)

    def line(self) -> str:
        with suppress(UnsuitableText):
            return one_line(self.text())[:60].strip()
        return ""

    def lines(self, most: int) -> list[str]:
        names = {self.line(): None for _ in range(self.dice.randint(0, most))}
        return [name for name in names if name]

    def notes(self) -> str:
        with suppress(UnsuitableText):
            return many_lines("\n".join(self.text() for _ in range(self.dice.randint(0, 3))))
        return ""


def moment(dice: random.Random) -> datetime:
    """Any half hour of two years, also around clock changes, with the seconds and microseconds of an API client."""
    start = at(0, days=3).astimezone(UTC) + timedelta(minutes=30 * dice.randrange(2 * 365 * 48))
    return start + dice.choice([timedelta(0), timedelta(seconds=7), timedelta(microseconds=4)])


def week(dice: random.Random) -> list[Shift]:
    days = sorted(dice.sample(range(7), dice.randint(1, 7)))
    morning, seconds = time(dice.randint(0, 5), dice.choice([0, 15, 59])), dice.choice([0, 0, 30])
    evening = time(dice.randint(14, 21), 30)
    noon = time(dice.randint(6, 13), 0, seconds)
    if dice.random() < 0.3:  # nights
        return [Shift(day, time(20), time(0)) for day in days] + [Shift(day, time(0), noon) for day in days]
    both = [Shift(day, morning, noon) for day in days], [Shift(day, noon.replace(minute=30), evening) for day in days]
    return sorted(both[0] + (both[1] if dice.random() < 0.5 else []))


def contractor(texts: Texts, number: int) -> dict[str, Any]:
    dice = texts.dice
    place = dice.choice(PLACES)
    return place | {
        "name": f"{texts.line()} Tiles".strip(),
        "email": f"Person.{number}@Example.com",
        "type": dice.choice(["tile", "carpet", "flooring", "multi"]),
        "phone_number": "(512) 555-0143",
        "skills": texts.lines(4),
        "external_id": dice.choice(["", f"{number:05}", f"C-{number}"]),
        "source": "",
        "service_radius_miles": dice.choice([None, Decimal("0.01"), Decimal(dice.randint(100, 50_000)) / 100]),
        "working_hours": week(dice),
        "address": place["address"] if dice.random() < 0.5 else f"1200 {texts.line()}!",
    }


def job(texts: Texts, number: int) -> dict[str, Any]:
    dice = texts.dice
    return dice.choice(PLACES) | {
        "type": dice.choice(["tile", "carpet", "flooring"]),
        "priority": dice.choice(["low", "medium", "high", "urgent"]),
        "desired_date": moment(dice),
        "duration": timedelta(seconds=dice.choice([dice.randint(1, 8 * 3600), 5400, 8 * 3600])),
        "required_skills": texts.lines(3),
        "special_requirements": texts.notes(),
        "customer_name": texts.line(),
        "customer_phone": dice.choice(["", "(512) 555-0199", "+442079460958"]),
        "external_id": dice.choice(["", "007", "100234"]) and f"{number:05}",
        "source": dice.choice(["", "jobber"]),
    }


def customer(texts: Texts, number: int) -> dict[str, Any]:
    dice = texts.dice
    phones = [("512555", "", "mobile"), ("512556", "12", "work"), ("303555", "", "other")]
    addresses = [{**place, "address": f"{number} {place['address']}"} for place in dice.sample(PLACES, 2)]
    return {
        "name": texts.line(),
        "company": texts.line(),
        "notes": texts.notes(),
        "email": dice.choice(["", f"Customer.{number}@Example.com"]),
        "phones": [
            {"number": f"+1{area}{number:04}", "extension": extension, "kind": kind}
            for area, extension, kind in dice.sample(phones, dice.randint(0, 3))
        ],
        "addresses": addresses[: dice.randint(0, 2)],
        "language": dice.choice(["en", "es"]),
        "accepts_texts": dice.random() < 0.5,
        "accepts_emails": dice.random() < 0.5,
        "external_id": dice.choice(["", f"{number:05}"]),
        "source": "",
    }


def make(service: Callable[..., Any], values: Callable[[Texts, int], dict[str, Any]], dice: random.Random) -> None:
    """Records by the service. What it refuses cannot be exported; at least three quarters of them are taken."""
    texts, taken = Texts(dice), 0
    for number in range(RECORDS):
        with suppress(InvalidInput), transaction.atomic():
            service(actor=None, **values(texts, number))
            taken += 1
    assert taken > RECORDS * 3 / 4


def unchanged(kind: str, form: str) -> None:
    """Export all records through the page, import the file, and expect no change."""
    client = signed_in(Role.ADMINISTRATOR)
    content = b"".join(client.get(reverse("admin:imports_export", args=[kind, form]), {"all": "1"}))
    run = finished(begin(kind=kind, name=f"{kind}.{form}", content=content, actor=UserFactory()))
    others = run.rows.exclude(outcome="unchanged", remarks="").values_list("label", "outcome", "errors", "remarks")
    assert list(others) == []
    assert run.unchanged == run.total > 0


@pytest.mark.parametrize(
    ("kind", "service", "values"),
    [
        ("contractors", create_contractor, contractor),
        ("jobs", create_job, job),
        ("customers", create_customer, customer),
    ],
    ids=["contractors", "jobs", "customers"],
)
def test_records(kind: str, service: Any, values: Any, dice: random.Random) -> None:
    make(service, values, dice)
    for form in ("csv", "xlsx"):
        unchanged(kind, form)


def test_bookings_and_past_work() -> None:
    """Also of two contractors of one name, and one who is inactive today."""
    actor = UserFactory()
    crews = [ContractorFactory(name="Twin Tiles", type="multi", hours=EVERY_DAY) for _ in range(2)]
    places: list[dict[str, Any]] = [
        {"type": "tile", "duration": timedelta(hours=2, minutes=15), "customer_name": "Ann"} | AUSTIN
    ] * 5
    for crew in crews:
        for days, values in enumerate(places, start=4):
            done = record_job(actor=actor, desired_date=at(9, days=-days), **values)
            start = at(10, 30, days=-days)
            past = record_past_work(job_id=done.pk, contractor_id=crew.pk, start=start, actor=actor, is_over=True)
            if days % 2:
                rate_assignment(assignment_id=past.pk, rating=Decimal("4.25"), actor=actor)
            upcoming = create_job(actor=actor, desired_date=at(9, days=days), **values)
            booked = assign_job(job_id=upcoming.pk, contractor_id=crew.pk, start=at(13, 5, days=days), actor=actor)
            if days % 2:
                confirm_assignment(assignment_id=booked.pk, actor=actor)
    dropped = create_job(actor=actor, desired_date=at(9, days=4), **places[0])
    cancel_job(job_id=dropped.pk, reason="Flooded", actor=actor)
    crews[1].status = "inactive"
    crews[1].save(update_fields=["status"])
    for form in ("csv", "xlsx"):
        unchanged("jobs", form)

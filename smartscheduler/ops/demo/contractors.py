"""Contractors of the demo as plain values: fields, working hours, and absences."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from assignments.local_time import day_at
from contractors.models import Absence, Contractor
from contractors.working_week import Shift
from smartscheduler.ops.demo.metros import METROS, somewhere, telephone
from smartscheduler.ops.demo.random import dealt, identity, number, source
from smartscheduler.ops.demo.shifts import WEEKS
from smartscheduler.ops.demo.vocabulary import CREWS, FIRST_NAMES, LAST_NAMES, SKILLS
from smartscheduler.places import zone
from smartscheduler.timeslots import TimeSlot

Kind, Status, Type = Absence.Kind, Contractor.Status, Contractor.Type

TYPES = (*[Type.FLOORING] * 7, *[Type.TILE] * 6, *[Type.CARPET] * 5, *[Type.MULTI] * 4)
STATUSES = (*[Status.ACTIVE] * 46, *[Status.INACTIVE] * 2, *[Status.ON_LEAVE] * 2)
FIFTY = Decimal(50)
RADII = (*[FIFTY] * 14, Decimal(15), Decimal(20), Decimal(25), Decimal(30), None)
# Shares of contractors with an absence around the present day, by kind.
ABSENCES = (
    *[None] * 14,
    (Kind.LEAVE, 3, 12, 4),
    (Kind.LEAVE, 6, 20, 8),
    (Kind.HOLIDAY, 1, 9, 2),
    (Kind.SICKNESS, -1, 1, 3),
    (Kind.SICKNESS, -12, -5, 3),
    (Kind.OTHER, 2, 15, 1),
)
NOTES = {
    Kind.LEAVE: ("Family visit", "Vacation", ""),
    Kind.HOLIDAY: ("Long weekend", ""),
    Kind.SICKNESS: ("Back trouble", "Flu", ""),
    Kind.OTHER: ("Jury duty", "Training day", "Truck in the workshop"),
}
# Coprime to the number of pairs of first and last names, so that all pairs occur before one repeats.
NAME_STRIDE = 7919


@dataclass(frozen=True, slots=True)
class Away:
    """An absence to be created."""

    period: TimeSlot
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class Person:
    """A contractor to be created. `fields` are those of the model. Contractors start active and change to `status`."""

    fields: dict[str, Any]
    shifts: Sequence[Shift]
    absences: Sequence[Away]
    status: str


def person(seed: int, index: int, today: date) -> Person:
    """Contractor `index` of `seed`, with absences around `today`."""
    chance = source(seed, "contractor", index)
    metro = METROS[index % len(METROS)]
    kind = dealt(seed, "type", TYPES, index)
    status = dealt(seed, "status", STATUSES, index)
    place = somewhere(chance, metro)
    name, mailbox = _names(seed, index, kind, chance)
    return Person(
        fields={
            "id": identity(seed, "contractor", index),
            "name": name,
            "type": kind,
            "email": f"{mailbox}{number(seed, index)}@example.com",
            "phone_number": telephone(chance, metro),
            "skills": _skills(kind, chance),
            "service_radius_miles": dealt(seed, "radius", RADII, index),
            **_reputation(chance),
            **place,
        },
        shifts=dealt(seed, "week", WEEKS, index),
        absences=_absences(seed, index, chance, place["time_zone"], today, status),
        status=status,
    )


def _names(seed: int, index: int, kind: str, chance: Random) -> tuple[str, str]:
    """The name of a person or a company, and the local part of the email address."""
    pair = (index + seed * 1009) * NAME_STRIDE % (len(FIRST_NAMES) * len(LAST_NAMES))
    first, last = FIRST_NAMES[pair % len(FIRST_NAMES)], LAST_NAMES[pair // len(FIRST_NAMES)]
    name = f"{first} {last}" if chance.random() < 0.6 else f"{last} {chance.choice(CREWS[kind])}"
    return name, re.sub(r"[^a-z]", "", first.lower()) + "." + re.sub(r"[^a-z]", "", last.lower())


def _skills(kind: str, chance: Random) -> list[str]:
    if kind == Type.MULTI:
        return sorted(skill for trade in SKILLS.values() for skill in chance.sample(trade, chance.randint(2, 4)))
    return sorted(chance.sample(SKILLS[kind], chance.randint(3, 5)))


def _reputation(chance: Random) -> dict[str, Any]:
    """Ratings from before the product was used; one in fifteen contractors has none."""
    if chance.random() < 1 / 15:
        return {}
    count = 1 + int(chance.expovariate(1 / 30))
    mean = min(5.0, max(2.2, chance.gauss(4.25, 0.5)))
    total = Decimal(round(mean * count))
    return {
        "rating": (total / count).quantize(Decimal("0.01"), ROUND_HALF_UP),
        "rating_count": count,
        "rating_total": total,
    }


def _absences(seed: int, index: int, chance: Random, time_zone: str, today: date, status: str) -> list[Away]:
    if status == Status.ON_LEAVE:
        return [_away(Kind.LEAVE, today - timedelta(days=3), 14 + chance.randrange(14), time_zone, chance)]
    card = dealt(seed, "absence", ABSENCES, index)
    if card is None:
        return []
    kind, earliest, latest, days = card
    first = today + timedelta(days=chance.randint(earliest, latest))
    return [_away(kind, first, days, time_zone, chance)]


def _away(kind: str, first: date, days: int, time_zone: str, chance: Random) -> Away:
    """An absence of whole local days."""
    here = zone(time_zone)
    last = first + timedelta(days=days - 1)
    period = TimeSlot(day_at(first, here).start, day_at(last, here).end)
    return Away(period, kind, chance.choice(NOTES[Kind(kind)]))

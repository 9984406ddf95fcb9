"""Jobs of the demo as plain values: the order, the site, the desired date, and the intended outcome."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, auto
from random import Random
from typing import Any

from jobs.models import Job
from smartscheduler.ops.demo.metros import METROS, somewhere, telephone
from smartscheduler.ops.demo.random import dealt, identity, source
from smartscheduler.ops.demo.vocabulary import FIRST_NAMES, LAST_NAMES, NOTES, SKILLS
from smartscheduler.places import zone

Priority, Type = Job.Priority, Job.Type
FRIDAY = 4


class Fate(Enum):
    """The intended outcome of a job."""

    DONE = auto()
    RUNNING = auto()
    TODAY = auto()
    CONFIRMED = auto()
    PENDING = auto()
    CANCELLED = auto()
    OPEN = auto()
    URGENT = auto()


FATES = (
    *[Fate.DONE] * 5,
    Fate.RUNNING,
    *[Fate.TODAY] * 4,
    *[Fate.CONFIRMED] * 3,
    *[Fate.PENDING] * 2,
    Fate.CANCELLED,
    *[Fate.OPEN] * 3,
    Fate.URGENT,
)
# The earliest and latest desired date, in days from today.
DAYS = {
    Fate.DONE: (-14, -1),
    Fate.RUNNING: (0, 0),
    Fate.TODAY: (0, 0),
    Fate.CONFIRMED: (1, 13),
    Fate.PENDING: (1, 13),
    Fate.CANCELLED: (1, 9),
    Fate.OPEN: (1, 13),
    Fate.URGENT: (0, 1),
}
TYPES = (*[Type.FLOORING] * 4, *[Type.TILE] * 3, *[Type.CARPET] * 3)
PRIORITIES = (*[Priority.LOW] * 3, *[Priority.MEDIUM] * 10, *[Priority.HIGH] * 5, Priority.URGENT)
HALF_HOURS = (2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 10, 12, 14, 16)
HOURS = (8, 8, 9, 9, 10, 11, 13, 14)


@dataclass(frozen=True, slots=True)
class Order:
    """A job to be created. `fields` are those of the model without the number; `chance` makes later decisions.

    `ordered_at` and `booked_at` apply to jobs in the past.
    """

    fields: dict[str, Any]
    number: str
    fate: Fate
    ordered_at: datetime
    booked_at: datetime
    chance: Random

    def earlier(self, days: int) -> "Order":
        """The same job with all of its dates some days earlier."""
        shift = timedelta(days=days)
        return replace(
            self,
            fields={**self.fields, "desired_date": self.fields["desired_date"] - shift},
            ordered_at=self.ordered_at - shift,
            booked_at=self.booked_at - shift,
        )

    def made(self, at: datetime, **changes: Any) -> dict[str, Any]:
        """The fields of the job when created at an instant, with its number."""
        job_number = f"JOB-{at.astimezone(UTC):%Y%m%d}-{self.number}"
        return {**self.fields, "job_number": job_number, **changes}


def order(seed: int, index: int, now: datetime) -> Order:
    """Job `index` of `seed`, with a desired date within two weeks of `now`."""
    chance = source(seed, "job", index)
    fate = dealt(seed, "fate", FATES, index)
    kind = dealt(seed, "trade", TYPES, index)
    metro = METROS[chance.randrange(len(METROS))]
    place = somewhere(chance, metro)
    here = zone(place["time_zone"])
    day = _desired_day(fate, chance, now.astimezone(here).date())
    desired = datetime.combine(day, time(chance.choice(HOURS)), here)
    ordered_at = min(desired, now) - timedelta(days=chance.randint(2, 9))
    return Order(
        fields={
            "id": identity(seed, "job", index),
            "type": kind,
            "desired_date": desired,
            "duration": chance.choice(HALF_HOURS) * timedelta(minutes=30),
            "priority": Priority.URGENT if fate is Fate.URGENT else chance.choice(PRIORITIES),
            "special_requirements": chance.choice(NOTES) if chance.random() < 0.4 else "",
            "required_skills": _required_skills(kind, chance),
            "customer_name": f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}",
            "customer_phone": telephone(chance, metro),
            **place,
        },
        number=identity(seed, "job number", index).hex[:8].upper(),
        fate=fate,
        ordered_at=ordered_at,
        booked_at=ordered_at + timedelta(hours=chance.randint(1, 20)),
        chance=chance,
    )


def _desired_day(fate: Fate, chance: Random, today: date) -> date:
    """A random day in the range of the outcome; three of four weekend days move to a weekday."""
    earliest, latest = DAYS[fate]
    day = today + timedelta(days=chance.randint(earliest, latest))
    if day.weekday() > FRIDAY and latest - earliest > 1 and chance.random() < 0.75:
        shift = timedelta(days=FRIDAY - day.weekday() if fate is Fate.DONE else 7 - day.weekday())
        return day + shift
    return day


def _required_skills(kind: str, chance: Random) -> list[str]:
    how_many = chance.choices((0, 1, 2), weights=(11, 7, 2))[0]
    return sorted(chance.sample(SKILLS[kind], how_many))

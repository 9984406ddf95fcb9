"""Jobs of the demo as plain values: the order, the site, the desired date, and the intended outcome."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, auto
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

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
    CREW = auto()
    CONFIRMED = auto()
    PENDING = auto()
    CANCELLED = auto()
    OPEN = auto()
    URGENT = auto()


FATES = (
    *[Fate.DONE] * 5,
    Fate.RUNNING,
    *[Fate.TODAY] * 4,
    Fate.CREW,
    *[Fate.CONFIRMED] * 2,
    *[Fate.PENDING] * 2,
    Fate.CANCELLED,
    *[Fate.OPEN] * 3,
    Fate.URGENT,
)
# The earliest and latest desired date, in days from today, or from the opening day.
DAYS = {
    Fate.DONE: (-14, -1),
    Fate.RUNNING: (0, 0),
    Fate.TODAY: (0, 0),
    Fate.CREW: (0, 0),
    Fate.CONFIRMED: (1, 6),
    Fate.PENDING: (1, 6),
    Fate.CANCELLED: (1, 9),
    Fate.OPEN: (0, 6),
    Fate.URGENT: (0, 1),
}
# Desired relative to the day that the board opens with, which has to be worth a look at any hour of the first start.
ON_THE_BOARD = {Fate.TODAY, Fate.CREW, Fate.OPEN, Fate.URGENT}
# From this hour of Central time on, the board of a day has too little left to show.
LAST_OPENING_HOUR, MIDDLE = 11, ZoneInfo("America/Chicago")
TYPES = (*[Type.FLOORING] * 4, *[Type.TILE] * 3, *[Type.CARPET] * 3)
PRIORITIES = (*[Priority.LOW] * 3, *[Priority.MEDIUM] * 10, *[Priority.HIGH] * 5)
HALF_HOURS = (2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 10, 12, 14, 16)
HOURS = (8, 8, 9, 9, 10, 11, 13, 14)
# Short visits of one crew, one after the other.
CREW_HOURS, CREW_HALF_HOURS = (8, 10, 13, 15), (3, 4)


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

    @property
    def has_window(self) -> bool:
        """Whether the customer is promised an arrival window: two of five."""
        return int(self.number, 16) % 5 < 2

    def made(self, at: datetime, **changes: Any) -> dict[str, Any]:
        """The fields of the job when created at an instant, with its number."""
        job_number = f"JOB-{at.astimezone(UTC):%Y%m%d}-{self.number}"
        return {**self.fields, "job_number": job_number, **changes}


def order(seed: int, index: int, now: datetime) -> Order:
    """Job `index` of `seed`, with a desired date within two weeks of `now`."""
    chance = source(seed, "job", index)
    fate = dealt(seed, "fate", FATES, index)
    kind = dealt(seed, "trade", TYPES, index)
    of_crew = fate is Fate.CREW
    metro = METROS[0] if of_crew else METROS[chance.randrange(len(METROS))]
    place = somewhere(chance, metro)
    local_now = now.astimezone(zone(place["time_zone"]))
    day = _desired_day(fate, chance, opening_day(now) if fate in ON_THE_BOARD else local_now.date())
    hour = chance.choice(CREW_HOURS if of_crew else HOURS)
    desired = datetime.combine(day, time(hour), local_now.tzinfo)
    ordered_at = min(desired, now) - timedelta(days=chance.randint(2, 9))
    return Order(
        fields={
            "id": identity(seed, "job", index),
            "type": kind,
            "desired_date": desired,
            "duration": chance.choice(CREW_HALF_HOURS if of_crew else HALF_HOURS) * timedelta(minutes=30),
            "priority": Priority.URGENT if fate is Fate.URGENT else chance.choice(PRIORITIES),
            "special_requirements": chance.choice(NOTES) if chance.random() < 0.4 else "",
            "required_skills": [] if of_crew else _required_skills(kind, chance),
            "customer_name": f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}",
            "customer_phone": telephone(chance, metro),
            **place,
            **_returning_customer(seed, index),
        },
        number=identity(seed, "job number", index).hex[:8].upper(),
        fate=fate,
        ordered_at=ordered_at,
        booked_at=ordered_at + timedelta(hours=chance.randint(1, 20)),
        chance=chance,
    )


def _returning_customer(seed: int, index: int) -> dict[str, str]:
    """Two of five jobs are of one customer, so that the demo has customers with several jobs and addresses."""
    if index % 5 < 3:
        return {}
    chance = source(seed, "customer", index // 5)
    return {
        "customer_name": f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}",
        "customer_phone": telephone(chance, METROS[0]),
    }


def opening_day(now: datetime) -> date:
    """The day that the board opens with: a working day before its noon, else the next working day."""
    middle = now.astimezone(MIDDLE)
    day = middle.date()
    if middle.hour >= LAST_OPENING_HOUR:
        day += timedelta(days=1)
    while day.weekday() > FRIDAY:
        day += timedelta(days=1)
    return day


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

"""Worlds of the planning benchmark: three files with reference values, and seeded worlds of other sizes.

A world is JSON. Times are minutes after midnight of day 0, a Monday, in one time zone. A contractor has dated shifts
and fixed bookings with their sites. A job has a desired and a last day, a duration, a priority and maybe an arrival
window in minutes of the day.
"""

import json
import math
import random
from pathlib import Path
from typing import Any

from smartscheduler.places import Pace, Point, drive_minutes, great_circle_miles

World = dict[str, Any]

HERE = Path(__file__).resolve().parent
DAY = 1_440
PACE = Pace(1.3, 35.0)
FILES = ("60x60", "60x100", "60x240")
# Worth in ten-thousandths of the best plan that any solver has found, with start times on whole minutes.
BEST = {"60x60": 1_710_463, "60x100": 2_606_256, "60x240": 6_298_164}

SKILLS = ("hardwood", "vinyl", "mosaic", "stairs", "heated floor", "stone")
WEEKS = (
    (range(5), 480, 1_020),
    (range(5), 420, 930),
    (range(5), 540, 1_080),
    (range(1, 6), 480, 960),
    (range(6), 480, 840),
    ((0, 2, 4), 420, 1_080),
)
DURATIONS = (60, 90, 120, 120, 120, 180, 180, 180, 240, 240, 240, 240, 300, 300, 360, 360, 480)
PRIORITIES = {"low": 20, "medium": 50, "high": 20, "urgent": 10}


def read(name: str) -> World:
    """The world of a file: `60x60` contractors and jobs, `60x100`, `60x240`."""
    world: World = json.loads((HERE / f"world_{name}.json").read_text())
    return world


def miles_between(a: list[float], b: list[float]) -> float:
    return great_circle_miles(Point(*a), Point(*b))


def minutes_between(a: list[float], b: list[float]) -> int:
    return drive_minutes(miles_between(a, b), PACE)


def generate(
    seed: int,
    contractors: int,
    jobs: int,
    days: int = 10,
    metros: int = 1,
    busy: float = 0.6,
    most_days: int = 10,
    durations: tuple[int, ...] = DURATIONS,
) -> World:
    """A seeded world: metros 150 miles apart, `busy` of the shifts begin with a booking or two.

    With several metros every contractor has a service radius, so that no job connects two of them.
    """
    dice = random.Random(f"{seed} {contractors} {jobs} {metros}")  # noqa: S311
    centers = [(30.27 + 2.2 * (number % 4), -97.74 + 2.6 * (number // 4)) for number in range(metros)]
    people = [_contractor(dice, centers[n % metros], days, busy) for n in range(contractors)]
    for number, contractor in enumerate(people):
        contractor["metro"] = number % metros
        contractor["radius"] = contractor["radius"] or (50 if metros > 1 else None)
    work = [_job(dice, centers[n % metros], days, most_days, durations) | {"metro": n % metros} for n in range(jobs)]
    return {"days": days, "contractors": people, "jobs": work}


def _place(dice: random.Random, center: tuple[float, float]) -> list[float]:
    """A place within 25 miles of the center, more often near it."""
    while True:
        north, east = (
            (dice.gauss(0, 9), dice.gauss(0, 9))
            if dice.random() < 0.6
            else (dice.uniform(-25, 25), dice.uniform(-25, 25))
        )
        if math.hypot(north, east) <= 25:
            return [round(center[0] + north / 69.1, 5), round(center[1] + east / 59.7, 5)]


def _contractor(dice: random.Random, center: tuple[float, float], days: int, busy: float) -> dict[str, Any]:
    weekdays, begin, end = dice.choice(WEEKS)
    shifts = [[day * DAY + begin, day * DAY + end] for day in range(days) if day % 7 in weekdays]
    bookings: list[list[Any]] = []
    for shift in shifts:
        if dice.random() < busy:
            bookings += _bookings(dice, center, *shift)
    return {
        "type": dice.choices(["flooring", "tile", "carpet", "multi"], [27, 27, 26, 20])[0],
        "skills": [skill for skill in SKILLS if dice.random() < 0.35],
        "at": _place(dice, center),
        "rating": 0.0 if dice.random() < 0.05 else round(dice.triangular(2.8, 5, 4.6), 2),
        "radius": dice.choice([50, 50, 50, 50, 30, 20, None]),
        "shifts": shifts,
        "bookings": bookings,
    }


def _bookings(dice: random.Random, center: tuple[float, float], begin: int, end: int) -> list[list[Any]]:
    bookings: list[list[Any]] = []
    start = begin + 30 * dice.randrange(6)
    for _ in range(dice.choice([1, 1, 2])):
        duration, place = dice.choice(DURATIONS[:14]), _place(dice, center)
        if bookings:
            start = math.ceil((start + minutes_between(bookings[-1][2], place)) / 30) * 30
        if start + duration > end:
            break
        bookings.append([start, start + duration, place])
        start += duration
    return bookings


def _job(
    dice: random.Random, center: tuple[float, float], days: int, most_days: int, durations: tuple[int, ...]
) -> dict[str, Any]:
    desired = min(days - 1, int(dice.triangular(0, days, days * 0.3)))
    if desired % 7 == 6:
        desired = (desired + 1) % days
    skilled = dice.random()
    return {
        "type": dice.choice(["flooring", "tile", "carpet"]),
        "skills": sorted(dice.sample(SKILLS, 1 if skilled < 0.25 else 2)) if skilled < 0.3 else [],
        "at": _place(dice, center),
        "desired": desired,
        "last": min(days - 1, desired + dice.randint(1, most_days) - 1),
        "dur": dice.choice(durations),
        "priority": dice.choices(list(PRIORITIES), list(PRIORITIES.values()))[0],
        "arrive": dice.choice([[480, 720], [720, 960]]) if dice.random() < 0.25 else None,
    }

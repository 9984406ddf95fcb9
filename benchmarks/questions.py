"""Ranking queries: seeded, all different, inside and outside the metros, of all job types."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from benchmarks.worlds import METROS, NOW, SKILLS, ZONES, World
from jobs.requirements import JobRequest
from smartscheduler.places import Point, time_zone_at
from smartscheduler.timeslots import TimeSlot


class Question(NamedTuple):
    request: JobRequest
    max_results: int
    horizon_days: int


def questions(world: World, seed: int, *, usual: bool, windows: float = 0.0) -> Iterator[Question]:
    """An endless sequence. `usual`: ten results within ten days, as in the product; else any number and horizon.

    `windows` is the share of jobs with an arrival window.
    """
    pick = random.Random(f"{seed}-{len(world)}")  # noqa: S311
    while True:
        point = _site(world, pick)
        minutes = pick.choice([60, 120, 180, 240] if usual else [25, 60, 90, 180, 240, 480])
        request = JobRequest(
            type=pick.choice(["flooring", "tile", "carpet"]),
            desired_date=NOW + timedelta(hours=pick.randrange(1, 24 * 9)),
            point=point,
            time_zone=time_zone_at(point) if pick.random() < 0.9 else pick.choice(ZONES),
            duration=timedelta(minutes=minutes),
            required_skills=tuple(sorted(pick.sample(SKILLS, pick.choice([0, 0, 0, 1] if usual else [0, 0, 1, 2])))),
        )
        if pick.random() < windows:
            request = replace(request, arrival=_window(request, pick, usual=usual))
        yield Question(request, *((10, 10) if usual else (pick.choice([1, 3, 10, 50]), pick.choice([0, 1, 5, 10, 30]))))


def _window(request: JobRequest, pick: random.Random, *, usual: bool) -> TimeSlot:
    """On the half hour: around the desired date; unless `usual`, also days before and after it, and in the night."""
    start = request.desired_date.replace(minute=30 * pick.randrange(2), second=0, microsecond=0)
    if not usual:
        start += timedelta(hours=pick.choice([0, pick.randrange(-30, 31), pick.randrange(-100, 400)]))
    return TimeSlot(start, start + timedelta(hours=2 if usual else pick.choice([1, 1.5, 2, 3, 4])))


def _site(world: World, pick: random.Random) -> Point:
    """Near a contractor in four of five cases; else the center of a metro or anywhere in the country."""
    kind = pick.random()
    if kind < 0.1:
        latitude, longitude, *_ = pick.choice(METROS)
        return Point(round(latitude + pick.uniform(-0.02, 0.02), 7), round(longitude + pick.uniform(-0.02, 0.02), 7))
    if kind < 0.2:
        return Point(round(pick.uniform(29, 47), 7), round(pick.uniform(-112, -76), 7))
    someone = pick.randrange(len(world))
    return Point(
        round(float(world.latitude[someone]) + pick.uniform(-0.05, 0.05), 7),
        round(float(world.longitude[someone]) + pick.uniform(-0.05, 0.05), 7),
    )

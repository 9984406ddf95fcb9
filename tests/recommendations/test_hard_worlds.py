"""Worst-case worlds for the search: slow, but never wrong."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from psycopg.types.range import TimestamptzRange
from pytest_django import Settings

from contractors.models import Absence, Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_all, rank_candidates
from smartscheduler.rules.current import current_rules
from tests.recommendations import oracle
from tests.recommendations.worlds import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now() -> Iterator[datetime]:
    with time_machine.travel(timezone.now(), tick=False):
        yield timezone.now()


def same(job: Job, now: datetime, *, counts: tuple[int, ...] = (10,), horizon: int = 10) -> list[int]:
    """Whether ranking is scoring everyone, for so many results; how many were found."""
    expected, lengths = oracle.rank(job, now, horizon), []
    for count in counts:
        ranking = rank_candidates(JobRequest.of(job), current_rules(), max_results=count, horizon_days=horizon)
        assert [(e.contractor.pk, e.score, [slot.start for slot in e.slots]) for e in ranking.entries] == [
            (r.contractor.pk, r.score, r.starts) for r in expected[:count]
        ]
        lengths.append(len(ranking.entries))
    return lengths


def away(people: list[Any], now: datetime) -> None:
    period = TimestamptzRange(now - timedelta(days=1), now + timedelta(days=60))
    Absence.objects.bulk_create(Absence(contractor=person, period=period) for person in people)


@pytest.mark.parametrize("rating", ["0.00", "4.50", "5.00"])
def test_all_ratings_equal(now: datetime, rating: str) -> None:
    world = World(2001, people=150)
    Contractor.objects.update(rating=Decimal(rating))
    assert same(world.job(), now) > [0]


def test_everyone_away_but_the_farthest(now: datetime) -> None:
    world = World(2002, people=150, bookings=0)
    job = world.job(required_skills=[])
    last = oracle.rank(job, now, 10)[-1].contractor
    away([person for person in world.people if person.pk != last.pk], now)
    assert same(job, now) == [1]


def test_no_one_free(now: datetime) -> None:
    world = World(2003, people=150)
    away(world.people, now)
    assert same(world.job(), now) == [0]


def test_everyone_at_the_same_spot_with_the_same_rating_and_names_that_repeat(now: datetime) -> None:
    world = World(2004, people=300, spread=0)
    Contractor.objects.update(rating=Decimal("4.00"))
    assert same(world.job(required_skills=[]), now, counts=(1, 10, 50)) == [1, 10, 50]


WEIGHTS = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.5, 0.5, 0), (0, 0.3, 0.7), (0.2, 0, 0.8)]


def test_any_weights(now: datetime, settings: Settings) -> None:
    world = World(2005, people=60, spread=3)
    for weights, max_miles in product(WEIGHTS, [5.0, 50.0, 400.0]):
        settings.SCORE_WEIGHTS = dict(zip(("availability", "rating", "distance"), weights, strict=True))
        settings.SCORE_MAX_MILES = max_miles
        same(world.job(required_skills=[]), now, counts=(1, 10))


@pytest.mark.parametrize("spread", [0.05, 2, 8, 30])
@pytest.mark.parametrize("horizon", [0, 30])
def test_cities_and_empty_country(now: datetime, settings: Settings, spread: float, horizon: int) -> None:
    """Far out only those without a radius, or with a large one, are left."""
    settings.MINIMUM_GAP = timedelta(hours=1)
    world = World(2006 + horizon, people=80, spread=spread)
    Contractor.objects.filter(name__in=["Crew 1", "Crew 2"]).update(service_radius_miles=Decimal(3_000))
    for _ in range(6):
        same(world.job(), now, horizon=horizon)


def test_a_site_on_the_date_line(now: datetime) -> None:
    world = World(2007, people=80)
    for person in world.people:
        east = float(person.longitude) + 97.75 + 180
        longitude = Decimal(str(round(east if east <= 180 else east - 360, 7)))
        Contractor.objects.filter(pk=person.pk).update(longitude=longitude)
    job = world.job(longitude=Decimal("179.9"), required_skills=[], time_zone="UTC")
    assert same(job, now) > [0]


def test_many_jobs_at_once_are_each_as_if_alone(now: datetime) -> None:
    world = World(2008, people=120)
    jobs = [world.job() for _ in range(30)]
    together = rank_all([JobRequest.of(job) for job in jobs], current_rules(), max_results=7)
    for job, ranking in zip(jobs, together, strict=True):
        alone = rank_candidates(JobRequest.of(job), current_rules(), max_results=7)
        assert ranking.entries == alone.entries
    assert any(ranking.entries for ranking in together)

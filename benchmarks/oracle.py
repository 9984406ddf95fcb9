"""Comparison of the ranking with a full scan: `python -m benchmarks.oracle --size 100000 --worlds 500`

Every question gets a world of its own: the base world with the people around the site changed at random, in a
transaction that is rolled back, and random weights, distances and gaps. Half of the jobs have an arrival window, and
the customers of two in three prefer and refuse some of the people around the site. Prints the worlds that differ; exits
with 1.
"""

import argparse
import os
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.databases import cluster, world_of
from benchmarks.worlds import EPOCH_MINUTES, NOW, SKILLS, STATUSES, TYPES, Ints, World
from jobs.requirements import JobRequest

MOST_CHANGED = 2_000
LONG_AWAY = EPOCH_MINUTES - 1440, EPOCH_MINUTES + 60 * 1440
UPDATE = """
UPDATE contractors_contractor c SET rating = v.rating, service_radius_miles = v.radius, type = v.type,
       status = v.status, skills = v.skills::text[], latitude = v.latitude, longitude = v.longitude
FROM unnest(%s::uuid[], %s::numeric[], %s::numeric[], %s::text[], %s::text[], %s::text[], %s::numeric[], %s::numeric[])
     AS v(id, rating, radius, type, status, skills, latitude, longitude)
WHERE c.id = v.id
"""
ABSENCES = """
INSERT INTO contractors_absence (contractor_id, period, kind, note, created_at)
SELECT id, tstzrange(to_timestamp(%s * 60), to_timestamp(%s * 60)), 'leave', '', now() FROM unnest(%s::uuid[]) AS id
"""


def as_it_is(world: World, near: Ints, chance: np.random.Generator, site: Any) -> World:
    return world


def shuffled(world: World, near: Ints, chance: np.random.Generator, site: Any) -> World:
    """Random changes of ratings, radii, types, statuses, and skills."""
    changes = {
        "rating": chance.choice([0, 300, 437, 450, 499, 500], len(near)),
        "radius": chance.choice([1.0, 10.0, 50.0, 400.0, np.nan], len(near)),
        "type": chance.integers(0, 4, len(near)),
        "status": chance.choice(3, len(near), p=(0.8, 0.1, 0.1)),
        "skills": chance.integers(0, 64, len(near)),
    }
    return replace(world, **{name: _with(getattr(world, name), near, values) for name, values in changes.items()})


def all_rated_equal(world: World, near: Ints, chance: np.random.Generator, site: Any) -> World:
    return replace(world, rating=_with(world.rating, near, chance.choice([0, 450, 500])))


def at_one_spot(world: World, near: Ints, chance: np.random.Generator, site: Any) -> World:
    equal = all_rated_equal(world, near, chance, site)
    return replace(
        equal, latitude=_with(world.latitude, near, site[0]), longitude=_with(world.longitude, near, site[1])
    )


def all_away_but_the_farthest(world: World, near: Ints, chance: np.random.Generator, site: Any) -> World:
    return _away(world, near[:-1])


def all_away(world: World, near: Ints, chance: np.random.Generator, site: Any) -> World:
    return _away(world, near)


VARIATIONS: list[Callable[[World, Ints, np.random.Generator, Any], World]] = [
    as_it_is,
    shuffled,
    shuffled,
    all_rated_equal,
    at_one_spot,
    all_away_but_the_farthest,
    all_away,
]


def _with(values: Any, places: Ints, new: Any) -> Any:
    changed = values.copy()
    changed[places] = new
    return changed


def _away(world: World, people: Ints) -> World:
    rows = np.column_stack([people, np.full((len(people), 2), LONG_AWAY)])
    away = np.concatenate([world.away, rows])
    return replace(world, away=away[np.argsort(away[:, 0], kind="stable")])


def write(world: World, near: Ints, base: World) -> None:
    """Write the differences between two worlds in the open transaction."""
    from django.db import connection

    from benchmarks.loading import contractor_id

    ids = [contractor_id(int(n)) for n in near]
    with connection.cursor() as cursor:
        if len(world.away) > len(base.away):
            gone = np.intersect1d(near, world.away[world.away[:, 2] == LONG_AWAY[1]][:, 0])
            cursor.execute(ABSENCES, [*LONG_AWAY, [contractor_id(int(n)) for n in gone]])
        elif world is not base:
            skills = ["{" + ",".join(f'"{s}"' for b, s in enumerate(SKILLS) if m >> b & 1) + "}" for m in range(64)]
            columns: list[Any] = [
                [f"{rating / 100:.2f}" for rating in world.rating[near]],
                [None if np.isnan(radius) else f"{radius:.2f}" for radius in world.radius[near]],
                [TYPES[kind] for kind in world.type[near]],
                [STATUSES[status] for status in world.status[near]],
                [skills[mask] for mask in world.skills[near]],
                [f"{latitude:.7f}" for latitude in world.latitude[near]],
                [f"{longitude:.7f}" for longitude in world.longitude[near]],
            ]
            cursor.execute(UPDATE, [ids, *columns])


def with_preferences(request: JobRequest, near: Ints, pick: random.Random) -> JobRequest:
    """The request of a customer who prefers and refuses none, one, some or many of the contractors near the site."""
    from benchmarks.loading import contractor_id

    people = [contractor_id(int(n)) for n in near[:200]]
    most = len(people) // 2
    refused = {*people[: pick.choice([0, 0, 1, 3])], *pick.sample(people, min(most, pick.choice([0, 1, 10, 50])))}
    preferred = set(pick.sample(people, min(most, pick.choice([0, 1, 10, 50])))) - refused
    return replace(request, preferred=frozenset(preferred), refused=frozenset(refused))


def random_rules(pick: random.Random) -> dict[str, Any]:
    a, b = sorted(pick.sample(range(101), 2)) if pick.random() < 0.7 else (40, 75)
    weights = {"availability": a / 100, "rating": (b - a) / 100, "distance": (100 - b) / 100}
    gap = timedelta(minutes=pick.choice([0, 0, 30, 120]))
    max_miles = pick.choice([10.0, 50.0, 50.0, 80.0, 200.0])
    return {"SCORE_WEIGHTS": weights, "SCORE_MAX_MILES": max_miles, "MINIMUM_GAP": gap}


def differences(base: World, worlds: int, seed: int) -> Iterator[str]:
    """One line for each world whose ranking differs from the scan."""
    from django.db import transaction
    from django.test import override_settings

    from benchmarks.loading import contractor_id
    from benchmarks.questions import questions
    from benchmarks.scan import Rules, Scan, miles_from
    from recommendations.ranking import rank_candidates
    from smartscheduler.rules.current import current_rules

    for number, (request, most, horizon) in enumerate(islice(questions(base, seed, usual=False, windows=0.5), worlds)):
        pick, chance = random.Random(seed * 7919 + number), np.random.default_rng([seed, number])  # noqa: S311
        miles = miles_from(request.point, base.latitude, base.longitude)
        count = min(pick.choice([20, 300, MOST_CHANGED]), len(base) - 1)
        near = np.argpartition(miles, count)[:count]
        near = near[np.argsort(miles[near])]
        if number % 3:
            request = with_preferences(request, near, pick)
        vary = pick.choice(VARIATIONS)
        world, settings = vary(base, near, chance, request.point), random_rules(pick)
        with override_settings(**settings), transaction.atomic():
            write(world, near, base)
            ranking = rank_candidates(request, current_rules(), max_results=most, horizon_days=horizon)
            transaction.set_rollback(True)
        weights = tuple(round(weight * 10_000) for weight in settings["SCORE_WEIGHTS"].values())
        gap = int(settings["MINIMUM_GAP"].total_seconds()) // 60
        rules = Rules(weights=weights, max_miles=settings["SCORE_MAX_MILES"], gap=gap)
        expected = Scan(world).rank(request, max_results=most, horizon_days=horizon, rules=rules, now=NOW.timestamp())
        ours = [
            (entry.contractor.pk, int(entry.score * 10_000), [int(s.start.timestamp()) // 60 for s in entry.slots])
            for entry in ranking.entries
        ]
        if ours != [(contractor_id(ranked.position), ranked.score, ranked.starts) for ranked in expected]:
            yield f"world {number}, seed {seed}: {vary.__name__}, {request}, {most} in {horizon} days, {settings}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--worlds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with cluster() as server:
        sys.exit(bool(compare(*world_of(arguments.size, server), arguments.worlds, arguments.seed)))


def compare(world: World, url: str, worlds: int, seed: int) -> int:
    """Compare all worlds. Returns the number of differing worlds."""
    os.environ |= {"DATABASE_URL": url, "LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "smartscheduler.settings"}
    os.environ.setdefault("REDIS_URL", "redis://localhost:1/0")
    import django
    import time_machine

    django.setup()
    began, wrong = perf_counter(), 0
    with time_machine.travel(NOW, tick=False):
        for difference in differences(world, worlds, seed):
            wrong += 1
            print(difference, flush=True)
    print(f"{worlds} worlds of {len(world):,} contractors: {wrong} differ ({perf_counter() - began:.0f} s)")
    return wrong


if __name__ == "__main__":
    main()

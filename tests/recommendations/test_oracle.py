"""The ranking equals a literal full scan on random worlds."""

from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from assignments.decision_record import decide
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from recommendations.results import Ranking
from recommendations.why_not import why_not
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot
from tests.recommendations import oracle
from tests.recommendations.worlds import World

pytestmark = pytest.mark.django_db
WORLDS = 80
CHUNK = 10


def shape(ranking: Ranking) -> list[Any]:
    return [
        (entry.contractor.pk, entry.score, [slot.start for slot in entry.slots], pytest.approx(entry.miles))
        for entry in ranking.entries
    ]


@pytest.mark.parametrize("chunk", range(WORLDS // CHUNK))
def test_equals_scoring_everyone(chunk: int) -> None:
    answered = 0
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        with time_machine.travel(timezone.now(), tick=False), transaction.atomic():
            world = World(seed, people=20 + seed % 24, bookings=(seed % 4) * 1.5)
            job, horizon = world.job(), world.random.choice([0, 1, 3, 10, 30])
            if seed % 2:
                world.promise(job)
            if seed % 3:
                world.prefer(job)
            max_results = world.random.choice([1, 3, 10, 50])
            expected = oracle.rank(job, world.now, horizon)
            ranking = rank_candidates(
                JobRequest.of(job), current_rules(), max_results=max_results, horizon_days=horizon
            )
            assert shape(ranking) == [(r.contractor.pk, r.score, r.starts, r.miles) for r in expected[:max_results]], (
                f"world {seed} at {world.now}"
            )
            answered += len(expected)
            transaction.set_rollback(True)
    assert answered > 0


@pytest.mark.parametrize("seed", range(1000, 1006))
def test_why_not_and_the_kept_decision_give_the_same_rank(seed: int) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        world = World(seed, people=30)
        job = world.job()
        if seed % 2:
            world.promise(job)
        if seed % 3:
            world.prefer(job)
        expected = {r.contractor.pk: (n, r) for n, r in enumerate(oracle.rank(job, world.now, 10), start=1)}
        for person in world.people:
            answer = why_not(JobRequest.of(job), person, current_rules())
            assert answer.eligible == (person.pk in expected)
            if not answer.eligible:
                assert answer.reasons
                assert answer.suggestion
                continue
            rank, ranked = expected[person.pk]
            assert (answer.rank, answer.score) == (rank, ranked.score)
            assert [slot.start for slot in answer.slots] == ranked.starts
            kept = decide(
                job=job,
                contractor=person,
                slot=TimeSlot(ranked.starts[0], ranked.starts[0] + job.duration),
                rules=current_rules(),
            )
            assert (kept.rank, kept.score) == (rank, ranked.score)

"""The ranking with road distances equals a full scan with them, and all requests use the same distances."""

from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from assignments.booking_checks import check_booking
from assignments.decision_record import decide
from assignments.drop_targets import drop_targets_on
from assignments.local_time import day_at
from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_all, rank_candidates
from recommendations.why_not import why_not
from smartscheduler.errors import ContractorUnsuitable
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.geocells import Pair, cell
from smartscheduler.travel.models import TravelEstimate
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at
from tests.recommendations import oracle
from tests.recommendations.worlds import World

pytestmark = pytest.mark.django_db


def near(miles: float) -> Any:
    return pytest.approx(miles)


@pytest.fixture(autouse=True)
def provider(settings: Settings) -> None:
    """Configured, and never asked: nothing runs that would."""
    settings.TRAVEL_KEYS = {"google_routes": "a key"}


def some_roads(world: World, job: Job) -> int:
    """Roads between the site and about half of everything: long, absurdly short, fast, old, one way only."""
    pick = world.random
    far_ends = [person.point for person in Contractor.objects.all()]
    far_ends += [booking.job.point for booking in Assignment.objects.select_related("job")]
    here, rows = cell(job.point), {}
    for there in {cell(point) for point in far_ends} - {here}:
        for pair in (Pair(there, here), Pair(here, there)):
            if pick.random() < 0.5:
                rows[pair] = estimate(pair, pick)
    TravelEstimate.objects.bulk_create(rows.values())
    return len(rows)


def estimate(pair: Pair, pick: Random) -> TravelEstimate:
    miles = pick.choice([pick.uniform(0, 60), pick.uniform(0, 12), 0.0, 200.0])
    return TravelEstimate(
        **pair._asdict(),
        miles=miles,
        minutes=pick.choice([0, 5, 45, 240, 2000]),
        pessimistic_minutes=pick.choice([None, None, 10, 90]),
        source=pick.choices(["google_routes", "great_circle"], [6, 1])[0],
        fetched_at=timezone.now() - timedelta(days=pick.choice([0, 3, 29, 31])),
    )


@pytest.mark.parametrize("chunk", range(5))
def test_equals_scoring_everyone(chunk: int) -> None:
    answered = roads = 0
    for seed in range(3000 + chunk * 8, 3008 + chunk * 8):
        with time_machine.travel(timezone.now(), tick=False), transaction.atomic():
            world = World(seed, people=20 + seed % 24, bookings=(seed % 4) * 1.5, spread=(0.7, 0.2)[seed % 2])
            job, horizon = world.job(), world.random.choice([0, 1, 3, 10, 30])
            count = world.random.choice([1, 3, 10, 50])
            roads += some_roads(world, job)
            expected = oracle.rank(job, world.now, horizon)
            ranking = rank_candidates(JobRequest.of(job), current_rules(), max_results=count, horizon_days=horizon)
            transaction.set_rollback(True)
        assert [
            (entry.contractor.pk, entry.score, [slot.start for slot in entry.slots], near(entry.miles))
            for entry in ranking.entries
        ] == [(r.contractor.pk, r.score, r.starts, r.miles) for r in expected[:count]], f"world {seed} at {world.now}"
        answered += sum(entry.source == "road" for entry in ranking.entries)
    assert answered > 0
    assert roads > 0


@pytest.mark.parametrize("seed", range(4000, 4004))
def test_why_not_the_kept_decision_and_the_batch_give_the_same(seed: int) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        world = World(seed, people=30)
        job, other = world.job(), world.job()
        some_roads(world, job)
        expected = {r.contractor.pk: (n, r) for n, r in enumerate(oracle.rank(job, world.now, 10), start=1)}
        alone = rank_candidates(JobRequest.of(job), current_rules(), max_results=50)
        together = rank_all([JobRequest.of(other), JobRequest.of(job)], current_rules(), max_results=50)
        assert together[1].entries == alone.entries
        for person in world.people:
            answer = why_not(JobRequest.of(job), person, current_rules())
            assert answer.eligible == (person.pk in expected)
            if not answer.eligible:
                assert answer.reasons
                continue
            rank, ranked = expected[person.pk]
            assert (answer.rank, answer.score, answer.miles) == (rank, ranked.score, near(ranked.miles))
            kept = decide(
                job=job,
                contractor=person,
                slot=TimeSlot(ranked.starts[0], ranked.starts[0] + job.duration),
                rules=current_rules(),
            )
            assert (kept.rank, kept.score) == (rank, ranked.score)


def keep(origin: Contractor | Job, target: Job, **values: int) -> None:
    fields = {"miles": 12.0, "minutes": 20, "source": "google_routes", "fetched_at": timezone.now(), **values}
    TravelEstimate.objects.create(origin=cell(origin.point), destination=cell(target.point), **fields)


def test_a_site_whose_road_leads_out_of_the_radius_is_refused_by_all() -> None:
    person = ContractorFactory(service_radius_miles=10)
    job = JobFactory(latitude="30.3400000")  # five miles to the north
    slot = TimeSlot(at(9, days=2), at(11, days=2))
    check_booking(person, JobRequest.of(job), slot, current_rules(), now=timezone.now())
    keep(person, job)
    with pytest.raises(ContractorUnsuitable, match=r"12.0 miles away"):
        check_booking(person, JobRequest.of(job), slot, current_rules(), now=timezone.now())
    assert rank_candidates(JobRequest.of(job), current_rules()).entries == []
    assert [reason.code for reason in why_not(JobRequest.of(job), person, current_rules()).reasons] == ["out_of_radius"]
    day = partial(day_at, slot.start.date())
    assert "12.0 miles" in drop_targets_on(job, [person], day, current_rules())[person.pk].reason


def test_the_way_there_and_the_way_back_each_leave_their_own_gap() -> None:
    person = ContractorFactory()
    booked = AssignmentFactory(contractor=person, start=at(11, days=2))
    job = JobFactory(latitude="30.3400000", duration=timedelta(hours=1))
    keep(job, booked.job, minutes=95)
    keep(booked.job, job, minutes=5, pessimistic_minutes=35)
    starts = [slot.start for slot in rank_candidates(JobRequest.of(job), current_rules()).entries[0].slots]
    # Booked 11:00-13:00. Before it the drive takes 95 minutes, after it 35 on a bad day.
    assert [f"{start.astimezone(job.zone):%H:%M}" for start in starts] == [
        *("08:00", "14:00", "14:30", "15:00", "15:30", "16:00")
    ]


def test_without_a_provider_nothing_stored_counts(settings: Settings) -> None:
    person, job = ContractorFactory(), JobFactory(latitude="30.3400000")
    keep(person, job)
    (entry,) = rank_candidates(JobRequest.of(job), current_rules()).entries
    assert (entry.source, entry.route.fetched_at is not None) == ("road", True)
    assert "12.0 miles to the site by road (20 min drive)" in entry.breakdown.explanation
    settings.TRAVEL_KEYS = {}
    (entry,) = rank_candidates(JobRequest.of(job), current_rules()).entries
    assert (entry.source, entry.route.fetched_at) == ("straight_line", None)
    assert entry.miles == pytest.approx(5.03, abs=0.01)

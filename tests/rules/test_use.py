"""Rankings, slots, and bookings use the current rules, which are read once per request."""

import re
from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from assignments.calendars import Drive, bookable_slots, drives_of_days
from assignments.decision_record import Decision
from assignments.drop_targets import drop_targets_on
from assignments.local_time import day_at
from assignments.models import Assignment
from assignments.services import assign_job, reassign_assignment, reschedule_assignment
from contractors.models import Contractor
from contractors.services import create_contractor
from contractors.working_week import Shift
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.change_announcer import concerned_jobs
from recommendations.decision_record import decide
from recommendations.near_misses import nearest_misses
from recommendations.ranking import rank_candidates
from recommendations.why_not import why_not
from smartscheduler.core.formatting import short_day
from smartscheduler.errors import SlotUnavailable
from smartscheduler.events.models import OutboxEvent
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.models import RulesVersion
from smartscheduler.rules.services import publish_rules
from smartscheduler.rules.values import Rules
from tests.factories import AUSTIN, AssignmentFactory, ContractorFactory, JobFactory, at
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def publish(based_on: int | None = None, **others: Any) -> RulesVersion:
    return publish_rules(based_on=based_on, actor=None, **{**Rules.of_settings().as_fields(), **others})


@pytest.fixture
def crew() -> Contractor:
    """A contractor who is booked 09:00–11:00 the day after tomorrow, at the site of the other jobs."""
    return AssignmentFactory(start=at(9, days=2)).contractor


@pytest.fixture
def job() -> Job:
    return JobFactory(desired_date=at(12, days=2))


def test_the_gap_counts_for_slots_fits_ranking_and_booking(crew: Contractor, job: Job) -> None:
    publish(minimum_gap_minutes=60)
    start = at(11, 30, days=2)
    day = start.date()
    assert start not in [
        slot.start
        for slot in bookable_slots(contractor=crew, day=day, duration=job.duration, job=job, rules=current_rules())
    ]
    assert start not in drop_targets_on(job, [crew], partial(day_at, day), current_rules())[crew.pk].starts
    (entry,) = rank_candidates(JobRequest.of(job), current_rules()).entries
    assert start not in [slot.start for slot in entry.slots]
    with pytest.raises(SlotUnavailable):
        assign_job(job_id=job.pk, contractor_id=crew.pk, start=start, actor=None)
    assert assign_job(job_id=job.pk, contractor_id=crew.pk, start=at(12, days=2), actor=None).pk


def test_weights_and_miles_make_the_score(job: Job) -> None:
    ContractorFactory(rating=Decimal("2.50"))
    publish(availability_weight=Decimal("0.1"), rating_weight=Decimal("0.8"), distance_weight=Decimal("0.1"))
    (entry,) = rank_candidates(JobRequest.of(job), current_rules()).entries
    assert entry.score == Decimal("0.6000")
    assert "0.8 × 0.5000" in entry.breakdown.explanation


def test_the_horizon_is_how_far_rankings_and_reasons_look(job: Job) -> None:
    person, desired = ContractorFactory(hours=[]), job.desired_date.astimezone(job.zone).date()

    def through(days: int) -> str:
        return f"through {short_day(desired + timedelta(days=days))}"

    assert through(10) in why_not(JobRequest.of(job), person, current_rules()).reasons[0].message
    publish(horizon_days=4)
    assert through(4) in why_not(JobRequest.of(job), person, current_rules()).reasons[0].message
    assert through(4) in nearest_misses(JobRequest.of(job), current_rules())[0].answer.reasons[0].message


def test_speed_and_factor_make_the_minutes() -> None:
    far = {**AUSTIN, "latitude": Decimal("30.7672")}
    bookings = [
        AssignmentFactory(start=at(9, days=2)),
        AssignmentFactory(start=at(15, days=2), job=JobFactory(status="assigned", **far)),
    ]
    ((slow,),) = drives_of_days([bookings], current_rules())
    publish(drive_mph=Decimal(70), road_factor=Decimal("1.3"))
    ((fast,),) = drives_of_days([bookings], current_rules())
    assert isinstance(slow, Drive)
    assert 0 < fast.route.minutes < slow.route.minutes
    assert abs(fast.route.minutes * 2 - slow.route.minutes) <= 2


def test_the_maximum_is_the_radius_of_a_new_contractor() -> None:
    publish(max_miles=Decimal(80))
    hours = [Shift(1, time(8), time(17))]
    fields = {
        **AUSTIN,
        "name": "Ann",
        "type": "tile",
        "phone_number": "(512) 555-0143",
        "email": "ann@example.com",
    }
    assert create_contractor(working_hours=hours, actor=None, **fields).service_radius_miles == 80
    body = {
        "name": "Bea",
        "type": "tile",
        "phone_number": "(512) 555-0144",
        "email": "bea@example.com",
        "location": {name: str(value) for name, value in AUSTIN.items() if name != "time_zone"},
        "working_hours": [{"day_of_week": 1, "start_time": "08:00", "end_time": "17:00"}],
    }
    client = signed_in()
    made = client.post("/api/v1/contractors/", body, content_type="application/json")
    assert made.json()["service_radius_miles"] == 80.0
    page = client.get("/admin/contractors/contractor/add/").content.decode()
    assert re.search(r'name="service_radius_miles" value="80(.0+)?"', page)


def test_a_contractor_in_memory_asks_for_no_rules(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    publish(max_miles=Decimal(80))
    with django_assert_num_queries(0):
        assert Contractor(name="Ann").service_radius_miles == 50


def publish_and_decide(*, rules: Any, **question: Any) -> Decision:
    """A version is published while a contractor is chosen."""
    publish(minimum_gap_minutes=480)
    return decide(rules=rules, **question)


def test_a_booking_goes_by_the_rules_it_began_with(crew: Contractor, job: Job, settings: Settings) -> None:
    settings.DECISION_MAKER = f"{__name__}.publish_and_decide"
    made = assign_job(job_id=job.pk, contractor_id=crew.pk, start=at(12, days=2), actor=None)
    assert (made.rules_id, current_rules().version) == (None, 1)


def test_an_assignment_keeps_the_version_it_was_made_with(crew: Contractor, job: Job) -> None:
    before = assign_job(job_id=job.pk, contractor_id=crew.pk, start=at(12, days=2), actor=None)
    publish(horizon_days=5)
    other = ContractorFactory()
    after = reassign_assignment(assignment_id=before.pk, contractor_id=other.pk, actor=None)
    assert (before.rules_id, after.rules_id) == (None, 1)
    publish(based_on=1, horizon_days=6)
    after.refresh_from_db()
    assert after.rules_id == 1


def test_every_open_job_is_announced_when_rules_are_published(job: Job) -> None:
    closed = JobFactory(status="cancelled", cancelled_at=at(0))
    publish(horizon_days=5)
    concerned = concerned_jobs(OutboxEvent.objects.filter(type="RulesPublished"))
    assert job.pk in concerned
    assert closed.pk not in concerned


def look_ups(ask: Callable[..., Any]) -> int:
    """How often the rules are read from the database."""
    with CaptureQueriesContext(connection) as asked:
        ask()
    return sum("rules_rulesversion" in query["sql"] for query in asked.captured_queries)


@pytest.mark.parametrize(
    "ask",
    [
        lambda crew, job, rules: rank_candidates(JobRequest.of(job), rules),
        lambda crew, job, rules: why_not(JobRequest.of(job), crew, rules),
        lambda crew, job, rules: nearest_misses(JobRequest.of(job), rules),
        lambda crew, job, rules: drop_targets_on(job, [crew], partial(day_at, at(12, days=2).date()), rules),
        lambda crew, job, rules: bookable_slots(
            contractor=crew, day=at(12, days=2).date(), duration=job.duration, job=job, rules=rules
        ),
    ],
)
def test_the_engine_reads_no_rules(crew: Contractor, job: Job, ask: Callable[..., Any]) -> None:
    ContractorFactory.create_batch(3)
    rules = current_rules()
    assert look_ups(lambda: ask(crew, job, rules)) == 0


def test_a_service_reads_the_rules_once(crew: Contractor, job: Job) -> None:
    other = ContractorFactory()

    def assign() -> Assignment:
        return assign_job(job_id=job.pk, contractor_id=crew.pk, start=at(12, days=2), actor=None)

    assert look_ups(assign) == 1
    booking = Assignment.objects.get(job=job).pk
    assert look_ups(lambda: reschedule_assignment(assignment_id=booking, start=at(14, days=2), actor=None)) == 1
    assert look_ups(lambda: reassign_assignment(assignment_id=booking, contractor_id=other.pk, actor=None)) == 1


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/jobs/{job}/recommendations/",
        "/api/v1/jobs/{job}/recommendations/{crew}/",
        "/api/v1/contractors/{crew}/schedule/",
        "/api/v1/contractors/{crew}/availability/?job={job}",
        "/admin/jobs/job/{job}/recommend/",
        "/admin/contractors/contractor/{crew}/week/",
        "/live/jobs/{job}/",
        "/live/?parts=board",
    ],
)
def test_a_request_reads_the_rules_once(crew: Contractor, job: Job, address: str) -> None:
    client = signed_in()
    path = address.format(job=job.pk, crew=crew.pk)
    assert client.get(path).status_code == 200
    assert look_ups(lambda: client.get(path)) == 1


def test_the_api_names_the_version(crew: Contractor, job: Job, client: Client) -> None:
    publish(horizon_days=5)
    made = assign_job(job_id=job.pk, contractor_id=crew.pk, start=at(12, days=2), actor=None)
    answer = signed_in().get(f"/api/v1/assignments/{made.pk}/")
    assert answer.json()["rules_version"] == 1

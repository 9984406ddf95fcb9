"""Whoever asks when somebody is free, or how good somebody is, goes by the version in force."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assignments.calendars import bookable_slots, drives_between
from assignments.fits import fits_on
from assignments.services import assign_job, reassign_assignment
from contractors.models import Contractor
from jobs.requests import JobRequest
from recommendations.announcements import concerned_jobs
from recommendations.misses import nearest_misses
from recommendations.ranking import rank_candidates
from recommendations.why_not import why_not
from smartscheduler.errors import SlotUnavailable
from smartscheduler.events.models import OutboxEvent
from smartscheduler.rules.services import publish_rules
from smartscheduler.rules.values import Rules
from tests.factories import AUSTIN, AssignmentFactory, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db


def publish(based_on=None, **others):
    return publish_rules(based_on=based_on, actor=None, **{**Rules.of_settings().as_fields(), **others})


@pytest.fixture
def crew():
    """Somebody who is booked 09:00–11:00 the day after tomorrow, at the site of the other jobs."""
    return AssignmentFactory(start=at(9, days=2)).contractor


@pytest.fixture
def job():
    return JobFactory(desired_date=at(12, days=2))


def test_the_gap_counts_for_slots_fits_ranking_and_booking(crew, job):
    publish(minimum_gap_minutes=60)
    wanted = at(11, 30, days=2)
    day = wanted.date()
    assert wanted not in [
        slot.start for slot in bookable_slots(contractor=crew, day=day, duration=job.duration, job=job)
    ]
    assert wanted not in fits_on(job, [crew], day)[crew.pk].starts
    (entry,) = rank_candidates(JobRequest.of(job)).entries
    assert wanted not in [slot.start for slot in entry.slots]
    with pytest.raises(SlotUnavailable):
        assign_job(job_id=job.pk, contractor_id=crew.pk, start=wanted, actor=None)
    assert assign_job(job_id=job.pk, contractor_id=crew.pk, start=at(12, days=2), actor=None).pk


def test_weights_and_miles_make_the_score(job):
    ContractorFactory(rating=Decimal("2.50"))
    publish(availability_weight=Decimal("0.1"), rating_weight=Decimal("0.8"), distance_weight=Decimal("0.1"))
    (entry,) = rank_candidates(JobRequest.of(job)).entries
    assert entry.score == Decimal("0.6000")
    assert "0.8 × 0.5000" in entry.breakdown.explanation


def test_the_horizon_is_how_far_rankings_and_reasons_look(job):
    person = ContractorFactory(hours=[])
    assert "within 10 days" in why_not(JobRequest.of(job), person).reasons[0].message
    publish(horizon_days=4)
    assert "within 4 days" in why_not(JobRequest.of(job), person).reasons[0].message
    assert "within 4 days" in nearest_misses(JobRequest.of(job))[0].answer.reasons[0].message


def test_speed_and_factor_make_the_minutes():
    far = {**AUSTIN, "latitude": Decimal("30.7672")}
    bookings = [
        AssignmentFactory(start=at(9, days=2)),
        AssignmentFactory(start=at(15, days=2), job=JobFactory(status="assigned", **far)),
    ]
    (slow,) = drives_between(bookings, {})
    publish(drive_mph=Decimal(70), road_factor=Decimal("1.3"))
    (fast,) = drives_between(bookings, {})
    assert 0 < fast.way.minutes < slow.way.minutes
    assert abs(fast.way.minutes * 2 - slow.way.minutes) <= 2


def test_the_maximum_is_the_radius_of_a_new_contractor():
    publish(max_miles=Decimal(80))
    assert Contractor().service_radius_miles == 80


def test_an_assignment_keeps_the_version_it_was_made_with(crew, job):
    before = assign_job(job_id=job.pk, contractor_id=crew.pk, start=at(12, days=2), actor=None)
    publish(horizon_days=5)
    other = ContractorFactory()
    after = reassign_assignment(assignment_id=before.pk, contractor_id=other.pk, actor=None)
    assert (before.rules_id, after.rules_id) == (None, 1)
    publish(based_on=1, horizon_days=6)
    after.refresh_from_db()
    assert after.rules_id == 1


def test_every_open_job_is_announced_when_rules_are_published(job):
    closed = JobFactory(status="cancelled", cancelled_at=at(0))
    publish(horizon_days=5)
    concerned = concerned_jobs(OutboxEvent.objects.filter(type="RulesPublished"))
    assert job.pk in concerned
    assert closed.pk not in concerned


@pytest.mark.parametrize(
    "ask",
    [
        lambda crew, job: rank_candidates(JobRequest.of(job)),
        lambda crew, job: why_not(JobRequest.of(job), crew),
        lambda crew, job: nearest_misses(JobRequest.of(job)),
        lambda crew, job: fits_on(job, [crew], at(12, days=2).date()),
        lambda crew, job: bookable_slots(contractor=crew, day=at(12, days=2).date(), duration=job.duration, job=job),
        lambda crew, job: assign_job(job_id=job.pk, contractor_id=crew.pk, start=at(12, days=2), actor=None),
    ],
)
def test_an_operation_asks_for_the_rules_once(crew, job, ask):
    ContractorFactory.create_batch(3)
    with CaptureQueriesContext(connection) as asked:
        ask(crew, job)
    assert sum("rules_rulesversion" in query["sql"] for query in asked.captured_queries) == 1


def test_the_api_names_the_version(crew, job, client):
    publish(horizon_days=5)
    made = assign_job(job_id=job.pk, contractor_id=crew.pk, start=at(12, days=2), actor=None)
    from tests.pages import signed_in

    answer = signed_in().get(f"/api/v1/assignments/{made.pk}/")
    assert answer.json()["rules_version"] == 1

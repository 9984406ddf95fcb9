"""Open pages are notified only when their ranking has changed."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assignments.models import Assignment
from assignments.services import assign_job, cancel_assignment
from contractors.models import Contractor
from contractors.services import deactivate_contractor, mark_on_leave, update_contractor, update_rating, update_schedule
from jobs.models import Job
from jobs.services import update_job
from recommendations.change_announcer import Profile, announce_changes
from smartscheduler.events.models import OutboxEvent
from tests.events.numbers import number_events
from tests.factories import WEEKDAYS, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db

FAR = Decimal("32.7767000")


def announced() -> list[Any]:
    """Number the events, process them, and return the announced jobs."""
    before = set(OutboxEvent.objects.filter(type="RecommendationsUpdated").values_list("pk", flat=True))
    number_events()
    announce_changes()
    events = OutboxEvent.objects.filter(type="RecommendationsUpdated").exclude(pk__in=before)
    return sorted(event.data["job_id"] for event in events)


@pytest.fixture
def jobs() -> list[Any]:
    """One that the contractor can be ranked for, one of another type, one far away."""
    return [JobFactory(), JobFactory(type="tile"), JobFactory(latitude=FAR)]


@pytest.mark.parametrize(
    "act",
    [
        lambda who: update_schedule(contractor_id=who.pk, working_hours=WEEKDAYS, actor=None),
        lambda who: update_rating(contractor_id=who.pk, rating=Decimal(5), actor=None),
        lambda who: deactivate_contractor(contractor_id=who.pk, actor=None),
        lambda who: mark_on_leave(contractor_id=who.pk, actor=None),
        lambda who: update_contractor(contractor_id=who.pk, name="Another name", actor=None),
        lambda who: update_contractor(contractor_id=who.pk, type="carpet", actor=None),
        lambda who: assign_job(job_id=JobFactory().pk, contractor_id=who.pk, start=at(9, days=2), actor=None),
    ],
)
def test_tells_the_jobs_that_a_changed_contractor_is_ranked_for(
    jobs: list[Any], act: Callable[..., Contractor | Assignment]
) -> None:
    act(ContractorFactory())
    assert announced() == [str(jobs[0].pk)]
    assert announced() == []


def test_tells_the_jobs_of_the_place_that_a_contractor_left_and_of_the_new_one(jobs: list[Any]) -> None:
    update_contractor(contractor_id=ContractorFactory().pk, latitude=FAR, actor=None)
    assert announced() == sorted([str(jobs[0].pk), str(jobs[2].pk)])


def test_a_changed_phone_number_is_no_news(jobs: list[Any]) -> None:
    update_contractor(contractor_id=ContractorFactory().pk, phone_number="(512) 555-0199", actor=None)
    assert announced() == []


def test_a_burst_of_changes_is_told_once(jobs: list[Any]) -> None:
    for crew in ContractorFactory.create_batch(3):
        update_rating(contractor_id=crew.pk, rating=Decimal(1), actor=None)
        update_schedule(contractor_id=crew.pk, working_hours=WEEKDAYS, actor=None)
    assert announced() == [str(jobs[0].pk)]


def test_a_burst_costs_no_more_than_its_contractors_and_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """An import announces thousands of bookings in a few seconds, beside thousands of open jobs."""
    jobs, crews, concerns, compared = (
        JobFactory.create_batch(4),
        ContractorFactory.create_batch(3),
        Profile.concerns,
        [],
    )

    def note(profile: Profile, job: Job) -> bool:
        compared.append(job)
        return concerns(profile, job)

    monkeypatch.setattr(Profile, "concerns", note)
    for crew in crews * 3:
        update_schedule(contractor_id=crew.pk, working_hours=WEEKDAYS, actor=None)
    with CaptureQueriesContext(connection) as queries:
        assert announced() == sorted(str(job.pk) for job in jobs)
    assert len(compared) == len(jobs)
    assert sum(query["sql"].startswith("NOTIFY") for query in queries) == 1


def test_a_job_that_moves_or_opens_again_is_told_of() -> None:
    contractor, job = ContractorFactory(), JobFactory()
    update_job(job_id=job.pk, desired_date=at(12, days=4), actor=None)
    assert announced() == [str(job.pk)]
    update_job(job_id=job.pk, priority="high", actor=None)
    assert announced() == []
    booked = assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(9, days=4), actor=None)
    assert announced() == []
    cancel_assignment(assignment_id=booked.pk, reason="Test", actor=None)
    assert announced() == [str(job.pk)]

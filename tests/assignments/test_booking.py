"""Booking: requirements, and refusals without side effects."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from assignments.models import Assignment
from assignments.services import assign_job
from contractors.models import Contractor
from contractors.working_week import Shift
from jobs.models import Job
from smartscheduler.errors import ContractorUnsuitable, JobNotOpen, SlotUnavailable
from smartscheduler.events.models import OutboxEvent
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at

pytestmark = pytest.mark.django_db


def book(job: Job, contractor: Contractor, start: datetime, **more: Any) -> Assignment:
    return assign_job(job_id=job.pk, contractor_id=contractor.pk, start=start, actor=None, **more)


def nothing_happened(job: Job) -> bool:
    job.refresh_from_db()
    return (
        job.status == Job.Status.OPEN
        and not Assignment.objects.filter(job=job).exists()
        and not OutboxEvent.objects.filter(type="JobAssigned").exists()
    )


def test_books_the_slot_and_keeps_why() -> None:
    contractor, job, actor = ContractorFactory(), JobFactory(), UserFactory()
    assignment = assign_job(
        job_id=job.pk, contractor_id=contractor.pk, start=at(9, 7, days=2), actor=actor, override_reason="Asked for"
    )
    assignment.refresh_from_db()
    job.refresh_from_db()
    assert (assignment.slot.start, assignment.slot.end) == (at(9, 7, days=2), at(11, 7, days=2))
    assert assignment.status == "pending"
    assert job.status == "assigned"
    assert (assignment.rank, assignment.candidates_considered, assignment.candidates_exact) == (1, 1, True)
    assert assignment.score == Decimal("0.9300")  # 0.40 × 1 + 0.35 × 0.8 + 0.25 × 1
    assert assignment.score_breakdown["rating_score"] == 0.8
    assert assignment.override_reason == "Asked for"
    event = OutboxEvent.objects.get(type="JobAssigned")
    assert event.data["assignment_id"] == str(assignment.pk)
    assert event.data["contractor_name"] == contractor.name
    assert event.actor
    assert event.actor["email"] == actor.email


@pytest.mark.parametrize(
    ("who", "what", "code"),
    [
        ({"status": "inactive"}, {}, "inactive"),
        ({"status": "on_leave"}, {}, "inactive"),
        ({"type": "tile"}, {}, "wrong_type"),
        ({}, {"required_skills": ["Hardwood"]}, "missing_skill"),
        ({"latitude": Decimal("31.2672")}, {}, "out_of_radius"),
    ],
)
def test_refuses_someone_unsuitable(who: dict[str, Any], what: dict[str, list[str]], code: str) -> None:
    contractor, job = ContractorFactory(**who), JobFactory(**what)
    with pytest.raises(ContractorUnsuitable) as refused:
        book(job, contractor, at(9, days=2))
    assert [reason["code"] for reason in refused.value.extra["reasons"]] == [code]
    assert nothing_happened(job)


@pytest.mark.parametrize(
    ("start_of", "code"),
    [
        (lambda: at(7, 59, days=2), "not_working"),
        (lambda: at(15, 1, days=2), "not_working"),
        (lambda: at(9, days=-1), "in_the_past"),
        (lambda: at(13, days=3), "absent"),
        (lambda: at(11, 59, days=4), "fully_booked"),
        (lambda: at(7, 59, days=4) + timedelta(minutes=1), None),
    ],
)
def test_refuses_a_slot_that_is_not_free(start_of: Callable[[], datetime], code: str | None) -> None:
    start = start_of()
    contractor, job = ContractorFactory(), JobFactory()
    AbsenceFactory(contractor=contractor, period=(at(14, days=3), at(15, days=3)))
    AssignmentFactory(contractor=contractor, start=at(10, days=4))
    if code is None:
        assert book(job, contractor, start).slot.start == start
        return
    with pytest.raises(SlotUnavailable) as refused:
        book(job, contractor, start)
    assert refused.value.extra["reasons"][0]["code"] == code
    assert nothing_happened(job)


def test_a_clash_names_the_other_assignment() -> None:
    other = AssignmentFactory(start=at(10, days=2))
    job = JobFactory()
    with pytest.raises(SlotUnavailable) as refused:
        book(job, other.contractor, at(9, days=2))
    assert refused.value.extra["conflicting_assignment"]["id"] == str(other.pk)


def test_a_clash_offers_the_nearest_slots_that_can_be_booked() -> None:
    other = AssignmentFactory(start=at(10, days=2), job__duration=timedelta(hours=3))
    job = JobFactory(duration=timedelta(hours=2))
    with pytest.raises(SlotUnavailable) as refused:
        book(job, other.contractor, at(11, days=2))
    offered = [datetime.fromisoformat(slot["start"]) for slot in refused.value.extra["nearest_slots"]]
    assert offered == [at(8, days=2), at(13, days=2), at(13, days=2) + timedelta(minutes=30)]
    assert book(job, other.contractor, offered[0]).status == "pending"


def test_in_the_past_the_next_slots_are_offered() -> None:
    contractor, job = ContractorFactory(), JobFactory()
    with pytest.raises(SlotUnavailable) as refused:
        book(job, contractor, at(10, days=-30))
    first, *_ = refused.value.extra["nearest_slots"]
    assert book(job, contractor, datetime.fromisoformat(first["start"])).status == "pending"


def test_nothing_is_offered_when_nothing_is_free() -> None:
    contractor = ContractorFactory()
    AbsenceFactory(contractor=contractor, period=(at(0, days=-1), at(0, days=30)))
    with pytest.raises(SlotUnavailable) as refused:
        book(JobFactory(), contractor, at(10, days=2))
    assert refused.value.extra["nearest_slots"] == []


def test_the_drive_between_two_sites_counts() -> None:
    """20 miles great-circle: 20 × 1.3 / 35 h = 44.57, so 45 minutes."""
    contractor = ContractorFactory()
    far = AssignmentFactory(
        contractor=contractor,
        start=at(9, days=2),
        job__latitude=Decimal("30.2672") + Decimal("0.2894411"),
    )
    job = JobFactory()
    with pytest.raises(SlotUnavailable) as refused:
        book(job, contractor, far.slot.end + timedelta(minutes=44, seconds=59))
    assert refused.value.extra["reasons"][0]["code"] == "drive_too_long"
    assert nothing_happened(job)
    assert book(job, contractor, far.slot.end + timedelta(minutes=45)).status == "pending"


def test_the_minimum_gap_counts_when_longer_than_the_drive(settings: Settings) -> None:
    settings.MINIMUM_GAP = timedelta(minutes=30)
    other = AssignmentFactory(start=at(9, days=2))
    with pytest.raises(SlotUnavailable):
        book(JobFactory(), other.contractor, other.slot.end + timedelta(minutes=29))
    assert book(JobFactory(), other.contractor, other.slot.end + timedelta(minutes=30))


def test_a_night_shift_is_one_stretch() -> None:
    night = [Shift(day, time(20), time(0)) for day in range(7)] + [Shift(day, time(0), time(4)) for day in range(7)]
    contractor, job = ContractorFactory(hours=night), JobFactory(duration=timedelta(hours=8))
    assert book(job, contractor, at(20, days=2)).slot.end == at(4, days=3)


def test_refuses_a_job_that_is_not_open() -> None:
    taken = AssignmentFactory()
    with pytest.raises(JobNotOpen):
        book(taken.job, ContractorFactory(), at(9, days=2))
    assert Assignment.objects.count() == 1


def test_someone_without_a_slot_in_the_horizon_has_no_rank() -> None:
    contractor, job = ContractorFactory(), JobFactory(desired_date=at(12, days=1))
    AbsenceFactory(contractor=contractor, period=(at(0, days=0), at(0, days=20)))
    assignment = book(job, contractor, at(9, days=21))
    assert assignment.rank is None
    assert assignment.score == Decimal("0.5300")

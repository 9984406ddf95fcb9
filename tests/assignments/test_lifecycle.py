"""Transitions of assignments: confirm, start, complete, cancel, reschedule, reassign, and rate."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from assignments.models import Assignment
from assignments.services import (
    assign_job,
    cancel_assignment,
    cancel_job,
    complete_assignment,
    confirm_assignment,
    rate_assignment,
    reassign_assignment,
    reschedule_assignment,
    start_assignment,
)
from contractors.services import add_absence
from jobs.services import update_job
from smartscheduler.core.json_values import as_json
from smartscheduler.errors import (
    AlreadyRated,
    BookingInConflict,
    ContractorUnsuitable,
    InvalidInput,
    InvalidTransition,
    JobLocked,
    SlotUnavailable,
)
from smartscheduler.events.models import OutboxEvent
from smartscheduler.timeslots import TimeSlot
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def booked() -> Assignment:
    return assign_job(job_id=JobFactory().pk, contractor_id=ContractorFactory().pk, start=at(9, days=2), actor=None)


def events_since(position: int) -> list[Any]:
    return list(OutboxEvent.objects.filter(position__gt=position).order_by("position").values_list("type", flat=True))


def last_position() -> int:
    return OutboxEvent.objects.order_by("-position").values_list("position", flat=True).first() or 0


def start(assignment: Assignment) -> Assignment:
    """On the day of the booking: work does not start before."""
    confirm_assignment(assignment_id=assignment.pk, actor=None)
    with time_machine.travel(assignment.slot.start, tick=False):
        return start_assignment(assignment_id=assignment.pk, actor=None)


def finish(assignment: Assignment) -> Assignment:
    start(assignment)
    with time_machine.travel(assignment.slot.end, tick=False):
        return complete_assignment(assignment_id=assignment.pk, actor=None)


def test_the_whole_way(booked: Assignment) -> None:
    mark = last_position()
    done = finish(booked)
    assert (done.status, done.job.status) == ("completed", "completed")
    moments = [done.confirmed_at, done.started_at, done.completed_at]
    assert all(moments)
    assert moments == sorted(moment for moment in moments if moment)
    assert done.completed_at == done.job.completed_at
    assert events_since(mark) == ["AssignmentConfirmed", "AssignmentStarted", "AssignmentCompleted", "JobCompleted"]
    started = OutboxEvent.objects.get(type="AssignmentStarted")
    assert started.data["previous_status"] == "confirmed"
    assert started.data["time_slot"] == as_json(booked.slot)


def test_starting_and_completing_move_the_job(booked: Assignment) -> None:
    assert start(booked).job.status == "in_progress"
    booked.job.refresh_from_db()
    assert booked.job.status == "in_progress"


def test_cancelling_frees_the_slot_and_reopens_the_job(booked: Assignment) -> None:
    mark = last_position()
    cancelled = cancel_assignment(assignment_id=booked.pk, reason="Customer moved", actor=None)
    assert (cancelled.status, cancelled.cancel_reason, cancelled.job.status) == ("cancelled", "Customer moved", "open")
    assert events_since(mark) == ["AssignmentCancelled", "JobReopened"]
    again = assign_job(job_id=booked.job_id, contractor_id=booked.contractor_id, start=at(9, days=2), actor=None)
    assert again.slot == booked.slot


def test_cancelling_work_in_progress_reopens_the_job(booked: Assignment) -> None:
    start(booked)
    assert cancel_assignment(assignment_id=booked.pk, reason="Flood", actor=None).job.status == "open"


def test_cancelling_the_job_cancels_its_assignment(booked: Assignment) -> None:
    mark = last_position()
    job = cancel_job(job_id=booked.job_id, reason="Not wanted", actor=None)
    booked.refresh_from_db()
    assert (job.status, booked.status, booked.cancel_reason) == ("cancelled", "cancelled", "Not wanted")
    assert events_since(mark) == ["AssignmentCancelled", "JobCancelled"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_cancelling_needs_a_reason(booked: Assignment, reason: str) -> None:
    mark = last_position()
    for act in (
        lambda: cancel_assignment(assignment_id=booked.pk, reason=reason, actor=None),
        lambda: cancel_job(job_id=booked.job_id, reason=reason, actor=None),
    ):
        with pytest.raises(InvalidInput) as refused:
            act()
        assert "reason" in refused.value.errors
    booked.refresh_from_db()
    assert booked.status == "pending"
    assert events_since(mark) == []


def test_a_completed_job_cannot_be_cancelled(booked: Assignment) -> None:
    finish(booked)
    with pytest.raises(InvalidTransition, match="completed cannot become canceled"):
        cancel_job(job_id=booked.job_id, reason="Late", actor=None)
    with pytest.raises(InvalidTransition, match="completed cannot become canceled"):
        cancel_assignment(assignment_id=booked.pk, reason="Late", actor=None)


def test_reschedules_within_free_time_even_over_its_own_slot(booked: Assignment) -> None:
    mark = last_position()
    moved = reschedule_assignment(assignment_id=booked.pk, start=at(10, days=2), actor=None)
    moved.refresh_from_db()
    assert moved.slot.start == at(10, days=2)
    assert moved.slot.duration == timedelta(hours=2)
    assert events_since(mark) == ["AssignmentRescheduled"]
    assert OutboxEvent.objects.get(type="AssignmentRescheduled").data["previous_time_slot"]["start"]


@pytest.mark.parametrize("start", [lambda: at(6, days=2), lambda: at(13, days=2), lambda: at(9, days=3)])
def test_refuses_to_reschedule_where_the_contractor_is_not_free(
    booked: Assignment, start: Callable[[], datetime]
) -> None:
    AssignmentFactory(contractor=booked.contractor, start=at(14, days=2))
    AbsenceFactory(contractor=booked.contractor, period=(at(0, days=3), at(0, days=4)))
    mark = last_position()
    with pytest.raises(SlotUnavailable):
        reschedule_assignment(assignment_id=booked.pk, start=start(), actor=None)
    booked.refresh_from_db()
    assert booked.slot.start == at(9, days=2)
    assert events_since(mark) == []


def test_reassigns_in_one_go(booked: Assignment) -> None:
    other, mark = ContractorFactory(), last_position()
    new = reassign_assignment(assignment_id=booked.pk, contractor_id=other.pk, actor=None, override_reason="Asked for")
    booked.refresh_from_db()
    assert (booked.status, new.status, new.job.status) == ("cancelled", "pending", "assigned")
    assert (new.contractor, new.slot, new.override_reason) == (other, booked.slot, "Asked for")
    assert events_since(mark) == ["AssignmentCancelled", "JobAssigned"]


def test_a_confirmed_booking_stays_confirmed_at_the_same_time(booked: Assignment) -> None:
    confirmed_at = confirm_assignment(assignment_id=booked.pk, actor=None).confirmed_at
    mark = last_position()
    new = reassign_assignment(assignment_id=booked.pk, contractor_id=ContractorFactory().pk, actor=None)
    new.refresh_from_db()
    assert (new.status, new.confirmed_at, new.slot) == ("confirmed", confirmed_at, booked.slot)
    assert events_since(mark) == ["AssignmentCancelled", "JobAssigned", "AssignmentConfirmed"]


def test_a_confirmed_booking_is_pending_at_another_time(booked: Assignment) -> None:
    confirm_assignment(assignment_id=booked.pk, actor=None)
    new = reassign_assignment(
        assignment_id=booked.pk, contractor_id=ContractorFactory().pk, start=at(13, days=2), actor=None
    )
    new.refresh_from_db()
    assert (new.status, new.confirmed_at) == ("pending", None)


class TestConfirmInConflict:
    @pytest.fixture
    def absent(self, booked: Assignment) -> Assignment:
        add_absence(contractor_id=booked.contractor_id, period=TimeSlot(at(0, days=2), at(0, days=3)), actor=None)
        return booked

    def test_is_refused_with_the_reasons(self, absent: Assignment) -> None:
        mark = last_position()
        with pytest.raises(BookingInConflict, match="is absent at that time") as refusal:
            confirm_assignment(assignment_id=absent.pk, actor=None)
        assert [reason["code"] for reason in refusal.value.extra["reasons"]] == ["absent"]
        absent.refresh_from_db()
        assert absent.status == "pending"
        assert events_since(mark) == []

    def test_is_possible_on_purpose(self, absent: Assignment) -> None:
        assert confirm_assignment(assignment_id=absent.pk, despite_conflict=True, actor=None).status == "confirmed"

    def test_names_the_state_first(self, absent: Assignment) -> None:
        cancel_assignment(assignment_id=absent.pk, reason="Test", actor=None)
        with pytest.raises(InvalidTransition):
            confirm_assignment(assignment_id=absent.pk, actor=None)


def test_a_refused_reassignment_leaves_everything_as_it_was(booked: Assignment) -> None:
    busy, wrong = AssignmentFactory(start=at(9, days=2)).contractor, ContractorFactory(type="tile")
    mark = last_position()
    for contractor, error in (
        (busy, SlotUnavailable),
        (wrong, ContractorUnsuitable),
        (booked.contractor, InvalidInput),
    ):
        with pytest.raises(error):
            reassign_assignment(assignment_id=booked.pk, contractor_id=contractor.pk, actor=None)
    booked.refresh_from_db()
    assert booked.status == "pending"
    assert Assignment.objects.filter(job=booked.job).count() == 1
    assert events_since(mark) == []


def test_work_in_progress_is_neither_rescheduled_nor_reassigned(booked: Assignment) -> None:
    start(booked)
    with pytest.raises(InvalidTransition, match="in progress cannot be rescheduled"):
        reschedule_assignment(assignment_id=booked.pk, start=at(12, days=2), actor=None)
    with pytest.raises(InvalidTransition, match="in progress cannot be reassigned"):
        reassign_assignment(assignment_id=booked.pk, contractor_id=ContractorFactory().pk, actor=None)


def test_rating_a_completed_assignment_moves_the_mean_once(booked: Assignment) -> None:
    finish(booked)
    rated = rate_assignment(assignment_id=booked.pk, rating=Decimal("5"), actor=None, comment="Spotless")
    assert (rated.contractor.rating, rated.contractor.rating_count) == (Decimal("4.09"), 11)  # (10 × 4 + 5) / 11
    event = OutboxEvent.objects.get(type="ContractorRated")
    assert (event.data["previous_rating"], event.data["new_rating"]) == (4.0, 4.09)
    assert event.data["job_id"] == str(booked.job_id)
    with pytest.raises(AlreadyRated):
        rate_assignment(assignment_id=booked.pk, rating=Decimal("1"), actor=None)
    booked.contractor.refresh_from_db()
    assert booked.contractor.rating_count == 11


def test_only_a_completed_assignment_is_rated(booked: Assignment) -> None:
    with pytest.raises(InvalidTransition):
        rate_assignment(assignment_id=booked.pk, rating=Decimal("5"), actor=None)
    booked.contractor.refresh_from_db()
    assert booked.contractor.rating_count == 10


@pytest.mark.parametrize(
    "change",
    [
        {"type": "tile"},
        {"duration": timedelta(hours=3)},
        {"latitude": Decimal("30.3")},
        {"address": "200 Elsewhere Road"},
        {"zip_code": "78702"},
        {"desired_date": datetime(2040, 3, 5, 15, tzinfo=UTC)},
    ],
)
def test_what_was_booked_cannot_be_edited_under_the_booking(booked: Assignment, change: dict[str, Any]) -> None:
    with pytest.raises(JobLocked) as refused:
        update_job(job_id=booked.job_id, actor=None, **change)
    assert set(change) <= set(refused.value.errors)
    booked.job.refresh_from_db()
    assert getattr(booked.job, next(iter(change))) != next(iter(change.values()))


def test_notes_can_be_edited_under_the_booking(booked: Assignment) -> None:
    assert update_job(job_id=booked.job_id, actor=None, special_requirements="Dog").special_requirements == "Dog"

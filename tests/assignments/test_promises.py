"""Promising arrival windows, booking inside them, and breaking them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from assignments.models import Assignment, Conflict
from assignments.services import (
    assign_job,
    cancel_assignment,
    promise_window,
    reassign_assignment,
    reschedule_assignment,
    withdraw_window,
)
from jobs.models import Job
from jobs.requirements import JobRequest
from jobs.services import create_job, update_job
from recommendations.ranking import rank_candidates
from recommendations.why_not import why_not
from smartscheduler.accounts.permissions import Role
from smartscheduler.errors import (
    InvalidInput,
    InvalidTransition,
    NotAllowed,
    OtherWindowPromised,
    OutsideWindow,
)
from smartscheduler.events.models import OutboxEvent
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot
from tests.api import client_as, client_of, problem, refused_field
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at

pytestmark = pytest.mark.django_db
ZONE = "America/Chicago"


def window(start: int, end: int, *, minute: int = 0, days: int = 2) -> TimeSlot:
    return TimeSlot(at(start, minute, days=days), at(end, minute, days=days))


def promised(start: int = 8, end: int = 10, **fields: Any) -> Job:
    slot = window(start, end)
    return JobFactory(window_start=slot.start, window_end=slot.end, **fields)


def events(kind: str) -> list[dict[str, Any]]:
    return [event.data for event in OutboxEvent.objects.filter(type=kind).order_by("position")]


# --- Promising ------------------------------------------------------------------------------------


def test_promises_a_window_and_says_so() -> None:
    job, actor = JobFactory(), UserFactory()
    promise_window(job_id=job.pk, window=window(8, 10), actor=actor)
    job.refresh_from_db()
    assert job.window == window(8, 10)
    (event,) = events("WindowPromised")
    assert event["previous"] is None
    assert datetime.fromisoformat(event["window"]["start"]) == at(8, days=2)


def test_a_new_job_can_have_a_window() -> None:
    job = JobFactory.build()
    fields = {field.name: getattr(job, field.name) for field in Job._meta.fields if field.name not in {"created_at"}}
    made = create_job(actor=None, **{**fields, "window_start": at(8, days=2), "window_end": at(10, days=2)})
    assert made.window == window(8, 10)
    assert [event["job_id"] for event in events("WindowPromised")] == [str(made.pk)]


@pytest.mark.parametrize(
    "bounds",
    [
        lambda: (at(8, days=2), at(8, 30, days=2)),  # too short
        lambda: (at(8, days=2), at(12, 30, days=2)),  # too long
        lambda: (at(8, 15, days=2), at(10, 15, days=2)),  # not on the half hour
        lambda: (at(8, days=2), at(9, 45, days=2)),
        lambda: (at(8, days=-3), at(10, days=-3)),  # over
    ],
)
def test_refuses_an_impossible_window(bounds: Callable[[], tuple[datetime, datetime]]) -> None:
    job = JobFactory()
    with pytest.raises(InvalidInput) as refused:
        promise_window(job_id=job.pk, window=TimeSlot(*bounds()), actor=None)
    assert refused.value.errors.keys() & {"window_start", "window_end"}
    job.refresh_from_db()
    assert job.window is None
    assert not events("WindowPromised")


@pytest.mark.parametrize(
    "bounds",
    [
        lambda: (at(8, days=2), None),
        lambda: (None, at(8, days=2)),
        lambda: (at(8, days=2), at(8, 30, days=2)),
        lambda: (at(8, days=2), at(13, days=2)),
        lambda: (at(8, 10, days=2), at(10, 10, days=2)),
        lambda: (at(8, days=2), at(10, 1, days=2)),
    ],
)
def test_the_database_refuses_it_too(bounds: Callable[[], tuple[datetime | None, datetime | None]]) -> None:
    job = JobFactory()
    start, end = bounds()
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(window_start=start, window_end=end)


def test_the_second_of_two_different_promises_is_refused() -> None:
    job = JobFactory()
    promise_window(job_id=job.pk, window=window(8, 10), actor=None)
    with pytest.raises(OtherWindowPromised) as refused:
        promise_window(job_id=job.pk, window=window(13, 15), actor=None)
    assert refused.value.extra["window"]["start"]
    promise_window(job_id=job.pk, window=window(8, 10), actor=None)  # the same promise again
    assert len(events("WindowPromised")) == 1
    changed = promise_window(job_id=job.pk, window=window(13, 15), replaces=at(8, days=2), actor=None)
    assert changed.window == window(13, 15)
    assert events("WindowPromised")[-1]["previous"] is not None


def test_a_window_is_withdrawn_once() -> None:
    job = promised()
    withdraw_window(job_id=job.pk, actor=None)
    job.refresh_from_db()
    assert job.window is None
    assert len(events("WindowWithdrawn")) == 1
    with pytest.raises(InvalidInput):
        withdraw_window(job_id=job.pk, actor=None)


def test_an_edit_of_the_job_leaves_the_window_alone() -> None:
    job = promised()
    with pytest.raises(InvalidInput) as refused:
        update_job(job_id=job.pk, actor=None, window_start=None, window_end=None)
    assert refused.value.errors.keys() & {"window_start", "window_end"}
    update_job(job_id=job.pk, actor=None, priority="urgent", window_start=at(8, days=2), window_end=at(10, days=2))


def test_a_closed_job_is_promised_nothing() -> None:
    job = JobFactory(status="completed", completed_at=at(9))
    with pytest.raises(InvalidTransition):
        promise_window(job_id=job.pk, window=window(8, 10), actor=None)


# --- The rule -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hour", "minute"), [(8, 0), (9, 7), (10, 0)])
def test_books_a_start_in_the_window_with_both_ends(hour: int, minute: int) -> None:
    job, contractor = promised(), ContractorFactory()
    assignment = assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(hour, minute, days=2), actor=None)
    assert assignment.window_break_reason == ""
    assert not events("WindowBroken")


@pytest.mark.parametrize(("hour", "minute"), [(10, 1), (13, 0)])
def test_refuses_a_start_outside(hour: int, minute: int) -> None:
    job, contractor = promised(), ContractorFactory()
    with pytest.raises(OutsideWindow) as refused:
        assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(hour, minute, days=2), actor=None)
    assert [reason["code"] for reason in refused.value.extra["reasons"]] == ["outside_window"]
    nearest = [datetime.fromisoformat(slot["start"]) for slot in refused.value.extra["nearest_slots"]]
    assert nearest == [at(9, days=2), at(9, 30, days=2), at(10, days=2)]
    job.refresh_from_db()
    assert job.status == "open"
    assert not Assignment.objects.exists()


def test_ranks_only_starts_in_the_window() -> None:
    ContractorFactory()
    (entry,) = rank_candidates(JobRequest.of(promised(9, 10)), current_rules()).entries
    assert [slot.start for slot in entry.slots] == [at(9, days=2), at(9, 30, days=2), at(10, days=2)]
    later = window(9, 10, days=20)
    job = JobFactory(window_start=later.start, window_end=later.end)
    (entry,) = rank_candidates(JobRequest.of(job), current_rules(), horizon_days=0).entries
    assert {slot.start for slot in entry.slots} == {at(9, days=20), at(9, 30, days=20), at(10, days=20)}


def test_says_which_window_would_do() -> None:
    contractor = ContractorFactory()
    AssignmentFactory(contractor=contractor, job__duration=timedelta(hours=4), start=at(8, days=2))
    answer = why_not(JobRequest.of(promised(8, 10)), contractor, current_rules())
    assert [reason.code for reason in answer.reasons] == ["outside_window"]
    assert "10:00 AM–12:00 PM" in answer.suggestion


def test_says_the_plain_reason_where_the_day_has_no_time_at_all() -> None:
    contractor = ContractorFactory(hours=[])
    answer = why_not(JobRequest.of(promised(8, 10)), contractor, current_rules())
    assert [reason.code for reason in answer.reasons] == ["not_working"]
    assert "arrival window" in answer.reasons[0].message


def test_offers_windows_in_which_every_start_can_be_booked() -> None:
    contractor, job = ContractorFactory(), JobFactory(desired_date=at(10, days=2))
    AssignmentFactory(contractor=contractor, start=at(12, days=2), job__duration=timedelta(hours=1))
    (entry,) = rank_candidates(JobRequest.of(job), current_rules(), windows=3).entries
    # The work of two hours has to end by noon, or by 5 PM.
    assert entry.windows == [window(8, 10), window(13, 15)]
    job = JobFactory(desired_date=at(10, days=3))
    (entry,) = rank_candidates(JobRequest.of(job), current_rules(), windows=3).entries
    assert entry.windows == [window(8, 10, days=3), window(10, 12, days=3), window(12, 14, days=3)]
    for offered in entry.windows:
        promise_window(job_id=job.pk, window=offered, replaces=job.window and job.window.start, actor=None)
        job.refresh_from_db()
        booking = assign_job(job_id=job.pk, contractor_id=contractor.pk, start=offered.start, actor=None)
        for minutes in (31, 120):
            start = offered.start + timedelta(minutes=minutes)
            reschedule_assignment(assignment_id=booking.pk, start=start, actor=None)
        cancel_assignment(assignment_id=booking.pk, reason="Again", actor=None)
    job.refresh_from_db()
    (entry,) = rank_candidates(JobRequest.of(job), current_rules(), windows=3).entries
    assert entry.windows == []  # one is promised already


def test_offers_windows_over_http_when_asked() -> None:
    ContractorFactory()
    path = f"/api/v1/jobs/{JobFactory().pk}/recommendations/"
    (entry,) = client_as().get(path).json()["recommendations"]
    assert entry["arrival_windows"] == []
    (entry,) = client_as().get(f"{path}?windows=2").json()["recommendations"]
    assert len(entry["arrival_windows"]) == 2
    assert refused_field(client_as().get(f"{path}?windows=7"), "windows")


# --- A booking that exists ------------------------------------------------------------------------


def test_a_promise_elsewhere_makes_the_booking_a_conflict() -> None:
    booking = AssignmentFactory(start=at(13, days=2))
    promise_window(job_id=booking.job_id, window=window(8, 10), actor=None)
    assert Conflict.objects.get(assignment=booking).rules == ["outside_window"]
    promise_window(job_id=booking.job_id, window=window(12, 14), replaces=at(8, days=2), actor=None)
    assert not Conflict.objects.exists()
    promise_window(job_id=booking.job_id, window=window(8, 10), replaces=at(12, days=2), actor=None)
    reschedule_assignment(assignment_id=booking.pk, start=at(9, days=2), actor=None)
    assert not Conflict.objects.exists()


def test_moves_inside_and_is_refused_outside() -> None:
    contractor, job = ContractorFactory(), promised()
    booking = assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(8, days=2), actor=None)
    reschedule_assignment(assignment_id=booking.pk, start=at(10, days=2), actor=None)
    other = ContractorFactory()
    with pytest.raises(OutsideWindow):
        reschedule_assignment(assignment_id=booking.pk, start=at(11, days=2), actor=None)
    with pytest.raises(OutsideWindow):
        reassign_assignment(assignment_id=booking.pk, contractor_id=other.pk, start=at(11, days=2), actor=None)
    booking.refresh_from_db()
    assert (booking.slot.start, booking.status) == (at(10, days=2), "pending")
    moved = reassign_assignment(assignment_id=booking.pk, contractor_id=other.pk, start=at(8, 30, days=2), actor=None)
    assert moved.contractor_id == other.pk


# --- Breaking -------------------------------------------------------------------------------------


def test_breaks_the_window_with_permission_and_reason() -> None:
    contractor, job, admin = ContractorFactory(), promised(), UserFactory(role=Role.ADMINISTRATOR)
    booking = assign_job(
        job_id=job.pk,
        contractor_id=contractor.pk,
        start=at(13, days=2),
        actor=admin,
        window_break_reason=" The van broke down ",
    )
    booking.refresh_from_db()
    assert booking.window_break_reason == "The van broke down"
    assert "outside the promised arrival window" in booking.score_breakdown["explanation"]
    (event,) = events("WindowBroken")
    assert (event["assignment_id"], event["reason"]) == (str(booking.pk), "The van broke down")
    assert not Conflict.objects.exists()
    reschedule_assignment(assignment_id=booking.pk, start=at(9, days=2), actor=None)
    booking.refresh_from_db()
    assert booking.window_break_reason == ""


def test_a_reason_alone_is_not_enough() -> None:
    contractor, job, actor = ContractorFactory(), promised(), UserFactory()
    with pytest.raises(NotAllowed):
        assign_job(
            job_id=job.pk, contractor_id=contractor.pk, start=at(13, days=2), actor=actor, window_break_reason="Busy"
        )
    assert not Assignment.objects.exists()
    # In the window the reason is not needed.
    made = assign_job(
        job_id=job.pk, contractor_id=contractor.pk, start=at(9, days=2), actor=actor, window_break_reason="Busy"
    )
    assert made.window_break_reason == ""


def test_a_new_promise_forgets_the_reason_for_breaking_the_last_one() -> None:
    contractor, job, admin = ContractorFactory(), promised(), UserFactory(role=Role.ADMINISTRATOR)
    booking = assign_job(
        job_id=job.pk, contractor_id=contractor.pk, start=at(13, days=2), actor=admin, window_break_reason="Late"
    )
    promise_window(job_id=job.pk, window=window(9, 11), replaces=at(8, days=2), actor=admin)
    booking.refresh_from_db()
    assert booking.window_break_reason == ""
    assert Conflict.objects.get(assignment=booking).rules == ["outside_window"]


# --- HTTP -----------------------------------------------------------------------------------------


def as_text(slot: TimeSlot) -> dict[str, str]:
    return {"start": slot.start.isoformat(), "end": slot.end.isoformat()}


def test_promises_changes_and_withdraws_over_http() -> None:
    job, client = JobFactory(), client_as()
    path = f"/api/v1/jobs/{job.pk}/window/"
    answer = client.post(path, as_text(window(8, 10)), format="json")
    assert answer.status_code == 200
    assert datetime.fromisoformat(answer.json()["window_start"]) == at(8, days=2)
    other = problem(client.post(path, as_text(window(13, 15)), format="json"), 409, "window-promised")
    assert datetime.fromisoformat(other["window"]["end"]) == at(10, days=2)
    body = {**as_text(window(13, 15)), "replaces": at(8, days=2).isoformat()}
    assert client.post(path, body, format="json").status_code == 200
    assert client.delete(path).json()["window_start"] is None
    assert refused_field(client.delete(path), "window_start")
    backwards = as_text(window(8, 10)) | {"end": at(7, days=2).isoformat()}
    assert refused_field(client.post(path, backwards, format="json"), "end")


def test_a_manager_promises_nothing() -> None:
    job = JobFactory()
    answer = client_as(Role.MANAGER).post(f"/api/v1/jobs/{job.pk}/window/", as_text(window(8, 10)), format="json")
    problem(answer, 403, "permission-denied")


def test_breaks_over_http_only_as_an_administrator() -> None:
    job, contractor = promised(), ContractorFactory()
    body = {"job": str(job.pk), "contractor": str(contractor.pk), "start": at(13, days=2).isoformat()}
    outside = problem(client_as().post("/api/v1/assignments/", body, format="json"), 409, "outside-window")
    assert outside["reasons"][0]["code"] == "outside_window"
    assert outside["nearest_slots"]
    reason = {"window_break_reason": "The customer agreed"}
    problem(client_as().post("/api/v1/assignments/", body | reason, format="json"), 403, "permission-denied")
    admin = client_of(UserFactory(role=Role.ADMINISTRATOR))
    made = admin.post("/api/v1/assignments/", body | reason, format="json")
    assert made.status_code == 201
    assert made.json()["window_break_reason"] == "The customer agreed"
    path = f"/api/v1/assignments/{made.json()['id']}"
    start = {"start": at(14, days=2).isoformat()}
    problem(admin.post(f"{path}/reschedule/", start, format="json"), 409, "outside-window")
    assert admin.post(f"{path}/reschedule/", start | reason, format="json").status_code == 200

"""Assignments over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from assignments.models import Assignment
from contractors.models import Rating
from contractors.services import mark_on_leave
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from tests.api import NOBODY, V1, client_of, problem, refused_field
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContractorFactory,
    JobFactory,
    PlanItemFactory,
    UserFactory,
    at,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("work_may_start_early")]

URL = f"{V1}/assignments/"


@pytest.fixture
def coordinator() -> User:
    return UserFactory(role=Role.COORDINATOR)


@pytest.fixture
def api(coordinator: User) -> APIClient:
    return client_of(coordinator)


def of(assignment: Any, tail: str = "") -> str:
    return f"{URL}{assignment.pk}/{tail}"


def wire(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def started(**fields: Any) -> Assignment:
    now = timezone.now()
    return AssignmentFactory(
        status="in_progress", confirmed_at=now, started_at=now, job__status=Job.Status.IN_PROGRESS, **fields
    )


def completed() -> Assignment:
    now = timezone.now()
    return AssignmentFactory(
        status="completed",
        confirmed_at=now,
        started_at=now,
        completed_at=now,
        job__status=Job.Status.COMPLETED,
        job__completed_at=now,
    )


def nothing_booked(job: Job) -> bool:
    job.refresh_from_db()
    return job.status == "open" and not Assignment.objects.filter(job=job).exists()


def test_books_and_says_why(api: APIClient, coordinator: User) -> None:
    contractor, job = ContractorFactory(), JobFactory()
    body = {"job": str(job.pk), "contractor": str(contractor.pk), "start": wire(at(9, 7, days=2))}
    response = api.post(URL, {**body, "override_reason": "Knows the house"})
    assert response.status_code == 201, response.content
    made = response.json()
    assert (made["job"], made["contractor"]) == (body["job"], body["contractor"])
    assert (made["job_number"], made["contractor_name"]) == (job.job_number, contractor.name)
    assert made["time_slot"] == {"start": body["start"], "end": wire(at(11, 7, days=2))}
    assert (made["status"], made["rank"], made["candidates_considered"], made["score"]) == ("pending", 1, 1, 0.93)
    assert set(made["score_breakdown"]) == {
        "availability_score",
        "rating_score",
        "distance_score",
        "availability_weight",
        "rating_weight",
        "distance_weight",
        "explanation",
    }
    assert (made["override_reason"], made["assigned_by"]) == ("Knows the house", coordinator.email)
    assert made["confirmed_at"] is None
    assert api.get(f"{URL}{made['id']}/").json() == made


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"job": None}, "job"),
        ({"job": 1}, "job"),
        ({"job": True}, "job"),
        ({"job": "x"}, "job"),
        ({"job": str(uuid4())}, "job"),
        ({"contractor": str(uuid4())}, "contractor"),
        ({"contractor": ["x"]}, "contractor"),
        ({"start": "2031-03-10T09:00:00"}, "start"),
        ({"start": "2031-03-10"}, "start"),
        ({"start": "0001-01-01T00:00:00Z"}, "start"),
        ({"start": "9999-12-31T23:59:59Z"}, "start"),
        ({"start": 10**30}, "start"),
        ({"start": None}, "start"),
        ({"end": "2031-03-10T09:00:00Z"}, "end"),
        ({"status": "confirmed"}, "status"),
        ({"score": 1}, "score"),
        ({"override_reason": "x" * 501}, "override_reason"),
        ({"override_reason": "\x00"}, "override_reason"),
    ],
)
def test_refuses_naming_the_field_and_books_nothing(api: APIClient, change: dict[str, Any], field: str) -> None:
    contractor, job = ContractorFactory(), JobFactory()
    body = {"job": str(job.pk), "contractor": str(contractor.pk), "start": wire(at(9, days=2))}
    refused_field(api.post(URL, {**body, **change}), field)
    assert nothing_booked(job)
    assert not OutboxEvent.objects.exists()


@pytest.mark.parametrize("name", ["job", "contractor", "start"])
def test_names_what_is_missing(api: APIClient, name: str) -> None:
    contractor, job = ContractorFactory(), JobFactory()
    body = {"job": str(job.pk), "contractor": str(contractor.pk), "start": wire(at(9, days=2))}
    del body[name]
    refused_field(api.post(URL, body), name)
    assert nothing_booked(job)


@pytest.mark.parametrize(
    ("who", "what", "code"),
    [
        ({"status": "inactive"}, {}, "inactive"),
        ({"status": "on_leave"}, {}, "inactive"),
        ({"type": "tile"}, {}, "wrong_type"),
        ({}, {"required_skills": ["Hardwood"]}, "missing_skill"),
        ({"latitude": "31.2672"}, {}, "out_of_radius"),
    ],
)
def test_refuses_an_unsuitable_contractor(
    api: APIClient, who: dict[str, str], what: dict[str, list[str]], code: str
) -> None:
    contractor, job = ContractorFactory(**who), JobFactory(**what)
    body = {"job": str(job.pk), "contractor": str(contractor.pk), "start": wire(at(9, days=2))}
    document = problem(api.post(URL, body), 409, "contractor-unsuitable")
    assert [reason["code"] for reason in document["reasons"]] == [code]
    assert nothing_booked(job)


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (lambda: at(15, 0, days=2) + timedelta(seconds=1), "not_working"),
        (lambda: at(8, 0, days=2) - timedelta(seconds=1), "not_working"),
        (lambda: at(9, days=-1), "in_the_past"),
    ],
)
def test_refuses_a_slot_outside_the_shift_by_a_second(api: APIClient, start: Callable[[], datetime], code: str) -> None:
    contractor, job = ContractorFactory(), JobFactory()
    body = {"job": str(job.pk), "contractor": str(contractor.pk), "start": wire(start())}
    document = problem(api.post(URL, body), 409, "slot-unavailable")
    assert document["reasons"][0]["code"] == code
    assert document["errors"]["start"]
    assert nothing_booked(job)


def test_a_clash_names_the_assignment_in_the_way(api: APIClient) -> None:
    held, job = AssignmentFactory(start=at(9, days=2)), JobFactory()
    body = {"job": str(job.pk), "contractor": str(held.contractor_id), "start": wire(at(10, days=2))}
    document = problem(api.post(URL, body), 409, "slot-unavailable")
    assert document["conflicting_assignment"]["id"] == str(held.pk)
    assert nothing_booked(job)


def test_refuses_a_job_that_is_not_open(api: APIClient) -> None:
    held, contractor = AssignmentFactory(), ContractorFactory()
    body = {"job": str(held.job_id), "contractor": str(contractor.pk), "start": wire(at(9, days=2))}
    problem(api.post(URL, body), 409, "job-not-open")
    assert Assignment.objects.count() == 1


def test_the_whole_life(api: APIClient) -> None:
    held = AssignmentFactory()
    stamps = {"confirm": "confirmed_at", "start": "started_at", "complete": "completed_at"}
    for act, status, job in (
        ("confirm", "confirmed", "assigned"),
        ("start", "in_progress", "in_progress"),
        ("complete", "completed", "completed"),
    ):
        answer = api.post(of(held, f"{act}/")).json()
        assert answer["status"] == status
        assert answer[stamps[act]].endswith("Z")
        held.job.refresh_from_db()
        assert held.job.status == job
    rated = api.post(of(held, "rate/"), {"rating": 5, "comment": "Neat"})
    assert rated.status_code == 200
    assert Rating.objects.get().job_id == held.job_id
    problem(api.post(of(held, "rate/"), {"rating": 1}), 409, "already-rated")
    assert Rating.objects.count() == 1


MAKERS: dict[str, Callable[[], Assignment]] = {
    "pending": AssignmentFactory,
    "confirmed": lambda: AssignmentFactory(status="confirmed", confirmed_at=timezone.now()),
    "in_progress": started,
    "completed": completed,
    "cancelled": lambda: AssignmentFactory(status="cancelled", cancelled_at=timezone.now(), job__status="open"),
}


@pytest.mark.parametrize(
    ("state", "act", "body"),
    [
        ("confirmed", "confirm", {}),
        ("in_progress", "confirm", {}),
        ("completed", "confirm", {}),
        ("cancelled", "confirm", {}),
        ("pending", "start", {}),
        ("completed", "start", {}),
        ("pending", "complete", {}),
        ("confirmed", "complete", {}),
        ("cancelled", "complete", {}),
        ("completed", "cancel", {"reason": "No"}),
        ("cancelled", "cancel", {"reason": "No"}),
        ("in_progress", "reschedule", None),
        ("completed", "reschedule", None),
        ("pending", "rate", {"rating": 5}),
        ("cancelled", "rate", {"rating": 5}),
    ],
)
def test_refuses_a_move_that_is_not_in_the_table(
    api: APIClient, state: str, act: str, body: dict[str, Any] | None
) -> None:
    held = MAKERS[state]()
    body = {"start": wire(at(9, days=3))} if body is None else body
    document = problem(api.post(of(held, f"{act}/"), body), 409, "invalid-transition")
    assert document["from"] == state
    held.refresh_from_db()
    assert (held.status, held.version) == (state, 1)
    assert not OutboxEvent.objects.exists()


def test_cancelling_reopens_the_job(api: APIClient) -> None:
    held = AssignmentFactory()
    answer = api.post(of(held, "cancel/"), {"reason": "Rain"}).json()
    assert (answer["status"], answer["cancel_reason"]) == ("cancelled", "Rain")
    held.job.refresh_from_db()
    assert held.job.status == "open"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "\t"}, {"reason": None}, {"why": "Rain"}])
def test_a_cancellation_needs_a_reason(api: APIClient, body: dict[str, Any]) -> None:
    held = AssignmentFactory()
    refused_field(api.post(of(held, "cancel/"), body), "reason")
    held.refresh_from_db()
    assert held.status == "pending"


def test_reschedules(api: APIClient) -> None:
    held = AssignmentFactory()
    answer = api.post(of(held, "reschedule/"), {"start": wire(at(13, days=3))}).json()
    assert (answer["id"], answer["time_slot"]["start"]) == (str(held.pk), wire(at(13, days=3)))


@pytest.mark.parametrize("start", [None, "soon", "2031-01-01T00:00:00"])
def test_a_reschedule_needs_a_start(api: APIClient, start: str | None) -> None:
    held = AssignmentFactory()
    refused_field(api.post(of(held, "reschedule/"), {"start": start}), "start")
    held.refresh_from_db()
    assert held.version == 1


def test_confirms_a_booking_in_conflict_only_on_purpose(api: APIClient) -> None:
    held = AssignmentFactory()
    mark_on_leave(contractor_id=held.contractor_id, actor=None)
    refusal = problem(api.post(of(held, "confirm/"), {}), 409, "booking-in-conflict")
    assert [reason["code"] for reason in refusal["reasons"]] == ["inactive"]
    refused_field(api.post(of(held, "confirm/"), {"despite_conflict": "perhaps"}), "despite_conflict")
    held.refresh_from_db()
    assert held.status == "pending"
    assert api.post(of(held, "confirm/"), {"despite_conflict": True}).json()["status"] == "confirmed"


def test_reassigns_at_the_same_time(api: APIClient) -> None:
    held, other = AssignmentFactory(), ContractorFactory()
    answer = api.post(of(held, "reassign/"), {"contractor": str(other.pk), "override_reason": "Nearer"}).json()
    assert answer["id"] != str(held.pk)
    assert (answer["contractor"], answer["override_reason"]) == (str(other.pk), "Nearer")
    assert answer["time_slot"]["start"] == wire(held.slot.start)
    held.refresh_from_db()
    assert held.status == "cancelled"


def test_a_reassignment_that_fails_leaves_everything(api: APIClient) -> None:
    held, busy = AssignmentFactory(), AssignmentFactory()
    body = {"contractor": str(busy.contractor_id)}
    problem(api.post(of(held, "reassign/"), body), 409, "slot-unavailable")
    held.refresh_from_db()
    assert (held.status, Assignment.objects.count()) == ("pending", 2)


@pytest.mark.parametrize("contractor", [NOBODY, "x", None, "same"])
def test_a_reassignment_needs_another_contractor(api: APIClient, contractor: str | None) -> None:
    held = AssignmentFactory()
    value = str(held.contractor_id) if contractor == "same" else contractor
    refused_field(api.post(of(held, "reassign/"), {"contractor": value}), "contractor")
    held.refresh_from_db()
    assert (held.status, Assignment.objects.count()) == ("pending", 1)


def test_swaps_the_contractors_of_two_bookings(api: APIClient) -> None:
    first, second = AssignmentFactory(start=at(9, days=2)), AssignmentFactory(start=at(10, days=2))
    answer = api.post(of(first, "swap/"), {"other": str(second.pk), "override_reason": "Both live nearer"}).json()
    assert (answer["job"], answer["contractor"]) == (str(first.job_id), str(second.contractor_id))
    assert (answer["time_slot"]["start"], answer["override_reason"]) == (wire(first.slot.start), "Both live nearer")
    live = {booking.job_id: (booking.contractor_id, booking.slot) for booking in Assignment.objects.live()}
    assert live == {
        first.job_id: (second.contractor_id, first.slot),
        second.job_id: (first.contractor_id, second.slot),
    }


def test_swaps_the_times_of_two_bookings_of_one_contractor(api: APIClient) -> None:
    first = AssignmentFactory(start=at(9, days=2))
    second = AssignmentFactory(contractor=first.contractor, start=at(13, days=2))
    answer = api.post(of(first, "swap/"), {"other": str(second.pk)}).json()
    assert (answer["id"], answer["time_slot"]["start"]) == (str(first.pk), wire(second.slot.start))
    second.refresh_from_db()
    assert second.slot == first.slot


def test_a_swap_that_fails_leaves_everything(api: APIClient) -> None:
    first, second = AssignmentFactory(start=at(9, days=2)), AssignmentFactory(start=at(9, days=2))
    AbsenceFactory(contractor=second.contractor, period=(at(9, days=2), at(10, days=2)))
    problem(api.post(of(first, "swap/"), {"other": str(second.pk)}), 409, "slot-unavailable")
    for other in (NOBODY, str(first.pk), "x", None):
        refused_field(api.post(of(first, "swap/"), {"other": other}), "other")
    for booking in (first, second):
        booking.refresh_from_db()
    assert (first.status, second.status, Assignment.objects.count()) == ("pending", "pending", 2)


@pytest.mark.parametrize("rating", [-1, 5.5, "NaN", True, None])
def test_refuses_a_rating_outside_the_scale(api: APIClient, rating: float | str | None) -> None:
    refused_field(api.post(of(completed(), "rate/"), {"rating": rating}), "rating")
    assert not Rating.objects.exists()


@pytest.mark.parametrize("act", ["confirm", "start", "complete", "cancel", "reschedule", "reassign", "swap", "rate"])
def test_an_unknown_assignment(api: APIClient, act: str) -> None:
    bodies = {
        "cancel": {"reason": "No"},
        "reschedule": {"start": wire(at(9, days=3))},
        "reassign": {"contractor": str(ContractorFactory().pk)},
        "swap": {"other": str(uuid4())},
        "rate": {"rating": 4},
    }
    problem(api.post(f"{URL}{uuid4()}/{act}/", bodies.get(act, {})), 404, "not-found")


def test_lists(api: APIClient) -> None:
    first = AssignmentFactory(start=at(23, days=4) - timedelta(hours=8))
    late = AssignmentFactory(start=at(22, days=5))
    gone = AssignmentFactory(status="cancelled", cancelled_at=timezone.now())

    def ids(query: str) -> list[Any]:
        response = api.get(f"{URL}?{query}")
        assert response.status_code == 200, response.content
        return [row["id"] for row in response.json()["results"]]

    everyone = [str(assignment.pk) for assignment in (gone, late, first)]
    assert ids("") == everyone
    assert ids("ordering=start") == [str(assignment.pk) for assignment in (gone, first, late)]
    assert ids("status=cancelled") == [str(gone.pk)]
    assert ids("status=pending&ordering=created_at") == [str(first.pk), str(late.pk)]
    assert ids(f"contractor={late.contractor_id}") == [str(late.pk)]
    assert ids(f"job={first.job_id}") == [str(first.pk)]
    # 22:00 in Austin is the next day in UTC.
    day = at(0, days=5).date()
    assert ids(f"date_from={day}&date_to={day}") == [str(late.pk)]
    refused_field(api.get(f"{URL}?contractor=x"), "contractor")
    refused_field(api.get(f"{URL}?date_from=9999-12-31"), "date_from")


def test_an_assignment_has_its_rating_and_its_plan(api: APIClient) -> None:
    held, replaced = completed(), AssignmentFactory(status="cancelled", cancelled_at=at(9), cancel_reason="Moved")
    Assignment.objects.filter(pk=replaced.pk).update(job=held.job)
    plain = api.get(of(held)).json()
    assert (plain["rating"], plain["rated_at"], plain["plan"]) == (None, None, None)
    rated = api.post(of(held, "rate/"), {"rating": 4.5})
    item = PlanItemFactory(job=held.job, contractor=held.contractor, assignment=held, state="accepted")
    PlanItemFactory(job=held.job, contractor=held.contractor, assignment=held, state="stale")
    shown = api.get(of(held)).json()
    assert (rated.json()["rating"], shown["rating"]) == (4.5, 4.5)
    assert shown["rated_at"] == rated.json()["rated_at"] is not None
    assert shown["plan"] == {"id": str(item.plan_id), "number": item.plan.number, "item": item.pk}
    # Of the bookings of a rated job, the completed one was rated.
    assert api.get(of(replaced)).json()["rating"] is None

"""Several changes of bookings together: swaps, chains, and refusals that write nothing."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from assignments import services
from assignments.booking_changes import BookingChange
from assignments.models import Assignment
from assignments.services import assign_job, change_bookings, confirm_assignment, start_assignment
from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.errors import (
    BookingChanged,
    ContractorUnsuitable,
    DomainError,
    InvalidInput,
    InvalidTransition,
    JobNotOpen,
    SlotUnavailable,
)
from smartscheduler.events.models import OutboxEvent
from tests.assignments.test_races import together
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at

pytestmark = pytest.mark.django_db
FAR = {"latitude": Decimal("31.5493000"), "longitude": Decimal("-97.1467000")}  # Waco: two hours from Austin


def booked(contractor: Contractor, start: datetime, **job: Any) -> Assignment:
    return AssignmentFactory(
        contractor=contractor, start=start, job=JobFactory(status="assigned", **job), score=Decimal("0.5")
    )


def moved(assignment: Assignment, contractor: Contractor | None = None, start: datetime | None = None) -> BookingChange:
    """The change that gives the job another contractor or start."""
    return BookingChange(
        job_id=assignment.job_id,
        assignment_id=assignment.pk,
        contractor_id=contractor.pk if contractor else assignment.contractor_id,
        start=start or assignment.slot.start,
    )


def new(job: Job, contractor: Contractor, start: datetime) -> BookingChange:
    return BookingChange(job_id=job.pk, contractor_id=contractor.pk, start=start)


def places() -> dict[Any, tuple[Any, datetime, str]]:
    """Contractor, start and state of each live booking, by job."""
    live = Assignment.objects.live()
    return {booking.job_id: (booking.contractor_id, booking.slot.start, booking.status) for booking in live}


def nothing_changed(before: dict[Any, Any], events: int) -> bool:
    return places() == before and OutboxEvent.objects.count() == events


def test_two_contractors_trade_their_jobs_at_the_same_time() -> None:
    ada, bruno = ContractorFactory(), ContractorFactory()
    first, second = booked(ada, at(9, days=2)), booked(bruno, at(9, days=2))
    after = change_bookings(changes=[moved(first, bruno), moved(second, ada)], actor=UserFactory())
    assert [booking.contractor for booking in after] == [bruno, ada]
    assert places() == {
        first.job_id: (bruno.pk, at(9, days=2), "pending"),
        second.job_id: (ada.pk, at(9, days=2), "pending"),
    }
    types = Counter(OutboxEvent.objects.values_list("type", flat=True))
    assert types == {"AssignmentCancelled": 2, "JobAssigned": 2}


def test_two_bookings_of_one_contractor_trade_their_times() -> None:
    ada = ContractorFactory()
    first, second = booked(ada, at(9, days=2)), booked(ada, at(13, days=2))
    change_bookings(changes=[moved(first, start=at(13, days=2)), moved(second, start=at(9, days=2))], actor=None)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.slot.start, second.slot.start) == (at(13, days=2), at(9, days=2))
    assert list(OutboxEvent.objects.values_list("type", flat=True)) == ["AssignmentRescheduled"] * 2


def test_a_job_is_booked_where_another_change_makes_room_in_any_order() -> None:
    ada, job = ContractorFactory(), JobFactory()
    taken = booked(ada, at(9, days=2))
    change_bookings(changes=[new(job, ada, at(9, days=2)), moved(taken, start=at(14, days=2))], actor=None)
    assert places() == {
        job.pk: (ada.pk, at(9, days=2), "pending"),
        taken.job_id: (ada.pk, at(14, days=2), "pending"),
    }


def test_a_dropped_booking_makes_room_and_opens_its_job() -> None:
    ada, job = ContractorFactory(), JobFactory()
    taken = booked(ada, at(9, days=2))
    drop = BookingChange(job_id=taken.job_id, assignment_id=taken.pk, contractor_id=None, reason="An urgent job first")
    dropped, created = change_bookings(changes=[drop, new(job, ada, at(9, days=2))], actor=None)
    assert (dropped.status, dropped.cancel_reason, created.status) == ("cancelled", "An urgent job first", "pending")
    taken.job.refresh_from_db()
    assert taken.job.status == "open"
    assert list(OutboxEvent.objects.order_by("position").values_list("type", flat=True)) == [
        "AssignmentCancelled",
        "JobReopened",
        "JobAssigned",
    ]


def test_a_confirmed_booking_stays_confirmed_at_its_time_only() -> None:
    ada, bruno = ContractorFactory(), ContractorFactory()
    first, second = booked(ada, at(9, days=2)), booked(bruno, at(13, days=2))
    for booking in (first, second):
        confirm_assignment(assignment_id=booking.pk, actor=None)
    change_bookings(changes=[moved(first, bruno), moved(second, ada, at(15, days=2))], actor=None)
    assert places() == {
        first.job_id: (bruno.pk, at(9, days=2), "confirmed"),
        second.job_id: (ada.pk, at(15, days=2), "pending"),
    }


def test_the_events_carry_the_plan() -> None:
    ada, bruno, plan = ContractorFactory(), ContractorFactory(), uuid4()
    first, second = booked(ada, at(9, days=2)), booked(ada, at(13, days=2))
    confirm_assignment(assignment_id=first.pk, actor=None)
    before = OutboxEvent.objects.count()
    change_bookings(changes=[moved(first, bruno), moved(second, start=at(15, days=2))], actor=None, plan_id=plan)
    events = OutboxEvent.objects.order_by("position")[before:]
    assert [event.type for event in events] == [
        "AssignmentCancelled",
        "JobAssigned",
        "AssignmentConfirmed",
        "AssignmentRescheduled",
    ]
    assert {event.data["plan_id"] for event in events} == {str(plan)}


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (lambda ada, taken: new(JobFactory(), ada, at(9, 30, days=2)), SlotUnavailable),
        (lambda ada, taken: new(JobFactory(), ada, at(18, days=2)), SlotUnavailable),
        (lambda ada, taken: new(JobFactory(), ada, at(9, days=-2)), SlotUnavailable),
        (lambda ada, taken: new(JobFactory(type="tile"), ada, at(14, days=2)), ContractorUnsuitable),
        (lambda ada, taken: new(JobFactory(status="cancelled", cancelled_at=at(0)), ada, at(14, days=2)), JobNotOpen),
        (lambda ada, taken: new(taken.job, ada, at(14, days=2)), JobNotOpen),
        (lambda ada, taken: new(JobFactory(), ada, at(9, days=4000)), InvalidInput),
        (lambda ada, taken: BookingChange(job_id=JobFactory().pk, contractor_id=ada.pk), InvalidInput),
        (lambda ada, taken: BookingChange(job_id=JobFactory().pk, contractor_id=None), InvalidInput),
        (
            lambda ada, taken: BookingChange(job_id=taken.job_id, assignment_id=taken.pk, contractor_id=None),
            InvalidInput,
        ),
    ],
    ids=["taken", "after-hours", "past", "type", "canceled", "booked", "far", "no-start", "no-contractor", "no-reason"],
)
def test_one_refusal_refuses_all_and_names_its_job(refused: Any, error: type[DomainError]) -> None:
    ada, bruno = ContractorFactory(), ContractorFactory()
    taken, trades = booked(ada, at(9, days=2)), booked(bruno, at(9, days=3))
    change = refused(ada, taken)
    before, events = places(), OutboxEvent.objects.count()
    with pytest.raises(error) as refusal:
        change_bookings(changes=[moved(trades, ada), new(JobFactory(), bruno, at(9, days=3)), change], actor=None)
    assert refusal.value.extra["job_id"] == str(change.job_id)
    assert nothing_changed(before, events)


def test_changes_that_exclude_each_other_are_refused() -> None:
    ada, events = ContractorFactory(), OutboxEvent.objects.count()
    with pytest.raises(SlotUnavailable):
        change_bookings(
            changes=[new(JobFactory(), ada, at(9, days=2)), new(JobFactory(), ada, at(10, days=2))], actor=None
        )
    # The drive between the two takes longer than the time between them.
    with pytest.raises(SlotUnavailable):
        change_bookings(
            changes=[new(JobFactory(), ada, at(9, days=2)), new(JobFactory(**FAR), ada, at(11, 30, days=2))], actor=None
        )
    assert nothing_changed({}, events)


def test_the_database_itself_refuses_an_overlap_of_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "check_booking", lambda *_, **__: None)
    ada = ContractorFactory()
    with pytest.raises(SlotUnavailable, match="another assignment at that time"):
        change_bookings(
            changes=[new(JobFactory(), ada, at(9, days=2)), new(JobFactory(), ada, at(10, days=2))], actor=None
        )
    assert places() == {}


def test_another_version_than_the_one_read_is_refused() -> None:
    ada, bruno, user = ContractorFactory(), ContractorFactory(), UserFactory(name="Casey")
    booking = booked(ada, at(9, days=2))
    change = BookingChange(
        job_id=booking.job_id, assignment_id=booking.pk, version=1, contractor_id=bruno.pk, start=at(9, days=2)
    )
    confirm_assignment(assignment_id=booking.pk, actor=user)
    before, events = places(), OutboxEvent.objects.count()
    with pytest.raises(BookingChanged, match=r"has changed in the meantime\. Casey confirmed the booking"):
        change_bookings(changes=[change], actor=None)
    assert nothing_changed(before, events)


def test_a_booking_in_progress_stays() -> None:
    ada, bruno = ContractorFactory(), ContractorFactory()
    booking = booked(ada, at(0, days=0))
    Assignment.objects.filter(pk=booking.pk).update(status="confirmed", confirmed_at=at(0, days=0))
    Job.objects.filter(pk=booking.job_id).update(status="assigned")
    start_assignment(assignment_id=booking.pk, actor=None)
    drop = BookingChange(job_id=booking.job_id, assignment_id=booking.pk, contractor_id=None, reason="No")
    for change in (moved(booking, bruno), moved(booking, start=at(9, days=2)), drop):
        with pytest.raises(InvalidTransition):
            change_bookings(changes=[change], actor=None)
    assert places() == {booking.job_id: (ada.pk, at(0, days=0), "in_progress")}


def test_a_job_is_changed_once() -> None:
    job, ada = JobFactory(), ContractorFactory()
    with pytest.raises(InvalidInput, match="once only"):
        change_bookings(changes=[new(job, ada, at(9, days=2)), new(job, ada, at(13, days=2))], actor=None)
    assert places() == {}


def test_unknown_records_are_named_by_their_model() -> None:
    ada, job = ContractorFactory(), JobFactory()
    with pytest.raises(Job.DoesNotExist):
        change_bookings(changes=[BookingChange(job_id=uuid4(), contractor_id=ada.pk, start=at(9, days=2))], actor=None)
    with pytest.raises(Contractor.DoesNotExist):
        change_bookings(changes=[BookingChange(job_id=job.pk, contractor_id=uuid4(), start=at(9, days=2))], actor=None)
    other = booked(ada, at(9, days=2))
    with pytest.raises(Assignment.DoesNotExist):  # an assignment of another job
        change_bookings(
            changes=[BookingChange(job_id=job.pk, assignment_id=other.pk, contractor_id=None, reason="No")], actor=None
        )
    assert places() == {other.job_id: (ada.pk, at(9, days=2), "pending")}


@pytest.mark.django_db(transaction=True)
def test_swaps_and_bookings_at_once_neither_clash_nor_deadlock(dice: Random) -> None:
    crews = ContractorFactory.create_batch(4)
    bookings = [
        AssignmentFactory(
            contractor=crew, start=at(hour, days=2), job__duration=timedelta(hours=1), job__status="assigned"
        )
        for crew in crews
        for hour in (8, 11, 14)
    ]
    jobs = JobFactory.create_batch(12, duration=timedelta(hours=1))

    def swap(first: Assignment, second: Assignment) -> str:
        changes = [
            moved(first, second.contractor, second.slot.start),
            moved(second, first.contractor, first.slot.start),
        ]
        change_bookings(changes=changes, actor=None)
        return "swapped"

    def assign(job: Job, crew: Contractor, start: datetime) -> str:
        assign_job(job_id=job.pk, contractor_id=crew.pk, start=start, actor=None)
        return "booked"

    # Drawn before the race, which would draw them in another order each time.
    acts: list[Any] = [partial(swap, *dice.sample(bookings, 2)) for _ in range(20)]
    for job in jobs:
        start = at(8, days=2) + timedelta(minutes=30 * dice.randrange(17))
        acts.append(partial(assign, job, dice.choice(crews), start))
    outcomes = Counter(together(acts))
    assert outcomes.keys() <= {"swapped", "booked", "slot-unavailable", "invalid-transition"}, outcomes
    assert outcomes["swapped"] > 0
    live = Assignment.objects.live().order_by("contractor_id", "time_slot")
    assert live.count() == Job.objects.booked().count() == len(bookings) + outcomes["booked"]
    for earlier, later in pairwise(live):
        assert earlier.contractor_id != later.contractor_id or earlier.slot.end <= later.slot.start
    with connection.cursor() as cursor:
        cursor.execute("SELECT condeferrable FROM pg_constraint WHERE conname = 'assignment_no_double_booking'")
        assert cursor.fetchone() == (True,)

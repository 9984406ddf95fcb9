"""Contractor services: changes and refusals."""

from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from contractors.models import Contractor, Rating, WorkingHours
from contractors.services import (
    activate_contractor,
    add_absence,
    create_contractor,
    deactivate_contractor,
    likely_duplicates,
    mark_on_leave,
    remove_absence,
    update_contractor,
    update_rating,
    update_schedule,
)
from contractors.states import Status
from contractors.working_week import Shift
from smartscheduler.errors import DuplicateEmail, InvalidInput, InvalidTransition, LiveAssignments, NotAllowed
from smartscheduler.events.models import OutboxEvent
from smartscheduler.timeslots import TimeSlot
from tests.factories import AUSTIN, WEEKDAYS, AssignmentFactory, ContractorFactory, UserFactory, at

pytestmark = pytest.mark.django_db

GOOD = {
    **AUSTIN,
    "name": "Lone Star Floors",
    "type": "flooring",
    "phone_number": "(512) 555-0143",
    "email": "Crew@Example.com",
    "skills": ["Stairs", "hardwood", "stairs "],
}


def create(**changes: Any) -> Contractor:
    return create_contractor(**{"working_hours": WEEKDAYS, "actor": None, **GOOD, **changes})


def test_creates_an_active_contractor_with_the_defaults() -> None:
    contractor = create(time_zone="")
    contractor.refresh_from_db()
    assert (contractor.status, contractor.rating, contractor.rating_count) == ("active", Decimal("0.00"), 0)
    assert contractor.service_radius_miles == 50
    assert contractor.time_zone == "America/Chicago"
    assert contractor.skills == ["hardwood", "Stairs"]
    assert contractor.shifts == WEEKDAYS
    assert OutboxEvent.objects.get().type == "ContractorCreated"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "X"),
        ("name", "x" * 101),
        ("type", "plumbing"),
        ("rating", Decimal("5.01")),
        ("rating", Decimal("-0.01")),
        ("phone_number", "512-555-0143"),
        ("email", "not-an-address"),
        ("latitude", Decimal("90.0000001")),
        ("longitude", Decimal("-180.0000001")),
        ("latitude", Decimal("NaN")),
        ("address", "1 A"),
        ("city", "X"),
        ("state", "ZZ"),
        ("zip_code", "1234"),
        ("zip_code", "12345\n"),
        ("time_zone", "Mars/Olympus"),
        ("service_radius_miles", Decimal(0)),
        ("skills", ["x" * 61]),
        ("working_hours", []),
        ("working_hours", [Shift(7, time(8), time(9))]),
        ("working_hours", [Shift(1, time(9), time(9))]),
        ("working_hours", [Shift(1, time(17), time(8))]),
        ("working_hours", [Shift(1, time(0), time(16, 0, 1))]),
        ("working_hours", [Shift(1, time(0), time(0))]),
        ("working_hours", [Shift(1, time(8), time(12)), Shift(1, time(11, 59), time(15))]),
        ("working_hours", [Shift(1, time(20), time(0)), Shift(1, time(23), time(0))]),
    ],
)
def test_refuses_a_broken_rule_by_name(field: str, value: str | Decimal | list[Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        create(**{field: value})
    assert field in refused.value.errors
    assert not Contractor.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_a_line_break_after_a_phone_number_is_not_stored() -> None:
    assert create(phone_number="(512) 555-0143\n").phone_number == "(512) 555-0143"


def test_a_night_shift_is_two_adjoining_shifts() -> None:
    night = [Shift(1, time(22), time(0)), Shift(2, time(0), time(6))]
    assert create(working_hours=night).shifts == night


def test_an_email_is_unique_whatever_its_case() -> None:
    create()
    with pytest.raises(DuplicateEmail):
        create(email="CREW@example.COM")
    other = create(email="other@example.com")
    with pytest.raises(DuplicateEmail):
        update_contractor(contractor_id=other.pk, actor=None, email="crew@example.com")
    assert Contractor.objects.filter(email__iexact="crew@example.com").count() == 1


def test_an_update_publishes_the_changes_and_derives_the_zone_again() -> None:
    contractor = create()
    updated = update_contractor(
        contractor_id=contractor.pk,
        actor=None,
        name="Lone Star Floors",
        latitude=Decimal("33.4484"),
        longitude=Decimal("-112.0740"),
        state="AZ",
        zip_code="85003",
    )
    assert updated.time_zone == "America/Phoenix"
    assert updated.version == 2
    event = OutboxEvent.objects.get(type="ContractorUpdated")
    assert set(event.data["changed"]) == {"latitude", "longitude", "state", "zip_code", "time_zone"}


def test_a_zone_given_by_hand_stays_while_the_base_does() -> None:
    contractor = create(time_zone="America/Denver")
    place = {"latitude": contractor.latitude, "longitude": contractor.longitude, "address": "9 New Street"}
    assert update_contractor(contractor_id=contractor.pk, actor=None, **place).time_zone == "America/Denver"
    assert set(OutboxEvent.objects.get(type="ContractorUpdated").data["changed"]) == {"address"}


def test_an_update_that_changes_nothing_says_nothing() -> None:
    contractor = create()
    assert update_contractor(contractor_id=contractor.pk, actor=None, name=contractor.name).version == 1
    assert not OutboxEvent.objects.filter(type="ContractorUpdated").exists()


def test_a_refused_update_changes_nothing() -> None:
    contractor = create()
    with pytest.raises(InvalidInput):
        update_contractor(contractor_id=contractor.pk, actor=None, name="Fine name", working_hours=[])
    contractor.refresh_from_db()
    assert contractor.name == GOOD["name"]
    assert contractor.shifts == WEEKDAYS


def test_a_new_schedule_tells_the_old_and_the_new_hours() -> None:
    contractor = create()
    update_schedule(contractor_id=contractor.pk, working_hours=[Shift(6, time(9), time(0))], actor=None)
    data = OutboxEvent.objects.get(type="ScheduleUpdated").data
    assert len(data["previous"]["working_hours"]) == 5
    assert data["current"]["working_hours"] == [{"day_of_week": 6, "start_time": "09:00", "end_time": "00:00"}]
    with pytest.raises(InvalidInput):
        update_schedule(contractor_id=contractor.pk, working_hours=[], actor=None)
    assert Contractor.objects.get(pk=contractor.pk).shifts == [Shift(6, time(9), time(0))]


def test_absences_come_and_go_and_are_told() -> None:
    contractor = create()
    absence = add_absence(
        contractor_id=contractor.pk, period=TimeSlot(at(0, days=3), at(0, days=5)), kind="sickness", actor=None
    )
    events = OutboxEvent.objects.filter(type="ScheduleUpdated")
    assert events.get().data["current"]["absences"][0]["kind"] == "sickness"
    remove_absence(contractor_id=contractor.pk, absence_id=absence.pk, actor=None)
    assert not contractor.absences.exists()
    assert events.count() == 2


def test_an_absence_of_decades_is_refused() -> None:
    contractor = create()
    with pytest.raises(InvalidInput) as refused:
        add_absence(contractor_id=contractor.pk, period=TimeSlot(at(0), at(0) + timedelta(days=9_000)), actor=None)
    assert "end" in refused.value.errors
    assert not contractor.absences.exists()


@pytest.mark.parametrize(
    ("act", "status"),
    [(activate_contractor, "active"), (deactivate_contractor, "inactive"), (mark_on_leave, "on_leave")],
)
def test_a_status_is_entered_once(act: Callable[..., Contractor], status: str) -> None:
    contractor = ContractorFactory(status="inactive" if status == "active" else "active")
    assert act(contractor_id=contractor.pk, actor=None).status == status
    with pytest.raises(InvalidTransition, match=f"{Status(status).label.lower()} cannot become"):
        act(contractor_id=contractor.pk, actor=None)
    assert OutboxEvent.objects.filter(type="ContractorUpdated").count() == 1


@pytest.mark.parametrize("act", [activate_contractor, mark_on_leave])
def test_only_an_administrator_brings_back_an_inactive_contractor(act: Callable[..., Contractor]) -> None:
    contractor = ContractorFactory(status="inactive")
    with pytest.raises(NotAllowed):
        act(contractor_id=contractor.pk, actor=UserFactory(role="coordinator"))
    contractor.refresh_from_db()
    assert contractor.status == "inactive"
    assert act(contractor_id=contractor.pk, actor=UserFactory(role="administrator")).status != "inactive"


def test_contractors_with_live_assignments_are_not_deactivated() -> None:
    assignment = AssignmentFactory()
    with pytest.raises(LiveAssignments) as refused:
        deactivate_contractor(contractor_id=assignment.contractor_id, actor=None)
    assert [row["id"] for row in refused.value.extra["assignments"]] == [str(assignment.pk)]
    assignment.contractor.refresh_from_db()
    assert assignment.contractor.status == "active"


def test_ratings_make_an_exact_mean() -> None:
    contractor = ContractorFactory(rating=Decimal("4.00"), rating_count=200)
    for _ in range(2):
        update_rating(contractor_id=contractor.pk, rating=Decimal(5), actor=None)
    contractor.refresh_from_db()
    assert (contractor.rating, contractor.rating_count) == (Decimal("4.01"), 202)  # 810 / 202, not stuck at 4.00
    assert Rating.objects.count() == 2


@pytest.mark.parametrize("rating", [Decimal("-0.01"), Decimal("5.01"), Decimal("NaN")])
def test_a_rating_is_between_0_and_5(rating: Decimal) -> None:
    contractor = ContractorFactory()
    with pytest.raises(InvalidInput) as refused:
        update_rating(contractor_id=contractor.pk, rating=rating, actor=None)
    assert "rating" in refused.value.errors
    contractor.refresh_from_db()
    assert contractor.rating_count == 10
    assert not Rating.objects.exists()


def test_the_same_name_at_the_same_place_is_a_likely_duplicate() -> None:
    first, twin = create(), create(email="twin@example.com", name="LONE STAR floors")
    assert likely_duplicates(twin) == [first]
    assert likely_duplicates(create(email="c@example.com", name="Else")) == []


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"rating": Decimal("5.01")}, "contractor_rating_in_range"),
        ({"latitude": Decimal(91)}, "contractor_latitude_in_range"),
        ({"longitude": Decimal(181)}, "contractor_longitude_in_range"),
        ({"service_radius_miles": Decimal(-1)}, "contractor_service_radius_positive"),
        ({"zip_code": "abcde"}, "contractor_zip_code_digits"),
        ({"status": "gone"}, "contractor_status_known"),
    ],
)
def test_the_database_keeps_the_rules_of_a_contractor(change: dict[str, Any], constraint: str) -> None:
    contractor = ContractorFactory()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Contractor.objects.filter(pk=contractor.pk).update(**change)


@pytest.mark.parametrize(
    ("day", "start", "end", "constraint"),
    [
        (7, time(8), time(9), "working_hours_day_of_week"),
        (0, time(9), time(8), "shift_starts_before_end"),
        (0, time(1), time(17, 0, 1), "shift_at_most_16_hours"),
        (1, time(16), time(0), "shifts_of_a_day_do_not_overlap"),
    ],
)
def test_the_database_keeps_the_rules_of_shifts(day: int, start: time, end: time, constraint: str) -> None:
    contractor = ContractorFactory(hours=WEEKDAYS)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        WorkingHours.objects.create(contractor=contractor, day_of_week=day, start_time=start, end_time=end)

"""Live bookings that violate the rules are detected after every change, until they are resolved."""

from collections.abc import Callable
from datetime import UTC, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from assignments.broken_bookings import recheck_all, recheck_contractor, unmet_reasons
from assignments.models import Assignment, Conflict
from assignments.services import assign_job, cancel_assignment, reassign_assignment, reschedule_assignment
from contractors import services
from contractors.models import Contractor
from contractors.working_week import Shift
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.errors import DuplicateEmail
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot
from tests.api import V1, client_as, refused_field
from tests.factories import AbsenceFactory, ContractorFactory, JobFactory, UserFactory, at

pytestmark = pytest.mark.django_db

SOMEWHERE_ELSE = {
    "latitude": Decimal("47.6062000"),
    "longitude": Decimal("-122.3321000"),
    "city": "Seattle",
    "state": "WA",
    "zip_code": "98101",
    "time_zone": "",
}


def book(contractor: Contractor, job: Job | None = None, *, days: int = 3, hour: int = 9) -> Assignment:
    job = job or JobFactory(desired_date=at(12, days=days))
    return assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(hour, days=days), actor=None)


def not_on(day: int) -> list[Any]:
    """A week without the weekday that lies `day` days from now."""
    weekday = at(12, days=day).isoweekday() % 7
    return [Shift(other, time(8), time(17)) for other in range(7) if other != weekday]


def update(**changes: Any) -> Callable[..., Contractor]:
    return lambda contractor: services.update_contractor(contractor_id=contractor.pk, actor=None, **changes)


def be_away(contractor: Contractor) -> None:
    services.add_absence(contractor_id=contractor.pk, period=TimeSlot(at(0, days=3), at(0, days=4)), actor=None)


def go_on_leave(contractor: Contractor) -> None:
    services.mark_on_leave(contractor_id=contractor.pk, actor=None)


def other_hours(contractor: Contractor) -> None:
    services.update_schedule(contractor_id=contractor.pk, working_hours=not_on(3), actor=None)


CHANGES = {
    "hours": (other_hours, ["not_working"]),
    "hours of a PUT": (lambda person: update(working_hours=not_on(3))(person), ["not_working"]),
    "base": (update(**SOMEWHERE_ELSE), ["out_of_radius", "not_working"]),
    "zone": (update(time_zone="Asia/Tokyo"), ["not_working"]),
    "radius": (update(service_radius_miles=Decimal("0.5")), ["out_of_radius"]),
    "type": (update(type="tile"), ["wrong_type"]),
    "skills": (update(skills=[]), ["missing_skill"]),
    "status": (go_on_leave, ["inactive"]),
    "absence": (be_away, ["absent"]),
}


@pytest.fixture
def contractor() -> Contractor:
    return ContractorFactory(skills=["Oak"], latitude=Decimal("30.2800000"))


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_that_makes_a_booking_impossible_is_noticed(contractor: Contractor, change: str) -> None:
    booking = book(contractor, JobFactory(required_skills=["oak"], desired_date=at(12, days=3)))
    act, codes = CHANGES[change]
    act(contractor)
    booking.refresh_from_db()
    assert booking.status == "pending"
    assert booking.conflict.rules == codes
    assert [reason.code for reason in unmet_reasons([booking], current_rules())[booking.pk]] == codes


def test_a_booking_that_still_holds_is_not_listed(contractor: Contractor) -> None:
    booking = book(contractor)
    update(name="Another name", phone_number="(512) 555-0199")(contractor)
    services.add_absence(contractor_id=contractor.pk, period=TimeSlot(at(0, days=8), at(0, days=9)), actor=None)
    assert not Conflict.objects.exists()
    assert unmet_reasons([booking], current_rules())[booking.pk] == []


def test_what_is_undone_is_resolved(contractor: Contractor) -> None:
    book(contractor)
    absence = services.add_absence(
        contractor_id=contractor.pk, period=TimeSlot(at(0, days=3), at(0, days=4)), actor=None
    )
    assert Conflict.objects.count() == 1
    services.remove_absence(contractor_id=contractor.pk, absence_id=absence.pk, actor=None)
    assert not Conflict.objects.exists()


@pytest.mark.parametrize(
    "resolve",
    [
        lambda booking: cancel_assignment(assignment_id=booking.pk, reason="Away", actor=None),
        lambda booking: reschedule_assignment(assignment_id=booking.pk, start=at(9, days=5), actor=None),
        lambda booking: reassign_assignment(assignment_id=booking.pk, contractor_id=ContractorFactory().pk, actor=None),
    ],
    ids=["cancelled", "rescheduled", "reassigned"],
)
def test_moving_or_cancelling_it_resolves_it_and_leaves_the_others(
    contractor: Contractor, resolve: Callable[..., Assignment]
) -> None:
    booking, other = book(contractor), book(contractor, hour=13)
    be_away(contractor)
    assert Conflict.objects.count() == 2
    resolve(booking)
    assert [conflict.assignment_id for conflict in Conflict.objects.all()] == [other.pk]


def test_what_is_over_is_no_conflict_any_more(contractor: Contractor) -> None:
    book(contractor)
    be_away(contractor)
    assert Assignment.objects.in_conflict(at(10, 59, days=3)).exists()
    assert not Assignment.objects.in_conflict(at(11, days=3)).exists()
    with time_machine.travel(at(11, days=3), tick=False):
        recheck_all()
    assert not Conflict.objects.exists()


def test_a_change_that_is_rolled_back_leaves_no_conflict(contractor: Contractor) -> None:
    book(contractor)
    other = ContractorFactory()
    with pytest.raises(DuplicateEmail):
        update(type="tile", email=other.email)(contractor)
    assert not Conflict.objects.exists()


def test_it_keeps_since_when_and_takes_another_reason(contractor: Contractor) -> None:
    booking = book(contractor)
    be_away(contractor)
    found_at = Conflict.objects.get().found_at
    go_on_leave(contractor)
    booking.refresh_from_db()
    assert booking.conflict.rules == ["inactive", "absent"]
    assert booking.conflict.found_at == found_at


def test_the_recheck_finds_what_was_written_past_the_services_and_forgets_what_holds(contractor: Contractor) -> None:
    booking = book(contractor)
    absence = AbsenceFactory(contractor=contractor, period=(at(0, days=3), at(0, days=4)))
    assert not Conflict.objects.exists()
    assert recheck_all() == 1
    assert [conflict.assignment_id for conflict in Conflict.objects.all()] == [booking.pk]
    absence.delete()
    recheck_all()
    assert not Conflict.objects.exists()


def test_a_change_without_bookings_costs_one_query(
    contractor: Contractor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        recheck_contractor(contractor.pk)


def test_many_bookings_cost_as_many_queries_as_one(
    contractor: Contractor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for days in range(3, 12):
        book(contractor, days=days)
    with django_assert_max_num_queries(5):
        recheck_contractor(contractor.pk)
    services.add_absence(contractor_id=contractor.pk, period=TimeSlot(at(0, days=2), at(0, days=20)), actor=None)
    assert Conflict.objects.count() == 9


class TestApi:
    def test_a_change_names_the_bookings_that_no_longer_hold(self, contractor: Contractor) -> None:
        booking, _later = book(contractor), book(contractor, days=4)
        answer = client_as().patch(
            f"{V1}/contractors/{contractor.pk}/",
            {"working_hours": [shift.as_json() for shift in not_on(3)]},
            format="json",
        )
        assert answer.status_code == 200, answer.content
        assert answer.json()["conflicts_count"] == 1
        (conflict,) = answer.json()["conflicts"]
        assert conflict["assignment"] == str(booking.pk)
        assert conflict["job_number"] == booking.job.job_number
        assert conflict["time_slot"]["start"] == f"{booking.slot.start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        assert conflict["reasons"] == [
            {
                "code": "not_working",
                "message": f"The time is not within the working hours of {contractor.name}. "
                "Choose another time, or change the working hours.",
            }
        ]

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_nothing_in_conflict_is_said_too(self, contractor: Contractor, method: str) -> None:
        url, api = f"{V1}/contractors/{contractor.pk}/", client_as()
        body = {
            name: value
            for name, value in api.get(url).json().items()
            if name
            in {
                *("name", "type", "phone_number", "email", "skills", "location", "service_radius_miles"),
                "working_hours",
            }
        }
        answer = getattr(api, method)(url, body, format="json").json()
        assert (answer["conflicts"], answer["conflicts_count"]) == ([], 0)

    def test_an_absence_over_a_booking_names_it(self, contractor: Contractor) -> None:
        booking = book(contractor)
        day = f"{at(12, days=3):%Y-%m-%d}"
        answer = client_as().post(
            f"{V1}/contractors/{contractor.pk}/absences/", {"start": day, "end": day}, format="json"
        )
        assert answer.status_code == 201, answer.content
        (conflict,) = answer.json()["conflicts"]
        assert (conflict["assignment"], conflict["reasons"][0]["code"]) == (str(booking.pk), "absent")
        assert answer.json()["conflicts_count"] == 1

    def test_changes_of_status_name_them(self, contractor: Contractor) -> None:
        book(contractor)
        api = client_as()
        left = api.post(f"{V1}/contractors/{contractor.pk}/mark-on-leave/", {}, format="json").json()
        assert [conflict["reasons"][0]["code"] for conflict in left["conflicts"]] == ["inactive"]
        back = api.post(f"{V1}/contractors/{contractor.pk}/activate/", {}, format="json").json()
        assert back["conflicts"] == []

    def test_the_list_of_assignments_is_narrowed_to_them(self, contractor: Contractor) -> None:
        booking, fine = book(contractor), book(contractor, days=4)
        be_away(contractor)
        api = client_as()
        for value, expected in (("true", booking), ("false", fine)):
            listed = api.get(f"{V1}/assignments/?in_conflict={value}").json()["results"]
            assert [row["id"] for row in listed] == [str(expected.pk)]
        refused_field(api.get(f"{V1}/assignments/?in_conflict=maybe"), "in_conflict")

    def test_the_answer_is_bounded_and_counts_all(
        self, contractor: Contractor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("assignments.broken_bookings.MOST_LISTED", 2)
        for days in range(3, 6):
            book(contractor, days=days)
        answer = client_as().post(f"{V1}/contractors/{contractor.pk}/mark-on-leave/", {}, format="json").json()
        assert (len(answer["conflicts"]), answer["conflicts_count"]) == (2, 3)
        starts = [conflict["time_slot"]["start"] for conflict in answer["conflicts"]]
        assert starts == sorted(starts)

    def test_the_etag_of_the_answer_is_that_of_the_record(self, contractor: Contractor) -> None:
        api = client_as()
        changed = api.post(f"{V1}/contractors/{contractor.pk}/mark-on-leave/", {}, format="json")
        assert changed["ETag"] == api.get(f"{V1}/contractors/{contractor.pk}/")["ETag"]


def test_a_reader_without_exact_places_is_told_of_no_rule_that_places_decide(contractor: Contractor) -> None:
    booking = book(contractor)
    update(service_radius_miles=Decimal("0.5"))(contractor)
    booking = Assignment.objects.select_related("job", "contractor").get(pk=booking.pk)
    manager = UserFactory(role=Role.MANAGER)
    assert unmet_reasons([booking], current_rules(), reader=manager)[booking.pk] == []
    listed = client_as(Role.MANAGER).get(f"{V1}/assignments/?in_conflict=true").json()["results"]
    assert listed == []
    (exact,) = unmet_reasons([booking], current_rules(), reader=UserFactory())[booking.pk]
    assert "miles" in exact.message


def test_a_field_that_decides_and_a_field_that_does_not_are_told_apart() -> None:
    """Whatever the engine reads of a contractor makes a change recheck the bookings."""
    from assignments.receivers import DECIDES

    assert {
        "type",
        "status",
        "skills",
        "service_radius_miles",
        "latitude",
        "longitude",
        "time_zone",
    } == DECIDES


def test_a_booked_job_takes_no_change_that_decides(contractor: Contractor) -> None:
    """Skills and site of a job cannot be changed under a booking, so that a job never breaks its own."""
    from jobs.services import BINDING_FIELDS, RANKED_BY

    assert {"type", "duration", "latitude", "longitude", "required_skills", "time_zone"} <= RANKED_BY <= BINDING_FIELDS
    booking = book(contractor)
    answer = client_as().patch(f"{V1}/jobs/{booking.job_id}/", {"required_skills": ["Marble"]}, format="json")
    assert answer.status_code == 409
    assert timedelta(hours=2) == booking.slot.duration

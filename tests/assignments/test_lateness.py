"""Lateness: reported, past a time limit, and caused by the booking before."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from assignments.calendars import delays_of_days
from assignments.lateness import expected_delays, late_from, late_sentence, waiting_from
from assignments.models import Assignment
from assignments.services import (
    cancel_assignment,
    cancel_job,
    complete_assignment,
    confirm_assignment,
    reassign_assignment,
    report_running_late,
    reschedule_assignment,
    start_assignment,
)
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.errors import InvalidInput, InvalidTransition, TooEarly
from smartscheduler.events.models import OutboxEvent
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot
from tests.api import V1, client_as, problem, refused_field
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory
from tests.pages import signed_in

AUSTIN = ZoneInfo("America/Chicago")
NINE = datetime(2026, 11, 24, 15, tzinfo=UTC)  # 9:00 AM in Austin
SLOT = TimeSlot(NINE, NINE + timedelta(hours=2))
MINUTE = timedelta(minutes=1)


def booked(status: str = "confirmed", start: datetime = NINE, **values: Any) -> Assignment:
    """A booking of two hours in a state, without a database."""
    booking = Assignment(status=status, **values)
    booking.slot = TimeSlot(start, start + timedelta(hours=2))
    return booking


class TestTheClock:
    @pytest.mark.parametrize(
        ("status", "late", "waiting"),
        [
            ("pending", SLOT.start + 15 * MINUTE, SLOT.start),
            ("confirmed", SLOT.start + 15 * MINUTE, SLOT.start),
            ("in_progress", SLOT.end + 30 * MINUTE, None),
            ("completed", None, None),
            ("cancelled", None, None),
        ],
    )
    def test_decides_by_state(self, status: str, late: datetime | None, waiting: datetime | None) -> None:
        assert (late_from(status, SLOT), waiting_from(status, SLOT)) == (late, waiting)


class TestDelays:
    def test_nothing_is_late_by_itself(self) -> None:
        # The pause is longer than the time between the bookings: a conflict, but no delay.
        day = [booked(), booked(start=NINE + timedelta(hours=2))]
        assert expected_delays(day, [20 * MINUTE]) == [timedelta(), timedelta()]

    def test_a_report_moves_what_follows_until_a_gap_takes_it_up(self) -> None:
        starts = [NINE + timedelta(hours=hours) for hours in (0, 2.5, 5, 9)]
        day = [booked(late_until=SLOT.end + 40 * MINUTE, start=starts[0]), *(booked(start=at) for at in starts[1:])]
        # 40 min late, 15 min of drive in a gap of 30 min: 25 min late; then the same gap again.
        assert expected_delays(day, [15 * MINUTE] * 3) == [40 * MINUTE, 25 * MINUTE, 10 * MINUTE, timedelta()]

    def test_a_report_of_what_follows_counts_where_it_is_later(self) -> None:
        second = NINE + timedelta(hours=2)
        day = [
            booked(late_until=SLOT.end + 10 * MINUTE),
            booked(start=second, late_until=second + timedelta(hours=3)),
        ]
        assert expected_delays(day, [timedelta()]) == [10 * MINUTE, 60 * MINUTE]

    @pytest.mark.parametrize("status", ["in_progress", "completed"])
    def test_work_that_has_started_is_not_moved(self, status: str) -> None:
        day = [booked(late_until=SLOT.end + 40 * MINUTE), booked(status, start=NINE + timedelta(hours=2))]
        assert expected_delays(day, [timedelta()])[1] == timedelta()

    def test_sentences(self) -> None:
        reported = booked(late_until=SLOT.end + 25 * MINUTE)
        assert late_sentence(reported, 25 * MINUTE, AUSTIN) == "running late until 11:25 AM CST, 25 min late"
        assert late_sentence(booked(), 85 * MINUTE, AUSTIN) == "late by 1 h 25 min, because the booking before is late"
        assert late_sentence(booked(), timedelta(), AUSTIN) == "late: not started 15 min after its start"
        in_progress = booked("in_progress")
        assert late_sentence(in_progress, timedelta(), AUSTIN) == "late: not completed 30 min after its end"


@pytest.fixture
def confirmed(db: None) -> Assignment:
    return AssignmentFactory(start=NINE, status="confirmed", confirmed_at=NINE)


def report(booking: Assignment, until: datetime | None, at: datetime = NINE) -> Assignment:
    with time_machine.travel(at, tick=False):
        return report_running_late(assignment_id=booking.pk, until=until, actor=None)


def stored(booking: Assignment) -> datetime | None:
    return Assignment.objects.get(pk=booking.pk).late_until


class TestTheReport:
    def test_is_stored_with_its_event_and_moves_nothing(self, confirmed: Assignment) -> None:
        until = SLOT.end + 25 * MINUTE
        reported = report(confirmed, until)
        assert (stored(confirmed), reported.status, reported.slot) == (until, "confirmed", SLOT)
        event = OutboxEvent.objects.get(type="AssignmentRunningLate")
        assert event.data["assignment_id"] == str(confirmed.pk)
        assert datetime.fromisoformat(event.data["until"]) == until
        history = Assignment.pgh_event_model.objects.filter(pgh_obj_id=confirmed.pk)  # type: ignore[attr-defined]
        assert list(history.order_by("pgh_id").values_list("late_until", flat=True)) == [None, until]

    def test_can_be_replaced_and_withdrawn(self, confirmed: Assignment) -> None:
        report(confirmed, SLOT.end + 25 * MINUTE)
        report(confirmed, SLOT.end + 50 * MINUTE)
        assert stored(confirmed) == SLOT.end + 50 * MINUTE
        assert report(confirmed, None).late_until is None
        assert OutboxEvent.objects.order_by("-position")[0].data["until"] is None
        with pytest.raises(InvalidTransition, match="not reported late"):
            report(confirmed, None)

    @pytest.mark.parametrize(
        ("until", "at", "rule"),
        [
            (SLOT.end, NINE, "after the booked end, 11:00 AM CST"),
            (SLOT.start, NINE, "after the booked end, 11:00 AM CST"),
            (SLOT.end + timedelta(hours=8, seconds=1), NINE, "at most 8 h after the booked end, 11:00 AM CST"),
            (SLOT.end + MINUTE, SLOT.end + MINUTE, "in the future: it is 11:01 AM CST"),
        ],
    )
    def test_has_limits(self, confirmed: Assignment, until: datetime, at: datetime, rule: str) -> None:
        with pytest.raises(InvalidInput, match=rule) as refused:
            report(confirmed, until, at)
        assert "until" in refused.value.errors
        assert stored(confirmed) is None
        assert not OutboxEvent.objects.exists()

    def test_is_not_for_another_day(self, confirmed: Assignment) -> None:
        with pytest.raises(TooEarly, match="can be reported late from"):
            report(confirmed, SLOT.end + 25 * MINUTE, NINE - timedelta(days=1))
        assert stored(confirmed) is None

    @pytest.mark.parametrize("status", ["pending", "completed", "cancelled"])
    def test_needs_a_booking_that_is_agreed_on_and_not_over(self, confirmed: Assignment, status: str) -> None:
        moments: dict[str, dict[str, Any]] = {
            "pending": {"confirmed_at": None},
            "completed": {"started_at": NINE, "completed_at": NINE},
            "cancelled": {"cancelled_at": NINE},
        }
        Assignment.objects.filter(pk=confirmed.pk).update(status=status, **moments[status])
        with pytest.raises(InvalidTransition, match="cannot be reported late"):
            report(confirmed, SLOT.end + 25 * MINUTE)
        assert stored(confirmed) is None

    def test_the_database_knows_the_limits_too(self, confirmed: Assignment) -> None:
        refused: list[dict[str, Any]] = [
            {"late_until": SLOT.end},
            {"late_until": SLOT.end + MINUTE, "status": "pending"},
        ]
        for values in refused:
            with pytest.raises(IntegrityError), transaction.atomic():
                Assignment.objects.filter(pk=confirmed.pk).update(**values)


def complete(booking: Assignment) -> None:
    start_assignment(assignment_id=booking.pk, actor=None)
    assert stored(booking)  # work that starts late is still late
    complete_assignment(assignment_id=booking.pk, actor=None)


@pytest.mark.parametrize(
    "end",
    [
        complete,
        lambda booking: cancel_assignment(assignment_id=booking.pk, reason="Flood", actor=None),
        lambda booking: cancel_job(job_id=booking.job_id, reason="Flood", actor=None),
        lambda booking: reschedule_assignment(assignment_id=booking.pk, start=NINE + timedelta(hours=4), actor=None),
        lambda booking: reassign_assignment(
            assignment_id=booking.pk, contractor_id=ContractorFactory().pk, start=SLOT.end, actor=None
        ),
    ],
    ids=["complete", "cancel", "cancel the job", "reschedule", "reassign"],
)
def test_a_report_ends_with_its_booking(confirmed: Assignment, end: Callable[[Assignment], object]) -> None:
    Job.objects.update(status="assigned", desired_date=NINE)
    report(confirmed, SLOT.end + 25 * MINUTE)
    with time_machine.travel(NINE, tick=False):
        end(confirmed)
    assert set(Assignment.objects.values_list("late_until", flat=True)) == {None}


@pytest.mark.django_db
def test_confirming_another_booking_does_not_touch_a_report(confirmed: Assignment) -> None:
    report(confirmed, SLOT.end + 25 * MINUTE)
    with time_machine.travel(NINE, tick=False):
        confirm_assignment(assignment_id=AssignmentFactory(start=NINE + timedelta(hours=3)).pk, actor=None)
    assert stored(confirmed)


@pytest.mark.django_db
def test_what_follows_is_late_by_the_drive_of_the_engine(django_assert_num_queries: Any) -> None:
    person = ContractorFactory()
    first = AssignmentFactory(contractor=person, start=NINE, status="confirmed", confirmed_at=NINE)
    far = JobFactory(status="assigned", latitude=Decimal("30.3672"))  # 16 min away
    second = AssignmentFactory(contractor=person, job=far, start=SLOT.end + 20 * MINUTE)
    days, rules = [[first, second]], current_rules()
    assert delays_of_days(days, rules) == [[timedelta(), timedelta()]]
    first.late_until = SLOT.end + 30 * MINUTE
    with django_assert_num_queries(0):
        assert delays_of_days(days, rules) == [[30 * MINUTE, 26 * MINUTE]]
    assert delays_of_days(days, replace(rules, minimum_gap=45 * MINUTE))[0][1] == 55 * MINUTE


@pytest.mark.django_db
def test_the_database_finds_the_late_ones_by_the_same_rule() -> None:
    states: list[tuple[str, dict[str, Any]]] = [
        ("pending", {}),
        ("confirmed", {"confirmed_at": NINE}),
        ("in_progress", {"confirmed_at": NINE, "started_at": NINE}),
        ("completed", {"confirmed_at": NINE, "started_at": NINE, "completed_at": NINE}),
        ("cancelled", {"cancelled_at": NINE}),
    ]
    for status, values in states:
        AssignmentFactory(start=NINE, status=status, **values)
    reported = AssignmentFactory(start=NINE + timedelta(hours=3), status="confirmed", confirmed_at=NINE)
    Assignment.objects.filter(pk=reported.pk).update(late_until=reported.slot.end + MINUTE)
    for now in (NINE, NINE + 15 * MINUTE, SLOT.end + 29 * MINUTE, SLOT.end + 30 * MINUTE):
        late = {
            booking.pk
            for booking in Assignment.objects.all()
            if booking.late_until or ((since := late_from(booking.status, booking.slot)) and since <= now)
        }
        assert set(Assignment.objects.late(now).values_list("pk", flat=True)) == late


@pytest.mark.django_db
class TestTheAPI:
    @pytest.fixture(autouse=True)
    def _at_nine(self) -> Any:
        with time_machine.travel(NINE, tick=False):
            yield

    def url(self, booking: Assignment) -> str:
        return f"{V1}/assignments/{booking.pk}/running-late/"

    def test_reports_and_withdraws(self, confirmed: Assignment) -> None:
        client, until = client_as(), "2026-11-24T17:25:00Z"
        response = client.post(self.url(confirmed), {"until": until}, format="json")
        assert (response.status_code, response.json()["late_until"]) == (200, until)
        assert client.get(f"{V1}/assignments/{confirmed.pk}/").json()["late_until"] == until
        assert client.post(self.url(confirmed), {"until": None}, format="json").json()["late_until"] is None
        problem(client.post(self.url(confirmed), {"until": None}, format="json"), 409, "invalid-transition")

    @pytest.mark.parametrize(
        "body", [{}, {"until": "soon"}, {"until": "2026-11-24T17:25:00"}, {"until": "2026-11-25T02:00:00Z"}]
    )
    def test_names_the_field(self, confirmed: Assignment, body: dict[str, Any]) -> None:
        assert refused_field(client_as().post(self.url(confirmed), body, format="json"), "until")
        assert stored(confirmed) is None

    def test_is_for_those_who_assign(self, confirmed: Assignment) -> None:
        body = {"until": "2026-11-24T17:25:00Z"}
        problem(client_as(Role.MANAGER).post(self.url(confirmed), body, format="json"), 403, "permission-denied")
        assert stored(confirmed) is None


@pytest.mark.django_db
class TestThePages:
    @pytest.fixture(autouse=True)
    def _at_nine(self) -> Any:
        with time_machine.travel(NINE, tick=False):
            yield

    def test_the_page_of_the_booking_reports_and_withdraws(self, confirmed: Assignment) -> None:
        page, client = f"/admin/assignments/assignment/{confirmed.pk}", signed_in()
        assert f"{page}/running-late/" in client.get(f"{page}/change/").content.decode()
        refused = client.post(f"{page}/running-late/", {"until": "soon"}).content.decode()
        assert "25 min, 1 h 30 min or 3:30 PM" in refused
        assert "at most 8 h" in client.post(f"{page}/running-late/", {"until": "9 h"}).content.decode()
        assert stored(confirmed) is None
        client.post(f"{page}/running-late/", {"until": "11:25"})
        assert stored(confirmed) == SLOT.end + 25 * MINUTE
        assert "running late until Tue, Nov 24, 11:25 AM CST" in client.get(f"{page}/change/").content.decode()
        client.post(f"{page}/on-time/")
        assert stored(confirmed) is None
        assert f"{page}/on-time/" not in client.get(f"{page}/change/").content.decode()

    def test_the_board_reads_what_is_typed(self, confirmed: Assignment) -> None:
        client, address = signed_in(), f"/live/delays/?assignment={confirmed.pk}&text="
        answer = client.get(f"{address}25 min").json()
        assert datetime.fromisoformat(answer["until"]) == SLOT.end + 25 * MINUTE
        assert answer["text"] == "running late until 11:25 AM CST, 25 min late"
        assert client.get(f"{address}soon").json()["until"] is None
        assert "at most 8 h" in client.get(f"{address}9 h").json()["text"]
        assert client.get("/live/delays/?assignment=nonsense&text=1 h").status_code == 404
        assert signed_in(Role.MANAGER).get(f"{address}25 min").status_code == 403
        assert stored(confirmed) is None

    def test_board_and_day_sheet_show_what_follows(self, confirmed: Assignment) -> None:
        after = AssignmentFactory(contractor=confirmed.contractor, start=SLOT.end)
        report(confirmed, SLOT.end + 25 * MINUTE)
        board = signed_in().get("/?day=2026-11-24").content.decode()
        assert board.count("late by 25 min</strong>") == 2
        assert "running late until 11:25 AM CST, 25 min late" in board
        assert "late by 25 min, because the booking before is late" in board
        assert 'data-late-until="2026-11-24T17:25:00+00:00" data-can-run-late' in board
        assert "data-can-run-late" not in signed_in(Role.MANAGER).get("/?day=2026-11-24").content.decode()
        sheet = signed_in().get(f"/day-sheets/{after.contractor_id}/?day=2026-11-24").content.decode()
        assert "Running late until 11:25 AM CST, 25 min late" in sheet
        assert "Late by 25 min, because the booking before is late" in sheet
        assert timezone.now() == NINE

"""Earliest start and completion of work: the local day of the slot, or shortly before the slot."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from assignments.models import Assignment
from assignments.services import complete_assignment, confirm_assignment, start_assignment
from assignments.start_window import check_time_of_work, earliest_start
from smartscheduler.errors import InvalidTransition, TooEarly
from smartscheduler.events.models import OutboxEvent
from smartscheduler.timeslots import TimeSlot
from tests.api import V1, client_as, problem
from tests.factories import AssignmentFactory, at
from tests.pages import signed_in

CHICAGO = ZoneInfo("America/Chicago")
ZONES = st.sampled_from(["America/Chicago", "America/New_York", "Pacific/Honolulu", "America/Phoenix"]).map(ZoneInfo)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
STARTS = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes))


def in_chicago(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO).astimezone(UTC)


def slot_from(start: datetime) -> TimeSlot:
    return TimeSlot(start, start + timedelta(hours=2))


@pytest.mark.parametrize(
    ("start", "earliest"),
    [
        ("2026-11-24T14:30", "2026-11-24T00:00"),
        ("2026-11-24T00:30", "2026-11-23T22:30"),
        ("2026-11-01T14:00", "2026-11-01T00:00"),  # a day of 25 hours
        ("2027-03-14T03:00", "2027-03-14T00:00"),  # and one of 23
    ],
)
def test_the_day_at_the_site_or_two_hours_before(start: str, earliest: str) -> None:
    assert earliest_start(slot_from(in_chicago(start)), CHICAGO) == in_chicago(earliest)


@given(start=STARTS, zone=ZONES, hours=st.integers(0, 24))
def test_any_moment_of_the_day_up_to_the_slot_will_do(
    settings: Settings, start: datetime, zone: ZoneInfo, hours: int
) -> None:
    settings.EARLY_START = timedelta(hours=hours)
    earliest = earliest_start(slot_from(start), zone)
    assert earliest <= start - settings.EARLY_START
    assert earliest.astimezone(zone).date() >= start.astimezone(zone).date() - timedelta(days=1)
    check_time_of_work(slot_from(start), zone, act="started", now=earliest)
    with pytest.raises(TooEarly):
        check_time_of_work(slot_from(start), zone, act="started", now=earliest - timedelta(microseconds=1))


@pytest.fixture
def confirmed(db: None) -> Assignment:
    booking = AssignmentFactory(start=at(9, days=16))
    return confirm_assignment(assignment_id=booking.pk, actor=None)


def test_work_does_not_start_days_before_its_slot(confirmed: Assignment) -> None:
    events = OutboxEvent.objects.count()
    with pytest.raises(TooEarly, match="can be started from") as refusal:
        start_assignment(assignment_id=confirmed.pk, actor=None)
    assert refusal.value.extra["earliest"] == f"{at(0, days=16).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    stored = Assignment.objects.select_related("job").get(pk=confirmed.pk)
    assert (stored.status, stored.job.status, stored.started_at) == ("confirmed", "assigned", None)
    assert OutboxEvent.objects.count() == events


def test_it_starts_and_ends_early_on_its_day(confirmed: Assignment) -> None:
    with time_machine.travel(at(0, 1, days=16), tick=False):
        start_assignment(assignment_id=confirmed.pk, actor=None)
        assert complete_assignment(assignment_id=confirmed.pk, actor=None).status == "completed"


def test_it_starts_late_too(confirmed: Assignment) -> None:
    with time_machine.travel(at(9, days=20), tick=False):
        assert start_assignment(assignment_id=confirmed.pk, actor=None).status == "in_progress"


def test_work_that_was_started_days_before_is_not_completed_before_its_day(confirmed: Assignment) -> None:
    """As the database may hold it from before the rule."""
    Assignment.objects.filter(pk=confirmed.pk).update(status="in_progress", started_at=timezone.now())
    confirmed.job.start()
    confirmed.job.save()
    with pytest.raises(TooEarly, match="can be completed from"):
        complete_assignment(assignment_id=confirmed.pk, actor=None)


def test_the_state_is_looked_at_first(db: None) -> None:
    booking = AssignmentFactory(start=at(9, days=16))
    with pytest.raises(InvalidTransition):
        start_assignment(assignment_id=booking.pk, actor=None)


def test_the_api_refuses_it_with_a_code_of_its_own(confirmed: Assignment) -> None:
    answer = client_as().post(f"{V1}/assignments/{confirmed.pk}/start/", {}, format="json")
    document = problem(answer, 409, "too-early")
    assert document["earliest"] == f"{at(0, days=16).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_the_page_offers_it_from_then_on(confirmed: Assignment) -> None:
    url = reverse("admin:assignments_assignment_change", args=[confirmed.pk])
    start = reverse("admin:assignments_assignment_start", args=[confirmed.pk])
    assert start not in signed_in().get(url).content.decode()
    with time_machine.travel(at(1, days=16), tick=False):
        assert start in signed_in().get(url).content.decode()


def test_the_action_of_the_list_goes_by_the_same_rule(confirmed: Assignment) -> None:
    client, today = signed_in(), confirm_assignment(assignment_id=AssignmentFactory(start=at(23)).pk, actor=None)
    chosen = {"action": "start_selected", "_selected_action": [confirmed.pk, today.pk]}
    page = client.post("/admin/assignments/assignment/", chosen, follow=True).content.decode()
    assert "Started: 1. Failed: 1." in " ".join(page.split())
    assert "can be started from" in page

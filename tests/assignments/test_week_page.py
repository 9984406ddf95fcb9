"""A contractor's week in the admin: everything that lies in it, by the contractor's own clock."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from psycopg.types.range import TimestamptzRange

from contractors.models import Rating
from contractors.shifts import Shift
from smartscheduler.accounts.policy import Role
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)


def austin(hour: int, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC) + timedelta(hours=6)


@pytest.fixture
def person():
    return ContractorFactory(hours=[Shift(2, time(8), time(16))])


def week(person, query="", client=None):
    response = (client or signed_in()).get(reverse("admin:contractors_contractor_week", args=[person.pk]) + query)
    assert response.status_code == 200
    return response


def bars(row):
    return [(bar.kind, bar.text) for bar in row.bars]


def test_shows_hours_absences_bookings_drives_and_what_is_left(person):
    first = AssignmentFactory(contractor=person, start=austin(8))
    far = JobFactory(status="assigned", latitude=Decimal("30.3672"), duration=timedelta(hours=1))
    AssignmentFactory(contractor=person, job=far, start=austin(12))
    AbsenceFactory(contractor=person, period=TimestamptzRange(austin(15), austin(15, day=25), "[)"))
    response = week(person, f"?start={MONDAY}")
    rows = response.context["rows"]
    assert [row.day for row in rows] == [MONDAY + timedelta(days=n) for n in range(7)]
    assert bars(rows[0]) == []
    assert bars(rows[1]) == [
        ("work", "works 08:00–16:00"),
        ("free", "free 10:00–12:00"),
        ("free", "free 13:00–15:00"),
        ("absence", "absent 15:00–24:00"),
        ("drive", "drive 11:44–12:00"),
        ("pending", "08:00–10:00"),
        ("pending", "12:00–13:00"),
    ]
    assert rows[1].free == "free 10:00–12:00, 13:00–15:00"
    assert rows[2].free == "does not work"
    page = response.content.decode()
    assert reverse("admin:assignments_assignment_change", args=[first.pk]) in page


def test_begins_on_the_monday_of_this_week_there(person):
    with time_machine.travel(datetime(2026, 11, 30, 4, tzinfo=UTC), tick=False):  # still Sunday in Austin
        response = week(person)
    assert response.context["start"] == MONDAY
    assert [row.is_today for row in response.context["rows"]] == [False] * 6 + [True]


def test_the_next_and_the_previous_week_are_a_click_away(person):
    page = week(person, f"?start={MONDAY}").content.decode()
    assert "?start=2026-11-16" in page
    assert "?start=2026-11-30" in page


@pytest.mark.parametrize("start", ["nonsense", "2026-13-01", "", "%00"])
def test_what_is_no_day_is_this_week(person, start):
    week(person, f"?start={start}")


def test_everybody_sees_it_and_nobody_from_outside(person, client):
    week(person, client=signed_in(Role.MANAGER))
    address = reverse("admin:contractors_contractor_week", args=[person.pk])
    assert client.get(address).status_code == 302
    assert address in signed_in().get(reverse("admin:contractors_contractor_change", args=[person.pk])).content.decode()


def test_a_whole_week_costs_the_same_as_an_empty_one(person, django_assert_max_num_queries):
    client = signed_in()
    for hour in (8, 10, 12):
        AssignmentFactory(contractor=person, start=austin(hour))
    with django_assert_max_num_queries(8):
        week(person, f"?start={MONDAY}", client)


def test_the_contractor_page_has_assignments_and_ratings_to_read(person, django_assert_max_num_queries):
    client = signed_in()
    address = reverse("admin:contractors_contractor_change", args=[person.pk])
    one = AssignmentFactory(contractor=person, start=austin(8))
    Rating.objects.create(contractor=person, value=Decimal("4.5"), comment="Neat corners")
    page = client.get(address).content.decode()
    assert one.job.job_number in page
    assert "Neat corners" in page
    for day in range(25, 30):
        AssignmentFactory(contractor=person, start=austin(8, day=day))
    with django_assert_max_num_queries(25):
        client.get(address)

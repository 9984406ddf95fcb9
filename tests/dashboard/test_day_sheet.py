"""The day sheet of a contractor: the jobs of a day in order, as far as the reader may see them."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from contractors.models import Contractor
from smartscheduler.accounts.permissions import Role
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)


def austin(hour: int, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC) + timedelta(hours=6)


@pytest.fixture
def crew() -> Contractor:
    crew = ContractorFactory(name="Ann Mason")
    far = JobFactory(
        status="assigned",
        latitude=Decimal("30.3672"),
        address="5 Far Lane",
        customer_name="Zoe Last",
        special_requirements="Ring twice",
    )
    AssignmentFactory(contractor=crew, job=far, start=austin(14))
    near = JobFactory(status="assigned", customer_name="Bea First", address="1 Near Street")
    AssignmentFactory(contractor=crew, job=near, start=austin(8))
    AssignmentFactory(contractor=crew, start=austin(8, day=25))
    return crew


def sheet(crew: Contractor, role: str = Role.COORDINATOR, query: str = f"?day={DAY}") -> str:
    response = signed_in(role).get(f"/day-sheets/{crew.pk}/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_has_the_jobs_of_the_day_in_order_with_the_drives_between_them(crew: Contractor) -> None:
    page = sheet(crew)
    positions = [
        page.index(text) for text in ("Ann Mason", "Tuesday, November 24", "Bea First", "min drive", "Zoe Last")
    ]
    assert positions == sorted(positions)
    for text in ("1 Near Street", "5 Far Lane", "Ring twice"):
        assert text in page
    assert page.count("<article>") == 2
    assert not re.search(r"<script(?![^>]*src=)|style=", page)


def test_names_the_arrival_window_that_the_customer_was_promised(crew: Contractor) -> None:
    AssignmentFactory(contractor=crew, start=austin(11), job__window_start=austin(10), job__window_end=austin(12))
    with time_machine.travel(austin(9), tick=False):  # a window of another year is written with its year
        page = sheet(crew)
    assert page.count("<dt>Arrival window</dt>") == 1
    assert "Tue, Nov 24, 10:00 AM–12:00 PM CST" in page


def test_shows_no_customers_to_readers_who_may_not_see_them(crew: Contractor) -> None:
    page = sheet(crew, Role.MANAGER)
    assert page.count("<article>") == 2
    for text in ("Bea First", "1 Near Street", "Ring twice"):
        assert text not in page


def test_is_todays_in_the_contractors_time_zone_without_a_day(crew: Contractor) -> None:
    with time_machine.travel(austin(22), tick=False):
        page = sheet(crew, query="")
    assert "Tuesday, November 24" in page
    assert "Bea First" in page


def test_names_the_clock_of_a_site_in_another_zone(crew: Contractor) -> None:
    abroad = JobFactory(status="assigned", time_zone="America/New_York")
    AssignmentFactory(contractor=crew, job=abroad, start=austin(9, day=26))
    page = sheet(crew, query="?day=2026-11-26")
    assert "At the site:" in page
    assert "EST" in page
    assert "At the site:" not in sheet(crew)


def test_says_that_a_day_is_empty(crew: Contractor) -> None:
    crew.working_hours.all().delete()
    page = sheet(crew, query="?day=2026-11-29")
    assert "No bookings on this day." in page
    assert "No working hours on this day" in page


def test_is_for_people_who_may_see_assignments(client: Client, crew: Contractor) -> None:
    assert client.get(f"/day-sheets/{crew.pk}/").status_code == 302
    too_early = at(0, days=-6 * 366).date()
    assert signed_in().get(f"/day-sheets/{crew.pk}/?day={too_early}").status_code == 404
    assert signed_in().get("/day-sheets/00000000-0000-4000-8000-000000000000/").status_code == 404
    assert signed_in().post(f"/day-sheets/{crew.pk}/").status_code == 405

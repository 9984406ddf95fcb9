"""Search of the board: contractors and jobs, within what the reader may see."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def options(query: str, role: Role = Role.COORDINATOR) -> list[str]:
    """The ids of the results."""
    answer = signed_in(role).get("/live/rows/", {"q": query})
    assert answer.status_code == 200
    return re.findall(r'id="result-([-0-9a-f]+)"', answer.content.decode())


def test_contractors_and_jobs_by_what_people_know_of_them() -> None:
    person = ContractorFactory(name="Ann Mason", city="Dallas")
    job = JobFactory(customer_name="Rosa Park", customer_phone="(512) 555-0177", address="77 Sunset Trail")
    assert options("mason") == [str(person.pk)]
    for words in ("rosa", "555-0177", "sunset trail", "Trail 77", job.job_number, job.job_number[-8:].lower()):
        assert options(words) == [str(job.pk)], words
    assert options("austin") == [str(job.pk)]
    assert options("au") == options("") == options("no such words") == []


def test_hidden_fields_are_not_searched_and_not_shown() -> None:
    job = JobFactory(customer_name="Rosa Park", customer_phone="(512) 555-0177", address="77 Sunset Trail")
    person = ContractorFactory(email="private@example.com")
    for words in ("rosa", "555-0177", "sunset"):
        assert options(words, Role.MANAGER) == []
    assert options("private@example.com") == [str(person.pk)]
    assert options("private@example.com", Role.MANAGER) == []
    answer = signed_in(Role.MANAGER).get("/live/rows/", {"q": job.job_number}).content.decode()
    assert job.job_number in answer
    assert "Rosa" not in answer
    assert "Sunset" not in answer


def test_a_booked_job_names_the_day_and_the_row() -> None:
    booking = AssignmentFactory(start=at(9, days=1))
    page = signed_in().get("/live/rows/", {"q": booking.job.job_number}).content.decode()
    assert f'data-day="{at(9, days=1).date()}"' in page
    assert f'data-booked="{booking.contractor_id}"' in page
    assert f'data-assignment="{booking.pk}"' in page
    Assignment.objects.update(status="cancelled", cancelled_at=datetime(2026, 1, 1, tzinfo=UTC))
    Job.objects.update(status="open")
    assert "data-day" not in signed_in().get("/live/rows/", {"q": booking.job.job_number}).content.decode()


def test_jobs_that_are_not_over_come_first() -> None:
    over = JobFactory(city="Waco", status="cancelled", cancelled_at=datetime(2026, 1, 1, tzinfo=UTC))
    late, soon = (
        JobFactory(city="Waco", desired_date=at(9, days=5)),
        JobFactory(city="Waco", desired_date=at(9, days=1)),
    )
    assert options("waco") == [str(job.pk) for job in (soon, late, over)]


def test_a_search_that_is_too_long_has_no_results() -> None:
    ContractorFactory(name="Ann")
    assert options("ann " * 11) == []


def test_it_costs_the_same_at_any_number() -> None:
    client = signed_in()

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/live/rows/", {"q": "austin"})
        return len(captured)

    AssignmentFactory(start=at(9, days=1))
    few = cost()
    for number in range(5):
        AssignmentFactory(start=at(9, days=1) + timedelta(hours=number))
        ContractorFactory()
    assert cost() == few

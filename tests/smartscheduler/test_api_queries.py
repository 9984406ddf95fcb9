"""The number of queries does not grow with the number of rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contractors.models import Contractor, WorkingHours
from smartscheduler.accounts.policy import Role
from tests.api import V1, client_as
from tests.factories import EVERY_DAY, AssignmentFactory, ContractorFactory, JobFactory

pytestmark = pytest.mark.django_db


def contractors(count):
    """`count` contractors with the usual week."""
    first = Contractor.objects.count()
    made = Contractor.objects.bulk_create(
        ContractorFactory.build(email=f"crew{n}@example.com", name=f"Crew {n}", hours=[])
        for n in range(first, first + count)
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(
            contractor=one, day_of_week=shift.day_of_week, start_time=shift.start_time, end_time=shift.end_time
        )
        for one in made
        for shift in EVERY_DAY
    )


def assignments(count):
    for _ in range(count):
        AssignmentFactory()


def queries(client, path):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(f"{V1}/{path}")
    assert response.status_code == 200, response.content
    return len(captured), "\n".join(query["sql"][:200] for query in captured)


@pytest.mark.parametrize(
    ("path", "make", "budget"),
    [
        ("contractors/?page_size=100", contractors, 4),
        ("jobs/?page_size=100", assignments, 5),
        ("assignments/?page_size=100", assignments, 3),
    ],
)
def test_a_list(path, make, budget):
    client = client_as(Role.COORDINATOR)
    make(10)
    few, _ = queries(client, path)
    make(490)
    many, sql = queries(client, path)
    assert few == many, sql
    assert many <= budget, sql


def test_a_ranking():
    client, job = client_as(Role.COORDINATOR), JobFactory()
    contractors(10)
    few, _ = queries(client, f"jobs/{job.pk}/recommendations/?max_results=10")
    contractors(190)
    many, sql = queries(client, f"jobs/{job.pk}/recommendations/?max_results=10")
    # Where many cannot be told apart there are more pages of contenders; each is four times the one before.
    assert many <= few + 4, sql
    assert many <= 13, sql


def test_a_schedule():
    client, held = client_as(Role.COORDINATOR), AssignmentFactory()
    count, sql = queries(client, f"contractors/{held.contractor_id}/schedule/?start=2031-01-01&end=2031-02-28")
    assert count <= 6, sql

"""The number of queries does not grow with the number of rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from tests.api import V1, client_as
from tests.factories import AssignmentFactory, JobFactory, many_assignments, many_contractors

pytestmark = pytest.mark.django_db


def queries(client: APIClient, path: str) -> tuple[int, str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(f"{V1}/{path}")
    assert response.status_code == 200, response.content
    return len(captured), "\n".join(query["sql"][:200] for query in captured)


@pytest.mark.parametrize(
    ("path", "make", "budget"),
    [
        ("contractors/?page_size=100", many_contractors, 4),
        ("jobs/?page_size=100", many_assignments, 5),
        ("assignments/?page_size=100", many_assignments, 3),
    ],
)
def test_a_list(path: str, make: Callable[..., list[Any]], budget: int) -> None:
    client = client_as(Role.COORDINATOR)
    make(10)
    few, _ = queries(client, path)
    make(490)
    many, sql = queries(client, path)
    assert few == many, sql
    assert many <= budget, sql


def test_a_ranking() -> None:
    client, job = client_as(Role.COORDINATOR), JobFactory()
    many_contractors(10)
    few, _ = queries(client, f"jobs/{job.pk}/recommendations/?max_results=10")
    many_contractors(190)
    many, sql = queries(client, f"jobs/{job.pk}/recommendations/?max_results=10")
    # Equal candidates need more pages; each page is four times as large as the previous one.
    assert many <= few + 4, sql
    assert many <= 13, sql


def test_a_schedule() -> None:
    client, held = client_as(Role.COORDINATOR), AssignmentFactory()
    count, sql = queries(client, f"contractors/{held.contractor_id}/schedule/?start=2031-01-01&end=2031-02-28")
    assert count <= 6, sql


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_count_begins_like_a_new_process(turn: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """What an earlier test has read is read again, so that no budget holds only after other tests."""
    with django_assert_num_queries(1):
        ContentType.objects.get_for_model(Job)
        ContentType.objects.get_for_model(Job)

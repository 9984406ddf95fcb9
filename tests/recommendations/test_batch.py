"""Rankings of several jobs in one request."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from recommendations.ranking import MOST_JOBS
from recommendations.serializers import BatchSerializer
from smartscheduler.accounts.permissions import Role
from tests.api import NOBODY, V1, client_as, problem, refused_field
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db

URL = f"{V1}/recommendations/batch/"


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.MANAGER)


def ids(jobs: list[Any]) -> list[Any]:
    return [str(job.pk) for job in jobs]


def test_each_ranking_is_the_one_of_the_job_alone_in_the_order_asked_for(api: APIClient) -> None:
    for rating in ("3.50", "4.50", "5.00"):
        ContractorFactory(rating=Decimal(rating))
    ContractorFactory(type="tile")
    AssignmentFactory(start=at(9, days=2))
    jobs = [JobFactory(desired_date=at(12, days=3)), JobFactory(type="tile"), JobFactory(required_skills=["Grout"])]
    answer = api.post(URL, {"jobs": ids(jobs), "max_results": 2, "horizon_days": 5}).json()
    assert answer.keys() == BatchSerializer().fields.keys()
    alone = [api.get(f"{V1}/jobs/{job.pk}/recommendations/?max_results=2&horizon_days=5").json() for job in jobs]
    assert [result["job"] for result in answer["results"]] == ids(jobs)
    assert [result["recommendations"] for result in answer["results"]] == [
        result["recommendations"] for result in alone
    ]
    assert [len(result["recommendations"]) for result in answer["results"]] == [2, 1, 0]
    assert len({result["generated_at"] for result in answer["results"]}) == 1


def test_the_same_job_may_be_asked_for_twice(api: APIClient) -> None:
    ContractorFactory()
    job = JobFactory()
    first, second = api.post(URL, {"jobs": ids([job, job])}).json()["results"]
    assert first == second


def test_shares_its_statements(api: APIClient) -> None:
    ContractorFactory.create_batch(5)
    jobs = JobFactory.create_batch(30)
    with CaptureQueriesContext(connection) as few:
        api.post(URL, {"jobs": ids(jobs[:2])})
    with CaptureQueriesContext(connection) as many:
        api.post(URL, {"jobs": ids(jobs)})
    assert len(many) == len(few)


def test_names_the_jobs_that_do_not_exist_and_ranks_none(api: APIClient) -> None:
    document = problem(api.post(URL, {"jobs": [*ids([JobFactory()]), NOBODY]}), 400, "invalid-input")
    assert document["errors"] == {"jobs.1": ["There is no job with this id."]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "jobs"),
        ({"jobs": []}, "jobs"),
        ({"jobs": NOBODY}, "jobs"),
        ({"jobs": ["1"]}, "jobs.0"),
        ({"jobs": [NOBODY] * (MOST_JOBS + 1)}, "jobs"),
        ({"jobs": [NOBODY], "max_results": 51}, "max_results"),
        ({"jobs": [NOBODY], "horizon_days": 31}, "horizon_days"),
        ({"jobs": [NOBODY], "best": 1}, "best"),
    ],
)
def test_refuses_naming_the_field(api: APIClient, body: dict[str, Any], field: str) -> None:
    refused_field(api.post(URL, body), field)


def test_needs_a_signed_in_user() -> None:
    client = client_as()
    client.credentials()
    problem(client.post(URL, {"jobs": [NOBODY]}), 401, "not-authenticated")

"""A booking with the token of a displayed ranking succeeds only while that ranking is current."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from tests.api import V1, ApiResponse, client_of, problem, refused_field
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return UserFactory(role=Role.COORDINATOR)


@pytest.fixture
def api(user: User) -> APIClient:
    return client_of(user)


@pytest.fixture
def crew() -> list[Any]:
    return [
        ContractorFactory(name=name, rating=Decimal(rating)) for name, rating in (("Ann", 5), ("Bob", 4), ("Cyd", 3))
    ]


@pytest.fixture
def job() -> Job:
    return JobFactory()


def rank(api: APIClient, job: Job, query: str = "") -> Any:
    return api.get(f"{V1}/jobs/{job.pk}/recommendations/{query}").json()


def book(api: APIClient, ranking: Any, place: int = 0, **more: str) -> ApiResponse:
    chosen = ranking["recommendations"][place]
    start = chosen["available_time_slots"][0]["start"]
    body = {"job": ranking["job"], "contractor": chosen["contractor"]["id"], "start": start}
    return api.post(f"{V1}/assignments/", {**body, "ranking_token": ranking["ranking_token"], **more})


@pytest.mark.parametrize("place", [0, 2])
def test_any_contractor_of_a_current_ranking_can_be_booked(
    api: APIClient, crew: list[Any], job: Job, place: int
) -> None:
    answer = book(api, rank(api, job, "?max_results=3&horizon_days=4"), place)
    assert (answer.status_code, answer.json()["rank"]) == (201, place + 1)


def better(crew: Any) -> None:
    Contractor.objects.filter(pk=crew[1].pk).update(rating=Decimal("5.00"))


def away(crew: Any) -> None:
    AbsenceFactory(contractor=crew[0], period=(at(0, days=1), at(0, days=4)))


def busy(crew: Any) -> None:
    AssignmentFactory(contractor=crew[1], start=at(8, days=2), job__duration=timedelta(hours=8))


def newcomer(crew: Any) -> None:
    ContractorFactory(rating=Decimal("4.50"))


def gone(crew: Any) -> None:
    Contractor.objects.filter(pk=crew[2].pk).update(status="inactive")


@pytest.mark.parametrize("change", [better, away, busy, newcomer, gone])
def test_a_changed_ranking_is_refused_with_the_current_one(
    api: APIClient, crew: list[Any], job: Job, change: Callable[..., Any]
) -> None:
    ranking = rank(api, job)
    change(crew)
    count = Assignment.objects.count()
    document = problem(book(api, ranking), 409, "ranking-stale")
    assert Assignment.objects.count() == count
    assert document["changes"]
    fresh = document["ranking"]
    assert fresh["recommendations"] == rank(api, job)["recommendations"]
    assert book(api, fresh).status_code == 201


def test_what_moved_is_told(api: APIClient, crew: list[Any], job: Job) -> None:
    ranking = rank(api, job)
    away(crew)
    gone(crew)
    document = problem(book(api, ranking), 409, "ranking-stale")
    assert document["changes"] == [
        {"contractor": str(crew[1].pk), "was": {"rank": 2, "score": 0.93}, "now": {"rank": 1, "score": 0.93}},
        {"contractor": str(crew[0].pk), "was": {"rank": 1, "score": 1.0}, "now": {"rank": 2, "score": 0.92}},
        {"contractor": str(crew[2].pk), "was": {"rank": 3, "score": 0.86}, "now": None},
    ]


def test_what_decides_nothing_does_not_matter(api: APIClient, crew: list[Any], job: Job) -> None:
    ranking = rank(api, job)
    AssignmentFactory(contractor=crew[1], start=at(8, days=2))  # an hour or two of a long day
    ContractorFactory(type="tile")
    Contractor.objects.filter(pk=crew[2].pk).update(phone_number="(512) 555-0199")
    assert book(api, ranking).status_code == 201


def test_without_a_token_it_is_booked_as_ever(api: APIClient, crew: list[Any], job: Job) -> None:
    ranking = rank(api, job)
    better(crew)
    assert book(api, ranking, ranking_token="").status_code == 201


def test_a_token_of_a_batch_is_as_good(api: APIClient, crew: list[Any], job: Job) -> None:
    (ranking,) = api.post(f"{V1}/recommendations/batch/", {"jobs": [str(job.pk)], "max_results": 2}).json()["results"]
    assert book(api, ranking).status_code == 201


def test_a_ranking_without_a_job_has_none(api: APIClient, crew: list[Any], job: Job) -> None:
    place = {"latitude": 30.2672, "longitude": -97.7431}
    body = {"type": "flooring", "desired_date": at(12, days=2).isoformat(), "location": place, "duration": "02:00:00"}
    assert api.post(f"{V1}/recommendations/", body).json()["ranking_token"] is None


def test_refuses_a_token_that_is_none(api: APIClient, crew: list[Any], job: Job) -> None:
    ranking, other = rank(api, job), rank(api, JobFactory())
    for token in ("x", ranking["ranking_token"] + "x", ranking["ranking_token"][1:], other["ranking_token"]):
        refused_field(book(api, ranking, ranking_token=token), "ranking_token")


def test_refuses_an_old_one(user: User, crew: list[Any], job: Job) -> None:
    job.desired_date = at(12, days=9)
    job.save()
    ranking = rank(client_of(user), job)
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        refused_field(book(client_of(user), ranking), "ranking_token")


def test_a_reassignment_can_carry_the_token_too(api: APIClient, crew: list[Any], job: Job) -> None:
    booked = book(api, rank(api, job)).json()
    token = rank(api, job)["ranking_token"]
    body = {"contractor": str(crew[1].pk), "ranking_token": token}
    newcomer(crew)
    problem(api.post(f"{V1}/assignments/{booked['id']}/reassign/", body), 409, "ranking-stale")
    assert Assignment.objects.live().get().pk == UUID(booked["id"])
    body["ranking_token"] = rank(api, job)["ranking_token"]
    assert api.post(f"{V1}/assignments/{booked['id']}/reassign/", body).status_code == 200

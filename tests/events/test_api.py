"""GET /api/v1/events/ and /api/v1/dashboard/."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from smartscheduler.accounts.models import User
from smartscheduler.events.models import EventHead, OutboxEvent
from tests.api import ApiResponse
from tests.factories import JobFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> APIClient:
    client = APIClient()
    client.force_authenticate(UserFactory(role="manager"))
    return client


@pytest.fixture
def log() -> None:
    for sequence, kind in enumerate(["JobCreated", "JobAssigned", "JobCreated"], start=1):
        OutboxEvent.objects.create(type=kind, sequence=sequence, occurred_at=timezone.now(), data={"n": sequence})
    EventHead.objects.create(pk=1, sequence=3)


def sequences(answer: ApiResponse) -> list[int]:
    return [envelope["sequence"] for envelope in answer.json()["results"]]


def test_pages_through_the_log(reader: APIClient, log: None) -> None:
    first = reader.get("/api/v1/events/?limit=2")
    assert sequences(first) == [1, 2]
    assert first.json()["results"][0].keys() == {"sequence", "id", "type", "occurred_at", "actor", "data"}
    assert {key: first.json()[key] for key in ("head", "next_after", "resync")} == {
        "head": 3,
        "next_after": 2,
        "resync": False,
    }
    assert sequences(reader.get("/api/v1/events/?after=2")) == [3]
    assert sequences(reader.get("/api/v1/events/?after=3")) == []


def test_narrows_by_type(reader: APIClient, log: None) -> None:
    answer = reader.get("/api/v1/events/?after=0&types=JobCreated")
    assert (sequences(answer), answer.json()["next_after"]) == ([1, 3], 3)
    assert sequences(reader.get("/api/v1/events/?types=JobCreated,JobAssigned")) == [1, 2, 3]
    assert sequences(reader.get("/api/v1/events/?types=JobCreated&types=JobAssigned")) == [1, 2, 3]
    # The former name.
    assert sequences(reader.get("/api/v1/events/?type=JobCreated&types=JobAssigned")) == [1, 2, 3]


def test_says_resync_for_what_is_gone(reader: APIClient, log: None) -> None:
    EventHead.objects.update(pruned_to=2)
    answer = reader.get("/api/v1/events/?after=1").json()
    assert (answer["results"], answer["head"], answer["resync"]) == ([], 3, True)


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=%00", "limit=0", "limit=1001", "type=Nothing", "topics=job:1"]
)
def test_refuses_bad_parameters_with_a_problem(reader: APIClient, log: None, query: str) -> None:
    answer = reader.get(f"/api/v1/events/?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert len(answer.json()["errors"]) == 1


@pytest.mark.parametrize("address", ["/api/v1/events/", "/api/v1/dashboard/"])
def test_is_for_people_who_may_see_events(reader: APIClient, address: str) -> None:
    assert APIClient().get(address).status_code == 401
    assert reader.get(address).status_code == 200
    User.objects.update(role="nobody")
    stranger = APIClient()
    stranger.force_authenticate(User.objects.get())
    assert stranger.get(address).status_code == 403


def test_the_figures_say_from_where_to_follow(reader: APIClient, log: None) -> None:
    JobFactory(priority="urgent")
    answer = reader.get("/api/v1/dashboard/").json()
    assert (answer["open"], answer["urgent_open"], answer["completed_today"], answer["head"]) == (1, 1, 0, 3)

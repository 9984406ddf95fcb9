"""A coordinator's day over HTTP, from the sign-in to a rated job, with its events."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from tests.api import PLACE, V1
from tests.factories import PASSWORD, UserFactory, at

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("work_may_start_early")
def test_from_sign_in_to_a_rated_job() -> None:
    user = UserFactory(role=Role.COORDINATOR)
    api = APIClient()

    def post(path: str, body: dict[Any, Any], status: int = 200) -> Any:
        response = api.post(f"{V1}/{path}", body)
        assert response.status_code == status, response.content
        return response.json()

    pair = post("auth/login/", {"email": user.email, "password": PASSWORD})
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    hours = [{"day_of_week": day, "start_time": "08:00", "end_time": "17:00"} for day in range(7)]
    person = {"type": "tile", "phone_number": "(512) 555-0143", "location": PLACE, "working_hours": hours}
    for name in ("Ada Tiles", "Bob Tiles"):
        post("contractors/", {**person, "name": name, "email": f"{name[:3]}@example.com"}, 201)
    job = post(
        "jobs/",
        {"type": "tile", "desired_date": at(12, days=2).isoformat(), "duration": "02:00:00", "location": PLACE},
        201,
    )
    ranking = api.get(f"{V1}/jobs/{job['id']}/recommendations/").json()
    best = ranking["recommendations"][0]
    assert best["contractor"]["name"] == "Ada Tiles"
    slot = best["available_time_slots"][0]
    booked = post(
        "assignments/", {"job": job["id"], "contractor": best["contractor"]["id"], "start": slot["start"]}, 201
    )
    assert (booked["time_slot"], booked["score"], booked["rank"]) == (slot, best["score"], 1)
    again = api.get(f"{V1}/jobs/{job['id']}/").json()
    assert (again["status"], again["assignment"]["id"]) == ("assigned", booked["id"])
    for act in ("confirm", "start", "complete"):
        post(f"assignments/{booked['id']}/{act}/", {})
    post(f"assignments/{booked['id']}/rate/", {"rating": 5})
    assert api.get(f"{V1}/contractors/{best['contractor']['id']}/").json()["rating"] == 5
    assert list(OutboxEvent.objects.order_by("position").values_list("type", flat=True)) == [
        "ContractorCreated",
        "ContractorCreated",
        "JobCreated",
        "JobAssigned",
        "AssignmentConfirmed",
        "AssignmentStarted",
        "AssignmentCompleted",
        "JobCompleted",
        "ContractorRated",
    ]
    assert {(event.actor or {})["email"] for event in OutboxEvent.objects.all()} == {user.email}

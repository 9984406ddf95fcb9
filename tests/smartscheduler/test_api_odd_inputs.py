"""Odd values in every body field and list parameter are rejected by name without side effects."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from assignments.models import Assignment
from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.rest.openapi_examples import AUSTIN, SOME_DAY
from smartscheduler.events.models import OutboxEvent
from tests.api import NOBODY, V1, ApiResponse, changed, client_as
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db

BODIES: dict[str, dict[str, Any]] = {
    "contractors/": {
        "name": "Ada Tiles",
        "type": "tile",
        "phone_number": "(512) 555-0143",
        "email": "ada@example.com",
        "skills": ["Mosaic"],
        "location": AUSTIN,
        "time_zone": "America/Chicago",
        "service_radius_miles": 40,
        "working_hours": [{"day_of_week": 1, "start_time": "08:00", "end_time": "13:00"}],
    },
    "jobs/": {
        "type": "tile",
        "desired_date": SOME_DAY,
        "duration": "04:00:00",
        "priority": "high",
        "special_requirements": "A dog",
        "required_skills": ["Mosaic"],
        "location": AUSTIN,
        "time_zone": "America/Chicago",
        "customer_name": "Grace Hill",
        "customer_phone": "(512) 555-0143",
    },
    "recommendations/": {
        "type": "tile",
        "desired_date": SOME_DAY,
        "duration": "04:00:00",
        "location": AUSTIN,
        "required_skills": ["Mosaic"],
    },
    "assignments/": {
        "job": NOBODY,
        "contractor": NOBODY,
        "start": SOME_DAY,
        "override_reason": "",
        "ranking_token": "",
    },
    "recommendations/batch/": {"jobs": [NOBODY], "max_results": 3},
}
# No field takes any of these; texts with NUL or half a character, numbers beyond all sense, dates beyond the calendar.
ODD = [
    "\x00",
    "Ada\x00",
    "\ud800",
    1e308,
    -1e308,
    10**400,
    -(2**63) - 1,
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "2030-03-04T15:00:00+99:00",
    {"$ne": None},
    [[[[]]]],
    [None],
    True,
    "x" * 100_000,
    "' OR 1=1 --\x00",
]
CASES = [(path, field) for path, body in BODIES.items() for field in body]
# Any word is a valid name, and an invalid time zone is reported by name; these texts may contain anything.
TAKES_TEXT = {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2030-03-04T15:00:00+99:00"}


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.ADMINISTRATOR)


def send(api: APIClient, path: str, body: dict[str, Any]) -> ApiResponse:
    """In ASCII: only so can half a character travel."""
    return api.generic("POST", f"{V1}/{path}", json.dumps(body), content_type="application/json")


@pytest.mark.parametrize(("path", "field"), CASES, ids=[f"{path}{field}" for path, field in CASES])
def test_a_field(api: APIClient, path: str, field: Any) -> None:
    for value in ODD:
        response = send(api, path, changed(BODIES[path], field, value))
        # A number is a text too, as DRF sees it.
        is_text = value in TAKES_TEXT if isinstance(value, str) else isinstance(value, int | float)
        if response.status_code in {200, 201, 409}:  # the second one with the same email address
            assert is_text, (field, value)
            continue
        assert response.status_code == 400, (field, value, response.content[:300])
        named = response.json().get("errors", {})
        assert any(name.split(".")[0] == field for name in named) or path == "assignments/" or is_text, (value, named)
    assert not Assignment.objects.exists()
    records = Contractor.objects.count() + Job.objects.count() + Customer.objects.count()
    assert records == OutboxEvent.objects.count()


@pytest.mark.parametrize("body", ["[" * 50_000, '{"a":' * 50_000, '"' + "x" * 5_000_000 + '"', "1" * 4_000_000])
def test_a_body_that_is_too_deep_or_too_long(api: APIClient, body: str) -> None:
    response = api.generic("POST", f"{V1}/jobs/", body, content_type="application/json")
    assert response.status_code in {400, 413}


@pytest.mark.parametrize("path", ["contractors/", "jobs/", "assignments/", "events/"])
@pytest.mark.parametrize(
    "value", ["%00", "%ff", "1e308", "-1", "9" * 400, "0001-01-01", "9999-12-31", "%F0%9F%A7%B1", "'"]
)
def test_a_query(api: APIClient, path: str, value: str) -> None:
    JobFactory()
    names = ("search", "ordering", "page", "page_size", "status", "type", "date_from", "date_to", "contractor", "job")
    for name in (*names, "state", "skill", "min_rating", "after", "limit"):
        response = api.get(f"{V1}/{path}?{name}={value}")
        assert response.status_code in {200, 400, 404}, (name, response.content)

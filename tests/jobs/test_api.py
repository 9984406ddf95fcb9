"""Jobs over HTTP."""

import json
import re
import zoneinfo
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from smartscheduler.places import known_time_zones
from tests.api import NOBODY, PLACE, V1, ApiResponse, changed, client_as, problem, refused_field
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db

URL = f"{V1}/jobs/"
BODY = {
    "type": "tile",
    "desired_date": "2031-03-10T15:00:00Z",
    "duration": "02:30:00",
    "location": PLACE,
}


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.COORDINATOR)


def of(job: Job, tail: str = "") -> str:
    return f"{URL}{job.pk}/{tail}"


def test_creates_one_with_the_defaults(api: APIClient) -> None:
    response = api.post(URL, BODY)
    assert response.status_code == 201, response.content
    made = response.json()
    assert re.fullmatch(r"JOB-\d{8}-[0-9A-F]{8}", made["job_number"])
    assert {name: made[name] for name in BODY} == BODY
    assert (made["status"], made["priority"], made["time_zone"]) == ("open", "medium", "America/Chicago")
    assert (made["assignment"], made["required_skills"], made["customer_name"]) == (None, [], "")
    assert api.get(f"{URL}{made['id']}/").json() == made
    assert OutboxEvent.objects.get(type="JobCreated").data["job_number"] == made["job_number"]


def test_takes_other_spellings_and_answers_with_one(api: APIClient) -> None:
    spelled = {
        **BODY,
        "duration": "PT2H30M",
        "customer_name": "Grace Hill",
        "customer_phone": "+1 512.555.0199",
        "location": {**PLACE, "zip_code": "78701-1234"},
    }
    response = api.post(URL, spelled)
    assert response.status_code == 201, response.content
    made = response.json()
    assert (made["duration"], made["location"]["zip_code"]) == ("02:30:00", "78701")
    assert (made["customer_phone"], made["customer_phone_e164"]) == ("(512) 555-0199", "+15125550199")
    abroad = api.patch(f"{URL}{made['id']}/", {"customer_phone": "+44 20 7946 0958"}).json()
    assert (abroad["customer_phone"], abroad["customer_phone_e164"]) == ("+442079460958", "+442079460958")
    seen = client_as(Role.MANAGER).get(f"{URL}{made['id']}/").json()
    assert (seen["customer_phone"], seen["customer_phone_e164"]) == (None, None)
    assert api.post(URL, BODY).json()["customer_phone_e164"] == ""


def test_a_date_alone_is_noon_at_the_site(api: APIClient) -> None:
    made = api.post(URL, {**BODY, "desired_date": "2031-03-10"}).json()
    assert made["desired_date"] == "2031-03-10T17:00:00Z"
    place = {**PLACE, "latitude": "34.0522", "longitude": "-118.2437", "city": "Los Angeles", "state": "CA"}
    change = {"desired_date": "2031-03-11", "location": {**place, "zip_code": "90012"}}
    changed_job = api.patch(f"{URL}{made['id']}/", change).json()
    assert changed_job["desired_date"] == "2031-03-11T19:00:00Z"


def test_no_zone_of_this_machine_only(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    known_time_zones.cache_clear()
    monkeypatch.setattr(zoneinfo, "available_timezones", lambda: {"America/Chicago", "localtime"})
    try:
        assert refused_field(api.post(URL, {**BODY, "time_zone": "localtime"}), "time_zone")
        assert not Job.objects.exists()
        assert api.post(URL, {**BODY, "time_zone": "America/Chicago"}).status_code == 201
    finally:
        known_time_zones.cache_clear()


def test_everything_that_can_be_written_comes_back(api: APIClient) -> None:
    more = {
        "priority": "urgent",
        "special_requirements": "Mind the dog",
        "required_skills": ["Grout"],
        "customer_name": "Bea",
        "customer_phone": "(512) 555-0199",
        "time_zone": "America/Denver",
    }
    made = api.post(URL, {**BODY, **more}).json()
    assert {name: made[name] for name in more} == more


def test_an_offset_is_turned_into_utc(api: APIClient) -> None:
    made = api.post(URL, {**BODY, "desired_date": "2031-03-10T09:00:00-06:00"}).json()
    assert made["desired_date"] == "2031-03-10T15:00:00Z"


BROKEN = [
    ("type", "multi"),
    ("type", None),
    ("desired_date", "2031-03-10T09:00:00"),
    ("desired_date", "2031-02-30"),
    ("desired_date", "tomorrow"),
    ("desired_date", 0),
    ("desired_date", True),
    ("desired_date", "2020-01-01T00:00:00Z"),
    ("desired_date", "0001-01-01T00:00:00+14:00"),
    ("desired_date", "9999-12-31T23:59:59-14:00"),
    ("desired_date", "2100-01-01T00:00:00Z"),
    ("duration", "00:00:00"),
    ("duration", "-01:00:00"),
    ("duration", "08:00:01"),
    ("duration", "999:00:00"),
    ("duration", "99999999:00:00"),
    ("duration", 120),
    ("duration", "120"),
    ("duration", "P1D"),
    ("duration", "PT"),
    ("duration", "PT0H"),
    ("duration", "PT8H1S"),
    ("duration", "PT1.5H"),
    ("duration", "pt2h"),
    ("customer_phone_e164", "+15125550143"),
    ("duration", "2 hours"),
    ("duration", None),
    ("priority", "whenever"),
    ("special_requirements", "x" * 4001),
    ("special_requirements", "\x00"),
    ("required_skills", "Grout"),
    ("location.latitude", "NaN"),
    ("location.longitude", 181),
    ("location.address", "1 A"),
    ("location.city", "A"),
    ("location.state", "ZZ"),
    ("location.zip_code", "787011"),
    ("time_zone", "Central"),
    ("customer_name", "x" * 101),
    ("customer_name", "\ud800"),
    ("customer_phone", "512555014"),
    ("status", "assigned"),
    ("job_number", "JOB-20310310-ABCDEF01"),
    ("assignment", None),
    ("cancel_reason", "No"),
    ("completed_at", "2031-03-10T15:00:00Z"),
    ("urgency", 1),
]


@pytest.mark.parametrize(("path", "value"), BROKEN, ids=lambda part: repr(part)[:40])
def test_refuses_naming_the_field_and_writes_nothing(api: APIClient, path: str, value: int | str | None) -> None:
    body = json.dumps(changed(BODY, path, value))
    refused_field(api.generic("POST", URL, body, content_type="application/json"), path)
    assert not Job.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.parametrize("name", list(BODY))
def test_names_what_is_missing(api: APIClient, name: Any) -> None:
    refused_field(api.post(URL, {key: value for key, value in BODY.items() if key != name}), name)
    assert not Job.objects.exists()


def test_patches_and_puts(api: APIClient) -> None:
    job = JobFactory(required_skills=["Grout"])
    assert api.patch(of(job), {"priority": "high"}).json()["required_skills"] == ["Grout"]
    replaced = api.put(of(job), BODY).json()
    assert (replaced["priority"], replaced["required_skills"], replaced["duration"]) == ("medium", [], "02:30:00")
    assert (replaced["job_number"], replaced["version"]) == (job.job_number, 3)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("type", "tile"),
        ("duration", "03:00:00"),
        ("desired_date", "2031-03-10T15:00:00Z"),
        ("location.latitude", 31),
    ],
)
def test_a_live_assignment_holds_what_it_was_checked_against(api: APIClient, path: str, value: str | int) -> None:
    job = AssignmentFactory().job
    document = problem(api.patch(of(job), changed({}, path, value)), 409, "job-has-live-assignment")
    assert path in document["errors"]
    job.refresh_from_db()
    assert job.version == 1
    assert api.patch(of(job), {"special_requirements": "Mind the cat"}).status_code == 200


def test_a_job_that_is_over_stays_as_it_is(api: APIClient) -> None:
    job = JobFactory(status="cancelled", cancelled_at=timezone.now())
    problem(api.patch(of(job), {"priority": "high"}), 409, "invalid-transition")
    job.refresh_from_db()
    assert job.priority == "medium"


def test_cancels_with_its_assignment(api: APIClient) -> None:
    held = AssignmentFactory()
    answer = api.post(of(held.job, "cancel/"), {"reason": " Sold the house "}).json()
    assert (answer["status"], answer["cancel_reason"]) == ("cancelled", "Sold the house")
    assert (answer["assignment"]["id"], answer["assignment"]["status"]) == (str(held.pk), "cancelled")
    assert (
        problem(api.post(of(held.job, "cancel/"), {"reason": "Again"}), 409, "invalid-transition")["from"]
        == "cancelled"
    )


@pytest.mark.parametrize("reason", [None, "", "   ", "x" * 501, True, ["No"], "\x00"])
def test_a_cancellation_needs_a_reason(api: APIClient, reason: str | bool | list[str] | None) -> None:
    held = AssignmentFactory()
    refused_field(api.post(of(held.job, "cancel/"), {"reason": reason}), "reason")
    held.refresh_from_db()
    held.job.refresh_from_db()
    assert (held.status, held.job.status) == ("pending", "assigned")


def test_shows_the_live_assignment_else_the_last(api: APIClient) -> None:
    job = JobFactory()
    contractor = ContractorFactory()
    gone = AssignmentFactory(job=job, contractor=contractor, status="cancelled", cancelled_at=timezone.now())
    assert api.get(of(job)).json()["assignment"]["id"] == str(gone.pk)
    live = AssignmentFactory(job=job, contractor=contractor)
    Assignment.objects.filter(pk=live.pk).update(created_at=gone.created_at - timedelta(days=1))
    shown = api.get(of(job)).json()["assignment"]
    assert shown["id"] == str(live.pk)
    assert (shown["contractor"], shown["contractor_name"]) == (str(contractor.pk), contractor.name)
    assert shown["time_slot"].keys() == {"start", "end"}


def numbers(response: ApiResponse) -> list[Any]:
    assert response.status_code == 200, response.content
    return [row["customer_name"] for row in response.json()["results"]]


@pytest.fixture
def work() -> None:
    """Three jobs; the second is wanted at 23:00 in Austin, which is the next day in UTC."""
    JobFactory(customer_name="Amy", priority="low", type="tile", address="9 Oak Street", desired_date=at(9, days=3))
    JobFactory(customer_name="Ben", priority="urgent", desired_date=at(23, days=4))
    AssignmentFactory(job__customer_name="Cat", job__priority="high", job__status="assigned")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ordering=created_at", ["Amy", "Ben", "Cat"]),
        ("", ["Cat", "Ben", "Amy"]),
        ("ordering=-priority", ["Ben", "Cat", "Amy"]),
        ("ordering=priority", ["Amy", "Cat", "Ben"]),
        ("ordering=desired_date", ["Cat", "Amy", "Ben"]),
        ("search=oak", ["Amy"]),
        ("search=ben", ["Ben"]),
        ("search=JOB-", ["Cat", "Ben", "Amy"]),
        ("status=open", ["Ben", "Amy"]),
        ("status=open&status=assigned&type=tile", ["Amy"]),
        ("priority=urgent", ["Ben"]),
    ],
)
def test_lists(api: APIClient, work: None, query: str, expected: list[str]) -> None:
    assert numbers(api.get(f"{URL}?{query}")) == expected


def test_a_date_range_counts_days_at_the_site(api: APIClient, work: None) -> None:
    day = at(0, days=4).date()
    assert numbers(api.get(f"{URL}?date_from={day}&date_to={day}")) == ["Ben"]
    assert numbers(api.get(f"{URL}?date_from={day + timedelta(days=1)}")) == []


def test_lists_the_jobs_of_a_contractor(api: APIClient, work: None) -> None:
    held = Assignment.objects.get()
    assert numbers(api.get(f"{URL}?contractor={held.contractor_id}")) == ["Cat"]
    assert numbers(api.get(f"{URL}?contractor={uuid4()}")) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=lost", "status"),
        ("contractor=1", "contractor"),
        ("date_from=9999-12-31", "date_from"),
        ("date_to=0001-01-01", "date_to"),
        ("date_to=soon", "date_to"),
    ],
)
def test_refuses_a_filter_that_means_nothing(api: APIClient, query: str, field: str) -> None:
    refused_field(api.get(f"{URL}?{query}"), field)


@pytest.mark.parametrize("tail", ["", "recommendations/", f"recommendations/{NOBODY}/"])
def test_an_unknown_job(api: APIClient, tail: str) -> None:
    problem(api.get(f"{URL}{uuid4()}/{tail}"), 404, "not-found")
    problem(api.get(f"{URL}1/{tail}"), 404, "not-found")


def test_cancelling_a_job_that_is_none(api: APIClient) -> None:
    problem(api.post(f"{URL}{uuid4()}/cancel/", {"reason": "No"}), 404, "not-found")

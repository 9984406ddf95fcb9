"""Rankings over HTTP."""

from datetime import UTC
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from rest_framework.test import APIClient

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from recommendations.serializers import AnswerSerializer, RankingSerializer
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from tests.api import PLACE, V1, changed, client_as, problem, refused_field
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db

URL = f"{V1}/recommendations/"
PART_NAMES = {
    "availability_score",
    "rating_score",
    "distance_score",
    "availability_weight",
    "rating_weight",
    "distance_weight",
    "explanation",
    "explanation_source",
}


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.COORDINATOR)


def of(job: Job, contractor: Contractor | None = None, query: str = "") -> str:
    tail = f"{contractor.pk}/" if contractor else ""
    return f"{V1}/jobs/{job.pk}/recommendations/{tail}{query}"


def body(**more: Any) -> dict[Any, Any]:
    desired_date = at(12, days=2).astimezone(UTC).isoformat()
    return {"type": "flooring", "desired_date": desired_date, "location": PLACE, "duration": "02:00:00", **more}


def test_the_ranking_of_a_job(api: APIClient) -> None:
    good = ContractorFactory(rating=Decimal("5.00"), skills=["Grout"])
    fair = ContractorFactory(rating=Decimal("3.00"))
    ContractorFactory(type="tile")
    job = JobFactory()
    answer = api.get(of(job)).json()
    names = {
        "job",
        "job_number",
        "recommendations",
        "candidates_considered",
        "candidates_exact",
        "generated_at",
        "ranking_token",
    }
    assert answer.keys() == names
    assert (answer["job"], answer["candidates_considered"]) == (str(job.pk), 2)
    first, second = answer["recommendations"]
    assert first.keys() == {
        "rank",
        "contractor",
        "summary",
        "score",
        "score_breakdown",
        "available_time_slots",
        "suggested_time_slot",
        "distance_miles",
        "travel_minutes",
        "distance_source",
        "distance_as_of",
        "arrival_windows",
        "preferred",
    }
    assert (first["rank"], first["score"], second["rank"], second["score"]) == (1, 1.0, 2, 0.86)
    assert first["contractor"] == {
        "id": str(good.pk),
        "name": good.name,
        "type": "flooring",
        "rating": 5.0,
        "rating_count": 10,
        "phone_number": good.phone_number,
        "phone_e164": "+15125550143",
        "email": good.email,
        "city": "Austin",
        "state": "TX",
        "skills": ["Grout"],
    }
    assert second["contractor"]["id"] == str(fair.pk)
    assert first["score_breakdown"].keys() == PART_NAMES
    assert (first["distance_miles"], first["travel_minutes"], first["distance_source"]) == (0, 0, "straight_line")
    assert first["available_time_slots"][0] == {
        "start": at(8, days=2).astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "end": at(10, days=2).astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }


def test_what_is_written_is_what_the_schema_says(api: APIClient) -> None:
    contractor, job = ContractorFactory(), JobFactory()
    ranking, answer = api.get(of(job)).json(), api.get(of(job, contractor)).json()
    assert ranking.keys() == RankingSerializer().fields.keys()
    entries: Any = RankingSerializer().fields["recommendations"]
    assert ranking["recommendations"][0].keys() == entries.child.fields.keys()
    assert answer.keys() == AnswerSerializer().fields.keys()


def test_as_many_as_asked_for(api: APIClient) -> None:
    for _ in range(12):
        ContractorFactory()
    job = JobFactory()
    assert len(api.get(of(job)).json()["recommendations"]) == 10
    answer = api.get(of(job, query="?max_results=2&horizon_days=0")).json()
    assert (len(answer["recommendations"]), answer["candidates_exact"]) == (2, False)
    assert 2 <= answer["candidates_considered"] <= 12


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("max_results=0", "max_results"),
        ("max_results=51", "max_results"),
        ("max_results=many", "max_results"),
        ("max_results=1e999", "max_results"),
        ("horizon_days=-1", "horizon_days"),
        ("horizon_days=31", "horizon_days"),
        (f"horizon_days={10**30}", "horizon_days"),
        ("horizon_days=NaN", "horizon_days"),
    ],
)
def test_refuses_limits_out_of_range(api: APIClient, query: str, field: str) -> None:
    refused_field(api.get(of(JobFactory(), query=f"?{query}")), field)
    refused_field(api.post(f"{URL}?{query}", body()), field)


def test_why_this_one(api: APIClient) -> None:
    contractor, job = ContractorFactory(), JobFactory()
    answer = api.get(of(job, contractor)).json()
    assert (answer["eligible"], answer["reasons"], answer["rank"]) == (True, [], 1)
    assert answer["score"] == 0.93
    assert answer["score_breakdown"].keys() == PART_NAMES
    assert answer["available_time_slots"]
    assert answer["suggestion"]


def test_why_not_this_one(api: APIClient) -> None:
    contractor, job = ContractorFactory(type="tile", status="inactive"), JobFactory()
    answer = api.get(of(job, contractor)).json()
    assert answer["eligible"] is False
    assert [reason["code"] for reason in answer["reasons"]] == ["inactive", "wrong_type"]
    assert all(reason["message"] for reason in answer["reasons"])
    assert (answer["rank"], answer["score"], answer["score_breakdown"]) == (None, None, None)
    assert answer["available_time_slots"] == []
    assert answer["suggestion"]


def test_no_contractor_with_that_id(api: APIClient) -> None:
    problem(api.get(f"{of(JobFactory())}{uuid4()}/"), 404, "not-found")


def test_a_job_that_does_not_exist_yet_is_ranked_the_same_and_not_stored(api: APIClient) -> None:
    for rating in ("3.50", "4.50"):
        ContractorFactory(rating=Decimal(rating))
    # One busy in the morning, so that the calendars matter.
    AssignmentFactory(start=at(9, days=2))
    job = JobFactory()
    jobs = Job.objects.count()
    stored, asked = api.get(of(job)).json(), api.post(URL, body()).json()
    assert asked["recommendations"] == stored["recommendations"]
    assert (asked["job"], asked["job_number"]) == (None, None)
    assert (Job.objects.count(), Assignment.objects.count(), OutboxEvent.objects.count()) == (jobs, 1, 0)


def test_only_the_point_of_the_place_is_needed(api: APIClient) -> None:
    ContractorFactory(skills=["Grout"])
    ContractorFactory()
    place = {"latitude": 30.2672, "longitude": -97.7431}
    answer = api.post(URL, body(location=place, required_skills=["grout"], max_results=5, horizon_days=3)).json()
    assert answer["candidates_considered"] == 1


@pytest.mark.parametrize("days", [0, 2])
def test_a_day_alone_is_noon_at_the_site(days: int) -> None:
    ContractorFactory()
    noon = at(12, days=days)
    with time_machine.travel(at(15), tick=False):
        api = client_as(Role.COORDINATOR)
        answers = [api.post(URL, body(desired_date=day)) for day in (str(noon.date()), noon.isoformat())]
    assert [answer.status_code for answer in answers] == [200, 200]
    alone, exact = (answer.json() for answer in answers)
    assert alone["recommendations"] == exact["recommendations"] != []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("type", "multi"),
        ("desired_date", "2020-01-01"),
        ("type", None),
        ("desired_date", "2031-01-01T00:00:00"),
        ("desired_date", "2020-01-01T00:00:00Z"),
        ("desired_date", "9999-12-31T23:59:59Z"),
        ("location", None),
        ("location.latitude", "NaN"),
        ("location.latitude", None),
        ("location.longitude", "Infinity"),
        ("location.zip_code", "1"),
        ("location.time_zone", "UTC"),
        ("time_zone", "Nowhere"),
        ("duration", "00:00:00"),
        ("duration", "09:00:00"),
        ("duration", 90),
        ("required_skills", "Grout"),
        ("max_results", 51),
        ("max_results", True),
        ("horizon_days", -1),
        ("priority", "high"),
    ],
)
def test_refuses_naming_the_field(api: APIClient, path: str, value: str | int | None) -> None:
    refused_field(api.post(URL, changed(body(), path, value)), path)


@pytest.mark.parametrize("name", ["type", "desired_date", "location", "duration"])
def test_names_what_is_missing(api: APIClient, name: str) -> None:
    refused_field(api.post(URL, {key: value for key, value in body().items() if key != name}), name)

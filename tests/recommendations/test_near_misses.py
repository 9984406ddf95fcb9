"""For a job without eligible contractors, near misses are listed with the changes that would help."""

from typing import Any

import pytest

from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.near_misses import nearest_misses
from smartscheduler.rules.current import current_rules
from tests.factories import ContractorFactory, JobFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def names(job: Job) -> list[Any]:
    return [miss.contractor.name for miss in nearest_misses(JobRequest.of(job), current_rules())]


def test_the_fewest_rules_first_then_the_nearest() -> None:
    job = JobFactory(required_skills=["Stairs"])
    ContractorFactory(name="Two rules", latitude="31.2672", service_radius_miles=10)
    ContractorFactory(name="Far away", latitude="31.0672", skills=["stairs"], service_radius_miles=50)
    ContractorFactory(name="No skill", latitude="30.3672")
    ContractorFactory(name="Fourth", latitude="30.4672")
    ContractorFactory(name="Other work", type="tile", skills=["Stairs"])
    ContractorFactory(name="Gone", status="inactive", skills=["Stairs"])
    assert names(job) == ["No skill", "Fourth", "Far away"]


def test_each_says_why_and_what_would_help() -> None:
    job = JobFactory(required_skills=["Stairs"])
    ContractorFactory(name="Ann", skills=[])
    (miss,) = nearest_misses(JobRequest.of(job), current_rules())
    assert [reason.message for reason in miss.answer.reasons] == [
        "Ann lacks required skills: Stairs. Choose another contractor, or add the skills."
    ]
    assert miss.answer.suggestion


def test_the_pages_show_them() -> None:
    job = JobFactory(required_skills=["Stairs"])
    ContractorFactory(name="Ann", skills=[])
    for address in (f"/admin/jobs/job/{job.pk}/recommend/", f"/live/jobs/{job.pk}/"):
        page = signed_in().get(address).content.decode()
        assert "Closest matches" in page
        assert "Ann lacks required skills: Stairs." in page

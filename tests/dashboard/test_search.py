"""The search of the header: what it finds, for whom, and at what cost."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from customers.services import create_customer
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.dashboard import search
from smartscheduler.dashboard.search import find_everything
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
SEARCH = "/live/search/"


def hits_for(text: str, reader: User | None = None) -> dict[str, list[str]]:
    """The texts of the hits by title of their group."""
    groups = find_everything(text, reader or UserFactory())
    return {group.title: [hit.text for hit in group.hits] for group in groups}


def test_finds_a_job_by_number_customer_and_address() -> None:
    job = JobFactory(customer_name="Grace Hopkins", address="12 Elm Street", city="Austin", type="tile")
    JobFactory(customer_name="Ada Byron", address="9 Oak Street", city="Dallas", state="TX")
    for text in (job.job_number, job.job_number.lower(), "hopkins", "grace austin", "12 elm"):
        assert hits_for(text) == {"Jobs": ["Grace Hopkins · Tile, 12 Elm Street, Austin, TX"]}, text


def test_finds_contractors_and_their_assignments() -> None:
    booking = AssignmentFactory(contractor=ContractorFactory(name="Bo Tiles"))
    groups = find_everything("bo tiles", UserFactory())
    assert [group.title for group in groups] == ["Contractors", "Assignments"]
    (contractor,), (assignment,) = (group.hits for group in groups)
    assert contractor.url == f"/admin/contractors/contractor/{booking.contractor_id}/change/"
    assert assignment.url == f"/admin/assignments/assignment/{booking.pk}/change/"
    assert assignment.job == str(booking.job_id)
    assert assignment.text.startswith("Bo Tiles: ")
    assert booking.job.job_number in assignment.detail


def test_open_jobs_come_first_and_the_rest_is_a_link_to_the_list() -> None:
    done = JobFactory(customer_name="Grace Hopkins", status=Job.Status.COMPLETED, completed_at=timezone.now())
    JobFactory.create_batch(search.SHOWN, customer_name="Grace Hopkins")
    (group,) = find_everything("hopkins", UserFactory())
    assert len(group.hits) == search.SHOWN
    assert str(done.pk) not in {hit.job for hit in group.hits}
    assert group.more == "/admin/jobs/job/?q=hopkins"
    assert signed_in().get(group.more).context["cl"].result_count == search.SHOWN + 1


def test_an_open_job_leads_to_its_ranking_and_another_to_its_page() -> None:
    job = JobFactory(customer_name="Grace Hopkins")
    done = JobFactory(customer_name="Ada Byron", status=Job.Status.COMPLETED, completed_at=timezone.now())
    urls = [find_everything(name, UserFactory())[0].hits[0].url for name in ("hopkins", "byron")]
    assert urls == [f"/admin/jobs/job/{job.pk}/recommend/", f"/admin/jobs/job/{done.pk}/change/"]


def test_what_a_manager_may_not_see_is_neither_found_nor_shown() -> None:
    job = JobFactory(customer_name="Grace Hopkins", address="12 Elm Street", city="Austin", type="tile")
    ContractorFactory(name="Bo Tiles", email="secret@example.com")
    AssignmentFactory(job=JobFactory(customer_name="Ada Byron"))
    manager = UserFactory(role=Role.MANAGER)
    for text in ("hopkins", "12 elm", "byron", "secret@"):
        assert hits_for(text), "a coordinator finds it"
        assert hits_for(text, manager) == {}, text
    assert hits_for(job.job_number, manager) == {"Jobs": ["Tile, Austin, TX"]}
    assert hits_for("bo tiles", manager) == {"Contractors": ["Bo Tiles"]}


@pytest.mark.parametrize("text", ["", "  ", "jo", "a b c", "%%", "\x00\x00\x00"])
def test_a_short_text_finds_nothing_and_asks_nothing(text: str) -> None:
    JobFactory(customer_name="Jo Jo")
    reader = UserFactory()
    with CaptureQueriesContext(connection) as captured:
        assert find_everything(text, reader) == []
    assert len(captured) == 0


def test_a_text_with_wildcards_is_a_text() -> None:
    JobFactory(customer_name="Grace Hopkins")
    assert hits_for("%%%") == hits_for("___") == {}


def test_options_are_escaped_and_belong_to_named_groups() -> None:
    JobFactory(customer_name="<script>alert(1)</script>")
    page = signed_in().get(SEARCH, {"q": "<script>"}).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert re.findall(r'aria-labelledby="([^"]+)"', page) == re.findall(r'class="kind" id="([^"]+)"', page) != []
    assert page.count('role="option"') == 1
    assert "Nothing found." in signed_in().get(SEARCH, {"q": "xyzzy"}).content.decode()


def test_is_for_signed_in_people_and_for_reading_alone(client: Client) -> None:
    assert client.get(SEARCH, {"q": "grace"}).status_code == 401
    assert signed_in().post(SEARCH, {"q": "grace"}).status_code == 405
    answer = signed_in().get(SEARCH, {"q": "word " * 50})
    assert answer.status_code == 400
    assert "at most" in answer.content.decode()


def test_costs_the_same_whatever_there_is() -> None:
    client = signed_in()
    AssignmentFactory(job=JobFactory(customer_name="Grace Hopkins"))
    few = cost(client)
    for _ in range(12):
        AssignmentFactory(job=JobFactory(customer_name="Grace Hopkins"), contractor=ContractorFactory(name="Hopkins"))
    assert cost(client) == few <= 9


def test_a_text_that_is_everywhere_is_matched_in_a_bounded_number_of_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_MATCHES", 3)
    JobFactory.create_batch(8)
    (jobs,) = find_everything("JOB-", UserFactory())
    assert len(jobs.hits) == 3


def test_counts_as_two_parts_of_the_quota(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Any] = []
    settings.RATE_LIMITS = True
    monkeypatch.setattr("smartscheduler.accounts.quotas.counted_of", lambda *asked: taken.append(asked))
    assert signed_in().get(SEARCH, {"q": "grace"}).status_code == 200
    assert [(kind, units) for kind, _, units in taken] == [("parts", 2)]


def cost(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(SEARCH, {"q": "hopkins"}).status_code == 200
    return len(captured)


def test_finds_customers_in_any_spelling_for_those_who_may_see_them() -> None:
    known = create_customer(actor=None, name="Zoë O’Brien", phones=[{"number": "(512) 555-0143"}])
    for text in ("zoe", "obrien", "555-0143", "0143"):
        (group,) = find_everything(text, UserFactory())
        assert [(hit.text, hit.detail) for hit in group.hits] == [("Zoë O’Brien", "(512) 555-0143")], text
        assert group.hits[0].url.endswith(f"/customers/customer/{known.pk}/change/")
        assert find_everything(text, UserFactory(role=Role.MANAGER)) == []

"""Searches find records in any spelling, through every search box and the API."""

import re
from typing import Any

import pytest
from django.db import connection

from contractors.models import Contractor
from smartscheduler.accounts.permissions import Role
from tests.api import client_as
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

SPELLINGS = [
    ("José Núñez", "jose nunez"),
    ("Jose Nunez", "JOSÉ"),
    ("Cafe\u0301 Floors", "café"),
    ("Shane O’Neil", "O'Neil"),
    ("Shane O'Neil", "o’neil"),
    ("Shane O´Neil", "oneil"),
    ("Kai Groß", "GROSS"),
    ("Kai GROSS", "groß"),
    ("Søren Ångström", "soren angstrom"),
    ("Łukasz Ćwik", "lukasz cwik"),
    ("\u0130zmir Tiles", "izmir"),
    ("\u212aelvin Floors", "kelvin"),
    ("GLA\u017f\u017f Works", "glass"),
    ("Ｗｉｄｅ Tiles", "wide"),
    ("100% Tile_Co", "100%"),
    ("Back\\slash Floors", "back\\slash"),
]


@pytest.mark.parametrize(("name", "words"), SPELLINGS)
def test_every_search_box_finds_a_contractor_in_any_spelling(name: str, words: str) -> None:
    person, other = ContractorFactory(name=name), ContractorFactory(name="Ann Mason")
    api = client_as(Role.COORDINATOR).get("/api/v1/contractors/", {"search": words}).json()
    assert [result["id"] for result in api["results"]] == [str(person.pk)]
    page = signed_in()
    for url, parameter in (
        ("/admin/contractors/contractor/", "q"),
        ("/live/rows/", "q"),
        ("/live/search/", "q"),
    ):
        text = page.get(url, {parameter: words}).content.decode()
        assert str(person.pk) in text, url
        assert str(other.pk) not in text, url
    assert completions(page, "contractors", "contractor", words) == [str(person.pk)]


@pytest.mark.parametrize(("name", "words"), SPELLINGS)
def test_every_search_box_finds_a_job_and_its_assignment_in_any_spelling(name: str, words: str) -> None:
    booking, other = AssignmentFactory(job=JobFactory(customer_name=name), start=at(9, days=1)), JobFactory()
    api = client_as(Role.COORDINATOR)
    jobs = api.get("/api/v1/jobs/", {"search": words}).json()["results"]
    assert [job["id"] for job in jobs] == [str(booking.job_id)]
    assignments = api.get("/api/v1/assignments/", {"search": words}).json()["results"]
    assert [assignment["id"] for assignment in assignments] == [str(booking.pk)]
    page = signed_in()
    for url in ("/admin/jobs/job/", "/live/rows/", "/live/search/"):
        text = page.get(url, {"q": words}).content.decode()
        assert str(booking.job_id) in text, url
        assert str(other.pk) not in text, url
    assert str(booking.pk) in page.get("/admin/assignments/assignment/", {"q": words}).content.decode()
    assert completions(page, "jobs", "job", words) == [str(booking.job_id)]


NUMBERS = ["(512) 555-0177", "512-555-0177", "512.555.0177", "5125550177", "+1 512 555 0177", "+15125550177",
           "555-0177", "5550177", "1-512-555-0177"]  # fmt: skip


@pytest.mark.parametrize("words", NUMBERS)
def test_a_phone_number_is_found_in_any_grouping(words: str) -> None:
    job = JobFactory(customer_phone="(512) 555-0177")
    person = ContractorFactory(phone_number="(512) 555-0177")
    JobFactory(customer_phone="(512) 555-0188")
    ContractorFactory(phone_number="(512) 555-0188")
    api = client_as(Role.COORDINATOR)
    for name, record in (("jobs", job), ("contractors", person)):
        listed = api.get(f"/api/v1/{name}/", {"search": words}).json()["results"]
        assert [result["id"] for result in listed] == [str(record.pk)], name
    for name, record in (("jobs/job", job), ("contractors/contractor", person)):
        text = signed_in().get(f"/admin/{name}/", {"q": words}).content.decode()
        assert set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", text)) & {str(record.pk)}, name
    assert signed_in(Role.MANAGER).get("/live/rows/", {"q": words}).content.decode().count("result-") == 0


def test_a_number_of_another_country_is_found_by_its_digits() -> None:
    job = JobFactory(customer_phone="+442079460958")
    JobFactory()
    for words in ("+44 20 7946 0958", "+44-20-7946-0958", "442079460958"):
        listed = client_as(Role.COORDINATOR).get("/api/v1/jobs/", {"search": words}).json()["results"]
        assert [result["id"] for result in listed] == [str(job.pk)], words


def test_a_hidden_phone_number_is_not_searched() -> None:
    ContractorFactory(phone_number="(512) 555-0177")
    listed = client_as(Role.MANAGER).get("/api/v1/contractors/", {"search": "5125550177"}).json()
    assert listed["count"] == 0


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", "％", "＿", "＼", "100\\", "a%b"])
def test_no_letter_is_a_wildcard_or_an_error(words: str) -> None:
    ContractorFactory(name="Ann Mason", email="ann@example.com")
    answer = client_as(Role.COORDINATOR).get("/api/v1/contractors/", {"search": words})
    assert answer.status_code == 200
    assert answer.json()["count"] == (1 if words == "'" else 0)  # nothing is left of an apostrophe


def test_the_two_branches_of_the_function_agree() -> None:
    """ASCII text takes the short one."""
    text = "".join(map(chr, range(32, 127)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_folded(%s), search_folded(%s)", [text, f"{text}é"])
        short, long = cursor.fetchone()
    assert f"{short}e" == long


def completions(page: Any, app: str, model: str, words: str) -> list[str]:
    """What the completion of a field in the back-office suggests."""
    field = {"contractor": ("assignments", "assignment", "contractor"), "job": ("assignments", "assignment", "job")}[
        model
    ]
    values = dict(zip(("app_label", "model_name", "field_name"), field, strict=True))
    answer = page.get("/admin/autocomplete/", {**values, "term": words})
    assert answer.status_code == 200, app
    return [result["id"] for result in answer.json()["results"]]


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MANAGER])
def test_the_number_in_another_system_is_searched(role: Role) -> None:
    job, person = JobFactory(external_id="A-100/234"), ContractorFactory(external_id="A-100/234")
    JobFactory(external_id="A-100/235")
    for name, record in (("jobs", job), ("contractors", person)):
        listed = client_as(role).get(f"/api/v1/{name}/", {"search": "a-100/234"}).json()["results"]
        assert [result["id"] for result in listed] == [str(record.pk)]


def test_the_names_that_start_with_the_words_come_first() -> None:
    later, first = ContractorFactory(name="Ana Maria José"), ContractorFactory(name="José Ana")
    text = signed_in().get("/live/search/", {"q": "jose"}).content.decode()
    assert text.index(str(first.pk)) < text.index(str(later.pk))
    assert Contractor.objects.count() == 2

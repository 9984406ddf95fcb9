"""Numbers of other systems: found again in imports, unique for each source, in the API, the admin, and exports."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from contractors.models import Contractor
from contractors.services import create_contractor, update_contractor
from jobs.models import Job
from jobs.services import update_job
from smartscheduler.accounts.models import User
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.export_rows import HEADINGS, contractor_cells, job_cells
from smartscheduler.imports.importers import source_key
from tests.api import client_of
from tests.factories import EVERY_DAY, ContractorFactory, JobFactory, UserFactory, at
from tests.imports.test_imports import ANN, HEAD, counts, errors, imported

pytestmark = pytest.mark.django_db
JOBS = "external_id,source,type,desired_date,duration,address,city,state,zip_code,customer_name"
SITE = "100 Congress Avenue,Austin,TX,78701,Grace Hill"


@pytest.fixture
def actor() -> User:
    return UserFactory()


def job_row(number: str, *, source: str = "jobber", duration: str = "2:00") -> str:
    return f"{number},{source},tile,{at(9, days=9):%Y-%m-%d %H:%M},{duration},{SITE}"


def test_a_file_of_jobs_imported_again_changes_and_does_not_double(actor: User) -> None:
    text = f"{JOBS}\n{job_row('100234')}\n{job_row('100235')}\n"
    assert counts(imported(text, actor, "jobs")) == (2, 0, 0, 0)
    assert counts(imported(text, actor, "jobs")) == (0, 0, 2, 0)
    changed = text.replace("2:00", "3:00", 1)
    assert counts(imported(changed, actor, "jobs")) == (0, 1, 1, 0)
    assert {job.external_id: job.duration.seconds // 3600 for job in Job.objects.all()} == {"100234": 3, "100235": 2}


def test_a_number_counts_for_its_source_only(actor: User) -> None:
    text = f"{JOBS}\n{job_row('7')}\n{job_row('7', source='Housecall Pro')}\n{job_row('7', source='')}\n"
    assert counts(imported(text, actor, "jobs")) == (3, 0, 0, 0)
    assert set(Job.objects.values_list("source", flat=True)) == {"jobber", "housecall-pro", ""}


def test_a_job_number_of_another_form_is_a_number_of_another_system(actor: User) -> None:
    text = f"job_number{JOBS.removeprefix('external_id')}\n{job_row('100234')}\n"
    assert counts(imported(text, actor, "jobs")) == (1, 0, 0, 0)
    assert counts(imported(text, actor, "jobs")) == (0, 0, 1, 0)
    assert Job.objects.get().external_id == "100234"


def test_a_contractor_is_found_by_number_before_the_email_address(actor: User) -> None:
    row = f"{ANN},C-1,jobber"
    head = f"{HEAD},external_id,source"
    assert counts(imported(f"{head}\n{row}\n", actor)) == (1, 0, 0, 0)
    moved = row.replace("ann@example.com", "ann.tiles@example.com")
    assert counts(imported(f"{head}\n{moved}\n", actor)) == (0, 1, 0, 0)
    assert Contractor.objects.get().email == "ann.tiles@example.com"
    # A known contractor gets the number of the file.
    Contractor.objects.update(external_id="", source="")
    assert counts(imported("email,external_id\nANN.tiles@example.com,C-9\n", actor)) == (0, 1, 0, 0)
    assert Contractor.objects.get().external_id == "C-9"
    assert counts(imported("external_id,name\nC-9,Ann Bell\n", actor)) == (0, 1, 0, 0)
    # The address of another contractor is no reason to give this one a second number.
    run = imported("email,external_id,name\nann.tiles@example.com,C-10,Bea\nother@example.com,C-9,Ann Bell\n", actor)
    assert errors(run)[2]["external_id"] == [
        "This record has the external ID C-9. Change it on its page if it is wrong."
    ]
    assert Contractor.objects.get().email == "other@example.com"


def test_the_same_number_twice_in_a_file_is_named_by_line(actor: User) -> None:
    run = imported(f"{JOBS}\n{job_row('7')}\n{job_row('7')}\n", actor, "jobs")
    assert errors(run)[3] == {"external_id": ["Line 2 of this file has the same external id."]}
    assert Job.objects.count() == 1


@pytest.mark.parametrize("kind", ["contractor", "job"])
def test_a_number_is_used_once_for_each_source(kind: str, actor: User) -> None:
    make: Any = ContractorFactory if kind == "contractor" else JobFactory
    make(external_id="A-1", source="jobber")
    other = make(external_id="A-1", source="")
    change: Any = update_contractor if kind == "contractor" else update_job
    with pytest.raises(InvalidInput) as refused:
        change(**{f"{kind}_id": other.pk}, actor=actor, source="jobber")
    assert "external_id" in refused.value.errors
    with pytest.raises(IntegrityError), transaction.atomic():
        make(external_id="A-1", source="jobber")
    with pytest.raises((InvalidInput, ValidationError)):
        change(**{f"{kind}_id": other.pk}, actor=actor, source="Jobber!")
    other.refresh_from_db()
    assert (other.external_id, other.source) == ("A-1", "")


def test_a_source_without_a_number_is_dropped() -> None:
    ann = ContractorFactory.build(hours=[])
    fields = {name: getattr(ann, name) for name in ("name", "type", "phone_number", "email", "latitude", "longitude")}
    place = {name: getattr(ann, name) for name in ("address", "city", "state", "zip_code")}
    made = create_contractor(actor=None, working_hours=EVERY_DAY, source="jobber", **fields, **place)
    assert made.source == ""


@pytest.mark.parametrize("url", ["/api/v1/contractors/", "/api/v1/jobs/", "/api/v1/customers/"])
def test_the_api_filters_by_number_and_source(url: str, actor: User) -> None:
    client = client_of(actor)
    make: Any = {"c": ContractorFactory, "j": JobFactory}[url.split("/")[3][0]]
    if url.endswith("customers/"):
        for source in ("jobber", ""):
            body = {"name": "Ann", "external_id": "A-1", "source": source}
            assert client.post(url, body, format="json").status_code == 201
    else:
        for source in ("jobber", ""):
            make(external_id="A-1", source=source)
    make(external_id="A-2") if not url.endswith("customers/") else None
    listed = client.get(f"{url}?external_id=A-1").json()["results"]
    assert sorted(row["source"] for row in listed) == ["", "jobber"]
    assert client.get(f"{url}?external_id=A-1&source=jobber").json()["count"] == 1


def test_exports_have_the_number_and_its_source() -> None:
    ann = ContractorFactory(external_id="C-1", source="jobber")
    job: Any = JobFactory(external_id="100234", source="jobber")
    job.bookings, job.stars = [], None
    for kind, cells in (("contractors", contractor_cells(ann)), ("jobs", job_cells(job))):
        row = dict(zip(HEADINGS[kind], cells, strict=True))
        assert (row["external_id"], row["source"]) == ({"contractors": "C-1", "jobs": "100234"}[kind], "jobber")


@pytest.mark.parametrize(
    ("text", "key"),
    [("Housecall Pro", "housecall-pro"), (" JOBBER ", "jobber"), ("QuickBooks (2024)", "quickbooks-2024"), ("--", "")],
)
def test_sources_have_one_form(text: str, key: str) -> None:
    assert source_key(text) == key

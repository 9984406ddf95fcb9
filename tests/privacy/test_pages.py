"""The personal data pages: administrators only, in two steps, and with audit entries."""

import json

import pytest
from django.test import Client

from contractors.models import Contractor
from jobs.models import Job
from jobs.querysets import JobQuerySet
from smartscheduler.accounts.permissions import Role
from smartscheduler.audit.models import Act, AuditEntry
from smartscheduler.privacy.models import Erasure
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory
from tests.pages import signed_in
from tests.privacy.people import seed_contractor, seed_customer

pytestmark = pytest.mark.django_db
OVERVIEW = "/admin/personal-data/"


@pytest.fixture
def admin(db: None) -> Client:
    return signed_in(Role.ADMINISTRATOR)


@pytest.fixture
def ada(db: None) -> Contractor:
    return seed_contractor(UserFactory())


def of(contractor: Contractor) -> str:
    return f"{OVERVIEW}contractor/{contractor.pk}/"


def of_jobs(jobs: JobQuerySet | list[Job]) -> str:
    return f"{OVERVIEW}customer/?{'&'.join(f'job={job.pk}' for job in jobs)}"


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MANAGER])
def test_others_are_refused(role: Role, ada: Contractor) -> None:
    client = signed_in(role)
    for page in (OVERVIEW, of(ada), of_jobs(Job.objects.all()[:1]), f"{OVERVIEW}user/{UserFactory().pk}/"):
        assert client.get(page).status_code == 403
        assert client.post(page, {"typed": ada.name, "export": "json"}).status_code in {403, 405}
    assert not Erasure.objects.exists()


def test_a_contractor_is_shown_then_erased_once_the_name_is_typed(admin: Client, ada: Contractor) -> None:
    page = admin.get(of(ada)).content.decode()
    assert "cannot be undone" in page
    assert "replaced by “Former contractor N”" in page
    wrong = admin.post(of(ada), {"typed": "Ada"}).content.decode()
    assert "Nothing was erased" in wrong
    assert not Erasure.objects.exists()
    assert admin.post(of(ada), {"typed": "ada  tiles-moore"})["Location"] == OVERVIEW
    assert Erasure.objects.get().pseudonym in admin.get(OVERVIEW).content.decode()
    again = admin.get(of(ada)).content.decode()
    assert "was already erased" in again
    assert "Erase contractor" not in again


def test_what_stands_in_the_way_is_listed_with_links(admin: Client, ada: Contractor) -> None:
    live = AssignmentFactory(contractor=ada)
    page = admin.get(of(ada)).content.decode()
    assert f"/admin/assignments/assignment/{live.pk}/change/" in page
    assert "Erase contractor" not in page
    assert live.job.job_number in admin.post(of(ada), {"typed": ada.name}).content.decode()
    assert not Erasure.objects.exists()


def test_a_customer_is_found_chosen_and_erased(admin: Client) -> None:
    jobs = seed_customer(UserFactory())
    other = JobFactory(customer_name="Grace Hillcrest", customer_phone="(512) 555-0000")
    page = admin.get(OVERVIEW, {"name": "hillcrest grace", "phone": "512 555 7703"}).content.decode()
    for job in (*jobs, other):
        assert job.job_number in page
    asked = admin.get(of_jobs(jobs)).content.decode()
    assert other.job_number not in asked
    assert admin.post(of_jobs(jobs), {"typed": jobs[1].customer_name})["Location"] == OVERVIEW
    assert set(Erasure.objects.get().jobs) == {job.pk for job in jobs}


@pytest.mark.parametrize(
    ("asked", "text"), [({"phone": "12"}, "ten digits"), ({"name": "Nobody Atall"}, "No job has this name")]
)
def test_a_question_without_matches_says_so(admin: Client, asked: dict[str, str], text: str) -> None:
    assert text in admin.get(OVERVIEW, asked).content.decode()


@pytest.mark.parametrize("page", ["customer/", "customer/?job=nonsense", "contractor/{}/", "user/{}/"])
def test_who_is_not_there_is_not_found(admin: Client, page: str) -> None:
    assert admin.get(OVERVIEW + page.format(JobFactory().pk)).status_code == 404


def test_an_export_is_a_file_and_is_written_down(admin: Client, ada: Contractor) -> None:
    answer = admin.post(of(ada), {"export": "json"})
    assert answer["Content-Disposition"] == 'attachment; filename="personal-data-contractor.json"'
    assert "no-store" in answer["Cache-Control"]
    assert json.loads(answer.content)["contractor"]["email"] == "ada.tiles@crews.example"
    text = admin.post(of(ada), {"export": "txt"}).content.decode()
    assert "Phone number: (512) 555-7701" in text
    assert AuditEntry.objects.filter(act=Act.PERSON_EXPORTED).count() == 2


def test_the_records_lead_there_for_administrators_alone(admin: Client, ada: Contractor) -> None:
    for url, link in (
        (f"/admin/contractors/contractor/{ada.pk}/change/", of(ada)),
        (f"/admin/jobs/job/{JobFactory(customer_name='Grace').pk}/change/", f"{OVERVIEW}?name=Grace"),
    ):
        assert link in admin.get(url).content.decode()
        assert OVERVIEW not in signed_in().get(url).content.decode()
    user = UserFactory()
    assert f"{OVERVIEW}user/{user.pk}/" in admin.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()


def test_an_erased_record_is_read_only(admin: Client, ada: Contractor) -> None:
    admin.post(of(ada), {"typed": ada.name})
    page = admin.get(f"/admin/contractors/contractor/{ada.pk}/change/").content.decode()
    assert "Former contractor 1" in page
    assert 'name="_save"' not in page
    assert "/restore/" not in page
    assert ContractorFactory().is_erased is False

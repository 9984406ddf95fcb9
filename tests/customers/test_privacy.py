"""Personal data of customers: erased by record, kept while other jobs need it, deleted after the retention."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from customers import services
from customers.models import Customer
from jobs.models import Job
from jobs.services import update_job
from smartscheduler.errors import InvalidTransition, PersonErased
from smartscheduler.ops.retention.policies import retain, rules
from smartscheduler.privacy.customer_search import find_customer
from smartscheduler.privacy.data_export import as_json, export_customer_record
from smartscheduler.privacy.models import Erasure
from smartscheduler.privacy.pii_matcher import PersonPatterns
from smartscheduler.privacy.replay import replay
from smartscheduler.privacy.services import erase_customer
from tests.api import V1, client_as
from tests.customers.test_jobs import job_of
from tests.factories import AUSTIN
from tests.pages import signed_in
from tests.privacy.people import found_anywhere

pytestmark = pytest.mark.django_db
PHONE = "(512) 555-7703"
WORDS = ["Hillcrest", "Whisper Lane", "5557703", "REF-77", "third pot"]


def grace() -> Customer:
    """Grace with a finished job, who was called otherwise before, and another record merged into hers."""
    job = job_of("Grace Hillcrest-Old", PHONE, address="23 Whisper Lane")
    assert job.customer
    services.update_customer(
        customer_id=job.customer.pk,
        actor=None,
        name="Grace Hillcrest",
        company="Hilltop",
        email="grace@example.com",
        external_id="REF-77",
        notes="Key under the third pot",
    )
    other = services.create_customer(
        actor=None, name="G. Hillcrest", addresses=[{**AUSTIN, "address": "25 Whisper Lane"}]
    )
    services.merge_customers(customer_id=job.customer.pk, other_id=other.pk, actor=None)
    finish(job)
    return Customer.objects.get(pk=job.customer.pk)


def finish(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(status="completed", completed_at=timezone.now())


def test_an_erasure_by_record_leaves_nothing_anywhere() -> None:
    customer = grace()
    erasure = erase_customer(customer_id=customer.pk, actor=None)
    assert found_anywhere(WORDS) == {}
    customer.refresh_from_db()
    assert (customer.name, customer.phones.count(), customer.addresses.count()) == (erasure.pseudonym, 0, 0)
    job = customer.jobs.get()
    assert (job.customer_name, job.customer_phone) == (erasure.pseudonym, "")
    with pytest.raises(PersonErased):
        erase_customer(customer_id=customer.pk, actor=None)


def test_an_erasure_by_the_only_job_erases_the_record_too() -> None:
    customer = grace()
    erase_customer(job_ids=[job.pk for job in customer.jobs.all()], actor=None)
    assert found_anywhere(WORDS) == {}


def test_a_record_with_other_jobs_stays_and_the_erased_job_leaves_it() -> None:
    job, other = job_of("Grace Hillcrest", PHONE), job_of("Grace Hillcrest", PHONE)
    finish(job)
    erasure = erase_customer(job_ids=[job.pk], actor=None)
    job.refresh_from_db()
    other.refresh_from_db()
    assert (job.customer, job.customer_name) == (None, erasure.pseudonym)
    assert (other.customer_name, other.customer_phone) == ("Grace Hillcrest", PHONE)
    assert other.customer_id is not None


def test_a_customer_with_an_open_job_is_not_erased() -> None:
    job = job_of("Grace Hillcrest", PHONE)
    assert job.customer_id
    with pytest.raises(InvalidTransition):
        erase_customer(customer_id=job.customer_id, actor=None)
    assert Customer.objects.get().name == "Grace Hillcrest"


def test_a_customer_without_jobs_is_erased_and_erased_again_after_a_restore() -> None:
    customer = services.create_customer(actor=None, name="Grace Hillcrest", phones=[{"number": PHONE}])
    erasure = erase_customer(customer_id=customer.pk, actor=None)
    assert erasure.jobs == []
    entry = Erasure.of({**erasure.as_json(), "number": 7})
    restored = services.create_customer(actor=None, name="Grace Hillcrest", phones=[{"number": PHONE}])
    entry.subject = restored.pk
    assert [done.outcome for done in replay([entry])] == ["erased again"]
    assert found_anywhere(["Hillcrest", "5557703"]) == {}


def test_the_export_has_the_record_and_its_jobs() -> None:
    document = json.loads(as_json(export_customer_record(customer_id=grace().pk, actor=None)))
    assert {row["name"] for row in document["customers"]} == {"Grace Hillcrest", "G. Hillcrest"}
    assert [row["number"] for row in document["phone_numbers"]] == ["+15125557703"]
    assert {row["address"] for row in document["addresses"]} == {"23 Whisper Lane", "25 Whisper Lane"}
    assert len(document["jobs"]) == 1


def test_a_customer_without_jobs_is_deleted_after_the_retention() -> None:
    kept = job_of("Ann Hill", "(512) 555-0199")
    old = services.create_customer(actor=None, name="Grace Hillcrest", phones=[{"number": PHONE}], addresses=[AUSTIN])
    Customer.objects.update(updated_at=timezone.now() - timedelta(days=8 * 366))
    (rule,) = [rule for rule in rules() if rule.name == "customers"]
    assert retain([rule], seconds=60) == {"customers": 1}
    assert set(Customer.objects.all()) == {kept.customer}
    assert found_anywhere(["Hillcrest", "5557703"]) == {}
    assert not Customer.objects.filter(pk=old.pk).exists()


def test_a_manager_sees_the_city_and_nothing_of_the_person() -> None:
    customer = grace()
    body = client_as("manager").get(f"{V1}/customers/{customer.pk}/").json()
    assert (body["name"], body["email"], body["notes"], body["phones"][0]["number"]) == (None, None, None, None)
    assert (body["addresses"][0]["address"], body["addresses"][0]["city"]) == (None, "Austin")
    for path in ("/admin/customers/customer/", f"/admin/customers/customer/{customer.pk}/change/"):
        page = signed_in("manager").get(path).content.decode()
        assert not [word for word in WORDS if word in page and word != "REF-77"], path
    suggestions = "/admin/autocomplete/?app_label=customers&model_name=customer&field_name=merged_into&term="
    assert "Hillcrest" not in signed_in("manager").get(suggestions).content.decode()
    assert client_as("manager").get(f"{V1}/customers/?search=hillcrest").json()["count"] == 0


def test_a_changed_job_keeps_what_a_manager_may_not_see() -> None:
    job = job_of("Grace Hillcrest", PHONE)
    update_job(job_id=job.pk, actor=None, priority="high")
    body = client_as("manager").get(f"{V1}/jobs/{job.pk}/").json()
    assert (body["customer"], body["customer_address"], body["customer_name"]) == (None, None, None)


@pytest.mark.parametrize(
    "text", ["+44 20 7946 0958", "+44 (0)20 7946-0958", "020 7946 0958", "0044 2079460958", "011 44 20 7946 0958"]
)
def test_a_number_of_another_country_is_found_in_any_notation(text: str) -> None:
    patterns = PersonPatterns.of(names=(), phones=["+442079460958"], emails=(), instead="Former customer 1")
    assert patterns.redact(f"Call {text}, not 020 7946 09581.") == "Call Former customer 1, not 020 7946 09581."


def test_an_erasure_by_a_number_of_another_country() -> None:
    job = job_of("Grace Hillcrest", "+442079460958", special_requirements="Call +44 (0)20 7946 0958.")
    finish(job)
    (match,) = find_customer(phone="+44 20 7946 0958")
    assert (match.job, match.by) == (job, ("phone",))
    erase_customer(job_ids=[job.pk], actor=None)
    assert found_anywhere(["Hillcrest", "2079460958", "7946 0958"]) == {}

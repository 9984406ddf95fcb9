"""The names and phone numbers on jobs become customers: what is certain is joined, the rest is kept apart."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from customers.models import Customer, CustomerAddress, CustomerPhone
from jobs.linking import migration
from jobs.models import Job
from smartscheduler.core import pseudonyms
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db
MODELS = migration.Models(Job, Customer, CustomerPhone, CustomerAddress)
ELM, OAK = {"address": "12 Elm Street"}, {"address": "9 Oak Street"}


def written(name: str, phone: str = "", **values: Any) -> Job:
    return JobFactory(**{**ELM, **values, "customer_name": name, "customer_phone": phone})


def customers() -> dict[str, list[str]]:
    """The job numbers of each customer, by name."""
    return {
        str(customer): sorted(customer.jobs.values_list("job_number", flat=True)) for customer in Customer.objects.all()
    }


def are_joined(*jobs: Job) -> bool:
    migration.link_customers(MODELS)
    keys = set(Job.objects.filter(pk__in=[job.pk for job in jobs]).values_list("customer", flat=True))
    return len(keys) == 1 and keys != {None}


@pytest.mark.parametrize("name", ["grace hill", "GRACE  HILL", "Grace Hill.", "Gráce Hill"])
def test_spellings_of_a_name_with_one_phone_number_are_one_customer(name: str) -> None:
    assert are_joined(written("Grace Hill", "(512) 555-0143"), written(name, "(512) 555-0143", **OAK))


@pytest.mark.parametrize("name", ["O’Brien", "OBrien", "o`brien"])
def test_apostrophes_do_not_matter(name: str) -> None:
    assert are_joined(written("O'Brien", "(512) 555-0143"), written(name, "(512) 555-0143", **OAK))


def test_one_name_at_one_address_is_one_customer_with_both_numbers() -> None:
    jobs = [written("Grace Hill", "(512) 555-0143"), written("Grace Hill", "(512) 555-0199", address="12 ELM STREET")]
    assert are_joined(*jobs)
    assert {phone.shown for phone in CustomerPhone.objects.all()} == {"(512) 555-0143", "(512) 555-0199"}
    assert CustomerAddress.objects.count() == 1


def test_a_chain_of_certain_steps_is_one_customer() -> None:
    first, last = written("Grace Hill", "(512) 555-0143"), written("Grace Hill", **OAK)
    assert are_joined(first, written("Grace Hill", "(512) 555-0143", **OAK), last)
    assert CustomerAddress.objects.count() == 2


def test_two_people_of_one_name_are_kept_apart() -> None:
    jobs = [written("Grace Hill", "(512) 555-0143"), written("Grace Hill", "(512) 555-0199", **OAK)]
    report = migration.link_customers(MODELS)
    assert (report.contacts, report.customers, report.joined) == (2, 2, [])
    assert {frozenset(case) for case in report.same_name} == {frozenset(job.pk for job in jobs)}


def test_two_names_with_one_phone_number_are_kept_apart() -> None:
    assert not are_joined(written("Grace Hill", "(512) 555-0143"), written("Ann Hill", "(512) 555-0143"))


def test_jobs_with_a_number_only_are_joined_by_it_and_never_by_the_address() -> None:
    assert are_joined(written("", "(512) 555-0143"), written("", "(512) 555-0143", **OAK))
    assert not are_joined(written("", "(206) 555-0171"), written("", "(206) 555-0172"))


def test_a_job_without_name_and_number_has_no_customer() -> None:
    job = written("")
    migration.link_customers(MODELS)
    job.refresh_from_db()
    assert (job.customer, Customer.objects.count()) == (None, 0)


def test_an_erased_job_has_no_customer() -> None:
    written("Former customer 3", address=pseudonyms.ADDRESS, zip_code=pseudonyms.ZIP_CODE)
    assert migration.link_customers(MODELS).customers == 0


def test_nothing_written_is_lost() -> None:
    job = written("grace  hill", "(512) 555-0143")
    written("Grace Hill", "(512) 555-0143")
    migration.link_customers(MODELS)
    customer = Customer.objects.get()
    assert (customer.name, customer.notes) == ("Grace Hill", "Also written: grace hill")
    job.refresh_from_db()
    assert (job.customer_name, job.customer_phone) == ("Grace Hill", "(512) 555-0143")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pgh_before FROM jobs_jobchange WHERE pgh_label = 'changed' AND id = %s", [job.pk])
        assert '"customer_name": "grace hill"' in cursor.fetchone()[0]


def test_a_number_of_another_form_is_kept_in_the_notes() -> None:
    job = written("Grace Hill")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_job SET customer_phone = 'ask Bob' WHERE id = %s", [job.pk])
    migration.link_customers(MODELS)
    assert Customer.objects.get().notes == f"Phone on {job.job_number}: ask Bob"


def test_a_second_run_finds_the_records_of_the_first() -> None:
    first = written("Grace Hill", "(512) 555-0143")
    migration.link_customers(MODELS)
    later = written("Grace Hill", "(512) 555-0143", **OAK)
    assert are_joined(first, later)
    assert (Customer.objects.count(), CustomerPhone.objects.count(), CustomerAddress.objects.count()) == (1, 1, 2)
    assert migration.link_customers(MODELS).contacts == 0


def test_a_record_is_found_by_the_address_of_a_later_run() -> None:
    written("Grace Hill", "(512) 555-0143")
    call_command("link_customers")
    written("Grace Hill", "(512) 555-0143", **OAK)
    call_command("link_customers")
    assert Customer.objects.with_words("oak").count() == 1


def test_the_report_names_jobs_and_no_people(capsys: pytest.CaptureFixture[str]) -> None:
    jobs = [
        written("Grace Hill", "(512) 555-0143"),
        written("grace hill", "(512) 555-0143"),
        written("Grace Hill", **OAK),
    ]
    report = migration.link_customers(MODELS)
    text = "\n".join(migration.lines_of(report, migration.job_numbers(MODELS, report)))
    assert text.startswith("3 jobs now belong to 2 customers.")
    assert jobs[0].job_number in text
    assert "Grace" not in text
    written("Ann Hill")
    call_command("link_customers")
    assert "1 jobs now belong to 1 customers." in capsys.readouterr().out


def test_a_customer_found_by_search_after_the_migration() -> None:
    written("Zoë O’Brien", "(512) 555-0143")
    migration.link_customers(MODELS)
    for text in ("zoe", "obrien", "0143", "5125550143", "elm"):
        assert Customer.objects.with_words(text).count() == 1, text


def test_two_thousand_jobs_are_linked_in_few_queries(django_assert_max_num_queries: Any) -> None:
    Job.objects.bulk_create(
        JobFactory.build(customer_name=f"Customer {n // 2}", customer_phone=f"(206) 555-{n // 2:04d}")
        for n in range(2000)
    )
    with django_assert_max_num_queries(40):
        assert migration.link_customers(MODELS).customers == 1000

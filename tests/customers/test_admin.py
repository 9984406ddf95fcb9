"""The pages of customers: list, form with tables, tabs, duplicates and merging."""

from typing import Any

import pytest
from django.test import Client

from customers.models import Customer
from tests.customers.test_jobs import OTHER_PHONE, PHONE, customer, job_of
from tests.factories import AUSTIN, ContractorFactory
from tests.pages import errors, fields, saved, signed_in

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/customers/customer/", "/admin/customers/customer/add/"


def page(customer: Customer) -> str:
    return f"{LIST}{customer.pk}/change/"


def new(client: Client, **values: Any) -> Any:
    return client.post(ADD, {**fields(client, ADD, "customer_form"), "name": "Grace Hill", "_save": "1", **values})


def change(client: Client, known: Customer, **values: Any) -> Any:
    return client.post(page(known), {**fields(client, page(known), "customer_form"), **values})


ROWS = {
    "phones-0-number": "512 555 0143",
    "phones-0-extension": "12",
    "phones-0-kind": "work",
    "addresses-TOTAL_FORMS": "1",
    "addresses-0-address": "100 Congress Avenue",
    "addresses-0-city": "Austin",
    "addresses-0-state": "TX",
    "addresses-0-zip_code": "78701",
}


class TestForm:
    def test_creates_a_customer_with_phones_addresses_and_contractors(self) -> None:
        crew = ContractorFactory()
        preference = {
            "preferences-TOTAL_FORMS": "1",
            "preferences-0-contractor": str(crew.pk),
            "preferences-0-kind": "refused",
        }
        response = new(signed_in(), **ROWS, **preference)
        assert saved(response), errors(response)
        made = Customer.objects.get()
        assert [str(phone) for phone in made.phones.all()] == ["(512) 555-0143 ext. 12"]
        assert (made.addresses.get().time_zone, made.refused) == ("America/Chicago", [crew.pk])

    def test_changes_what_was_changed_and_keeps_the_rest(self) -> None:
        known = customer(addresses=[AUSTIN])
        address = known.addresses.get()
        assert saved(change(signed_in(), known, notes="Has a dog."))
        known.refresh_from_db()
        assert (known.notes, known.addresses.get()) == ("Has a dog.", address)

    def test_changes_a_number_on_the_customer_and_the_jobs(self) -> None:
        job = job_of("Grace Hill", PHONE)
        assert job.customer
        assert saved(change(signed_in(), job.customer, **{"phones-0-number": OTHER_PHONE}))
        job.refresh_from_db()
        assert job.customer_phone == OTHER_PHONE

    @pytest.mark.parametrize(
        "values", [{"name": ""}, {**ROWS, "phones-0-number": "555"}, {**ROWS, "addresses-0-zip_code": "00000"}]
    )
    def test_a_broken_rule_is_shown_and_nothing_is_written(self, values: dict[str, str]) -> None:
        response = new(signed_in(), **values)
        assert response.status_code == 200
        assert not Customer.objects.exists()

    def test_a_likely_duplicate_is_asked_about(self) -> None:
        known, client = customer(), signed_in()
        response = new(client, name="G. Hill", **ROWS)
        assert "Does this customer exist already?" in response.content.decode()
        assert Customer.objects.count() == 1
        assert saved(new(client, name="G. Hill", **ROWS, save_anyway=str(known.pk)))
        assert Customer.objects.count() == 2


class TestPages:
    def test_the_list_finds_by_the_last_four_digits(self) -> None:
        customer()
        customer("Ann Moore", OTHER_PHONE)
        shown = signed_in().get(LIST, {"q": "0143"}).content.decode()
        assert "Grace Hill" in shown
        assert "Ann Moore" not in shown

    def test_a_customer_has_all_jobs_on_one_page(self) -> None:
        jobs = [job_of("Grace Hill", PHONE), job_of("Grace Hill", PHONE, address="9 Oak Street")]
        assert jobs[0].customer
        shown = signed_in().get(page(jobs[0].customer)).content.decode()
        for text in (*(job.job_number for job in jobs), "9 Oak Street", "Assignments", "Ratings"):
            assert text in shown

    def test_likely_duplicates_are_shown_on_the_page(self) -> None:
        known, other = customer(), customer("G. Hill")
        shown = signed_in().get(page(known)).content.decode()
        assert "Likely the same customer" in shown
        assert f"/admin/customers/customer/{other.pk}/change/" in shown


class TestMerging:
    def test_asks_and_merges(self) -> None:
        kept, other = customer(), job_of("Grace Hil", OTHER_PHONE)
        client, url = signed_in(), f"{LIST}{kept.pk}/merge/"
        shown = client.get(url).content.decode()
        assert "Which record is the same customer as Grace Hill?" in shown
        assert client.post(url, {"other": str(other.customer_id)}).status_code == 302
        other.refresh_from_db()
        assert other.customer == kept
        merged = Customer.objects.get(merged_into=kept)
        assert "This record was merged into another one" in client.get(page(merged)).content.decode()

    def test_refuses_the_same_customer(self) -> None:
        kept = customer()
        shown = signed_in().post(f"{LIST}{kept.pk}/merge/", {"other": str(kept.pk)}).content.decode()
        assert "Choose another customer" in shown

    def test_is_not_for_managers(self) -> None:
        kept, other = customer(), customer("Grace Hil")
        assert signed_in("manager").post(f"{LIST}{kept.pk}/merge/", {"other": str(other.pk)}).status_code == 403
        assert not Customer.objects.exclude(merged_into=None).exists()

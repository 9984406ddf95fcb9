"""Customers are created, changed and merged; their jobs follow."""

from typing import Any
from uuid import uuid4

import pytest

from customers import services
from customers.duplicates import find_duplicates
from customers.models import Customer, CustomerPhone
from smartscheduler.errors import InvalidInput, InvalidTransition
from smartscheduler.events.models import OutboxEvent
from tests.customers.test_jobs import OTHER_PHONE, PHONE, contact, customer, job_of
from tests.factories import AUSTIN, ContractorFactory

pytestmark = pytest.mark.django_db
ADDRESS = dict(AUSTIN)


def merge(target: Customer, source: Customer) -> Customer:
    return services.merge_customers(customer_id=target.pk, other_id=source.pk, actor=None)


class TestCreating:
    def test_stores_all_that_is_entered(self) -> None:
        crew, other = ContractorFactory(), ContractorFactory()
        made = services.create_customer(
            actor=None,
            name="Grace Hill",
            phones=[{"number": PHONE, "extension": "12", "kind": "work"}, {"number": "+1 512 555 0199"}],
            addresses=[ADDRESS],
            preferred=[crew.pk],
            refused=[other.pk],
        )
        assert [(phone.number, phone.extension, phone.kind) for phone in made.phones.all()] == [
            ("+15125550143", "12", "work"),
            ("+15125550199", "", "other"),
        ]
        assert (made.addresses.get().time_zone, made.preferred, made.refused) == (
            "America/Chicago",
            [crew.pk],
            [other.pk],
        )
        assert OutboxEvent.objects.get().data == {"customer_id": str(made.pk)}

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"phones": [{"number": "555"}]}, "number"),
            ({"phones": [{"number": "+44 1"}]}, "number"),
            ({"phones": [{"number": PHONE, "extension": "x"}]}, "extension"),
            ({"phones": [{"number": PHONE}, {"number": PHONE}]}, "phones"),
            ({"phones": [{"number": f"(512) 555-{n:04d}"} for n in range(11)]}, "phones"),
            ({"addresses": [{**ADDRESS, "zip_code": "98055"}]}, "zip_code"),
            ({"language": "fr"}, "language"),
            ({"preferred": [uuid4()]}, "preferred"),
            ({"email": "nobody"}, "email"),
        ],
    )
    def test_refuses_a_broken_rule_by_name(self, values: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            services.create_customer(actor=None, **{"name": "Grace Hill", **values})
        assert field in refused.value.errors
        assert not Customer.objects.exists()

    def test_an_external_id_is_used_once(self) -> None:
        customer(external_id="A-1")
        with pytest.raises(InvalidInput) as refused:
            customer("Ann Hill", external_id="A-1")
        assert "external_id" in refused.value.errors

    def test_a_contractor_is_preferred_or_refused(self) -> None:
        crew = ContractorFactory()
        with pytest.raises(InvalidInput) as refused:
            customer(preferred=[crew.pk], refused=[crew.pk])
        assert "refused" in refused.value.errors

    def test_stores_numbers_of_any_country_and_typed_extensions(self) -> None:
        phones = [{"number": "+44 20 7946 0958 ext. 7"}, {"number": "(512) 555-0143 x12"}]
        made = services.create_customer(actor=None, name="Grace Hill", phones=phones)
        assert [(phone.number, phone.extension, phone.shown) for phone in made.phones.all()] == [
            ("+442079460958", "7", "+44 20 7946 0958"),
            ("+15125550143", "12", "(512) 555-0143"),
        ]
        job = job_of("Grace Hill", "+442079460958")
        assert contact(job) == (made.pk, "Grace Hill", "+442079460958")
        job.save()  # the copy of the trigger is the one of the services
        assert contact(job) == (made.pk, "Grace Hill", "+442079460958")
        assert Customer.objects.with_words("0958").get() == made


class TestChanging:
    def test_a_new_name_and_number_reach_the_jobs(self) -> None:
        job = job_of("Grace Hill", PHONE)
        assert job.customer_id
        services.update_customer(
            customer_id=job.customer_id, actor=None, name="Grace Moore", phones=[{"number": OTHER_PHONE}]
        )
        assert contact(job) == (job.customer_id, "Grace Moore", OTHER_PHONE)
        changed = OutboxEvent.objects.get(type="JobUpdated").data["changed"]
        assert changed == {"customer_name": "Grace Moore", "customer_phone": OTHER_PHONE}

    def test_the_other_fields_leave_the_jobs_alone(self) -> None:
        job = job_of("Grace Hill", PHONE)
        assert job.customer_id
        services.update_customer(customer_id=job.customer_id, actor=None, email="grace@example.com")
        assert not OutboxEvent.objects.filter(type="JobUpdated").exists()

    def test_an_address_that_stays_keeps_its_jobs(self) -> None:
        job = job_of("Grace Hill", PHONE)
        assert job.customer_id
        oak = {**ADDRESS, "address": "9 Oak Street"}
        services.update_customer(customer_id=job.customer_id, actor=None, addresses=[ADDRESS, oak])
        address = job.customer_address
        job.refresh_from_db()
        assert job.customer_address == address
        assert Customer.objects.get().addresses.count() == 2


class TestMerging:
    def test_moves_jobs_phones_addresses_and_notes(self) -> None:
        kept, other = job_of("Grace Hill", PHONE), job_of("Grace Hil", OTHER_PHONE, address="9 Oak Street")
        assert kept.customer
        assert other.customer
        services.update_customer(customer_id=other.customer.pk, actor=None, notes="Has a dog.", external_id="A-1")
        target = merge(kept.customer, other.customer)
        assert contact(other) == (target.pk, "Grace Hill", PHONE)
        other.refresh_from_db()
        assert other.customer_address is not None
        assert (other.customer_address.customer_id, other.customer_address.address) == (target.pk, "9 Oak Street")
        assert [phone.shown for phone in target.phones.all()] == [PHONE, OTHER_PHONE]
        assert (target.notes, target.external_id) == ("Has a dog.", "A-1")
        assert Customer.objects.current().get() == target
        event = OutboxEvent.objects.get(type="CustomerMerged").data
        merged = Customer.objects.get(merged_into=target)
        assert event == {"customer_id": str(target.pk), "merged_id": str(merged.pk), "jobs": 1}

    def test_the_same_address_is_kept_once(self) -> None:
        kept, other = job_of("Grace Hill", PHONE), job_of("Grace Hil", OTHER_PHONE, address="100 CONGRESS AVENUE")
        assert kept.customer
        assert other.customer
        target = merge(kept.customer, other.customer)
        other.refresh_from_db()
        assert other.customer_address == target.addresses.get()

    def test_a_second_click_changes_nothing(self) -> None:
        kept, other = customer(), customer("Grace Hil")
        merge(kept, other)
        before = Customer.objects.get(pk=kept.pk).version
        assert merge(kept, other) == kept
        assert Customer.objects.get(pk=kept.pk).version == before
        assert OutboxEvent.objects.filter(type="CustomerMerged").count() == 1

    def test_a_merged_customer_cannot_be_changed_or_merged_again(self) -> None:
        kept, other, third = customer(), customer("Grace Hil"), customer("Ann Hill")
        merge(kept, other)
        with pytest.raises(InvalidTransition):
            services.update_customer(customer_id=other.pk, actor=None, name="Ann")
        with pytest.raises(InvalidTransition):
            merge(third, other)

    def test_a_chain_of_merges_leads_to_the_last(self) -> None:
        first, second, third = customer("Ann"), customer("Anne"), customer("Anna")
        merge(second, first)
        merge(third, second)
        assert set(Customer.objects.filter(merged_into=third)) == {first, second}

    def test_a_customer_cannot_be_merged_into_itself(self) -> None:
        known = customer()
        with pytest.raises(InvalidInput):
            merge(known, known)

    def test_the_history_keeps_both(self) -> None:
        kept, other = customer(), customer("Grace Hil", OTHER_PHONE)
        merge(kept, other)
        moved = CustomerPhone.objects.get(number="+15125550199")
        assert moved.customer == kept
        assert Customer.objects.get(pk=other.pk).name == "Grace Hil"


class TestDuplicates:
    @pytest.mark.parametrize(
        ("entered", "same"),
        [
            ({"name": "GRACE HILL"}, ["name"]),
            ({"phones": ["512.555.0143"]}, ["phone"]),
            ({"email": "Grace@example.com"}, ["email"]),
            ({"email": "GRACE@Example.COM"}, ["email"]),
            ({"streets": [("100 congress avenue", "78701")]}, ["address"]),
            ({"name": "Gráce Hill", "phones": [PHONE]}, ["phone", "name"]),
        ],
    )
    def test_are_found_by_any_of_the_four(self, entered: dict[str, Any], same: list[str]) -> None:
        known = customer(email="grace@example.com", addresses=[ADDRESS])
        customer("Ann Hill", OTHER_PHONE)
        assert [(duplicate.customer, duplicate.same) for duplicate in find_duplicates(**entered)] == [(known, same)]

    def test_a_merged_customer_is_none(self) -> None:
        kept, other = customer(), customer("Grace Hil", OTHER_PHONE)
        merge(kept, other)
        assert [duplicate.customer for duplicate in find_duplicates(name="Grace Hil")] == []

    def test_of_twenty_ten_are_listed(self) -> None:
        for _ in range(12):
            customer()
        assert len(find_duplicates(name="Grace Hill", phones=[PHONE])) == 10

    @pytest.mark.parametrize("email", ["grace@\u212aelvin.example", "GRACE@kelvin.example", "grace@Kelvin.EXAMPLE"])
    def test_an_address_is_compared_as_the_database_compares_it(self, email: str) -> None:
        known = customer("Grace Hill", OTHER_PHONE, email="Grace@KELVIN.example")
        assert [duplicate.customer for duplicate in find_duplicates(email=email)] == [known]
        for other in ("gr\u0061\u0301ce@kelvin.example", "\u0130grace@kelvin.example", "graceı@kelvin.example"):
            assert find_duplicates(email=other) == []


class TestSearch:
    @pytest.mark.parametrize("text", ["12-34", "1234", "12-3", "12 34"])
    def test_finds_a_reference_with_separators(self, text: str) -> None:
        known = customer("Zoë O’Brien", external_id="12-34")
        customer("Ann Moore", "(206) 777-0188", external_id="12-43")
        assert list(Customer.objects.with_words(*text.split())) == [known]

    @pytest.mark.parametrize(
        "text", ["0143", "512", "(512) 555", "555-0143", "zoe", "OBRIEN", "o'br", "hill tile", "zoe@", "congress"]
    )
    def test_finds_by_any_part_in_any_spelling(self, text: str) -> None:
        known = customer("Zoë O’Brien", company="Hill Tile", email="zoe@example.com", addresses=[ADDRESS])
        customer("Ann Moore", "(206) 777-0188")
        assert list(Customer.objects.with_words(*text.split())) == [known]

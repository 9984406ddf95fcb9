"""Jobs and their customers: chosen by id, found by name and phone number, or made; and kept equal by the database."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from customers import services
from customers.models import Customer
from jobs.models import Job
from jobs.services import create_job, update_job
from smartscheduler.errors import InvalidInput
from smartscheduler.events.models import OutboxEvent
from tests.api import V1, client_as, refused_field
from tests.factories import AUSTIN, at

pytestmark = pytest.mark.django_db
PHONE, OTHER_PHONE = "(512) 555-0143", "(512) 555-0199"
WORK: dict[str, Any] = {**AUSTIN, "type": "tile", "duration": timedelta(hours=2)}
BODY = {
    "type": "tile",
    "duration": "02:00:00",
    "location": {
        **{name: value for name, value in AUSTIN.items() if name != "time_zone"},
        "latitude": "30.2672",
        "longitude": "-97.7431",
    },
}


def job_of(name: str = "", phone: str = "", **values: Any) -> Job:
    values = {"desired_date": at(12, days=2), **WORK, **values}
    job = create_job(actor=None, customer_name=name, customer_phone=phone, **values)
    job.refresh_from_db()
    return job


def customer(name: str = "Grace Hill", phone: str = PHONE, **values: Any) -> Customer:
    return services.create_customer(actor=None, name=name, phones=[{"number": phone}] if phone else [], **values)


def contact(job: Job) -> tuple[Any, str, str]:
    job.refresh_from_db()
    return job.customer_id, job.customer_name, job.customer_phone


class TestNewJob:
    def test_makes_a_customer_with_the_address(self) -> None:
        job = job_of("Grace Hill", PHONE)
        made = Customer.objects.get()
        assert contact(job) == (made.pk, "Grace Hill", PHONE)
        assert job.customer_address == made.addresses.get()
        assert made.phones.get().number == "+15125550143"

    def test_finds_the_customer_in_another_spelling(self) -> None:
        known = customer("Zoë O’Brien")
        assert contact(job_of("zoe o'brien", PHONE)) == (known.pk, "Zoë O’Brien", PHONE)

    @pytest.mark.parametrize(("name", "phone"), [("Grace Hill", OTHER_PHONE), ("Ann Hill", PHONE), ("", PHONE)])
    def test_makes_another_customer_when_it_is_not_certain(self, name: str, phone: str) -> None:
        known = customer()
        job = job_of(name, phone)
        assert contact(job)[1:] == (name, phone)
        assert job.customer_id != known.pk

    def test_finds_a_name_without_number_at_a_known_address_only(self) -> None:
        first = job_of("Grace Hill", PHONE)
        assert job_of("grace hill").customer_id == first.customer_id
        assert job_of("grace hill", address="9 Oak Street").customer_id != first.customer_id

    def test_makes_a_customer_when_two_are_certain(self) -> None:
        pair = {customer().pk, customer().pk}
        assert job_of("Grace Hill", PHONE).customer_id not in pair

    def test_has_no_customer_without_name_and_number(self) -> None:
        assert (job_of().customer_id, Customer.objects.count()) == (None, 0)

    def test_takes_the_chosen_customer(self) -> None:
        known = customer()
        job = job_of(customer_id=known.pk)
        assert contact(job) == (known.pk, "Grace Hill", PHONE)

    def test_takes_the_customer_that_the_chosen_one_was_merged_into(self) -> None:
        known, old = customer(), customer("Grace Hil")
        services.merge_customers(customer_id=known.pk, other_id=old.pk, actor=None)
        assert job_of(customer_id=old.pk).customer_id == known.pk

    def test_refuses_an_unknown_customer_and_writes_nothing(self) -> None:
        with pytest.raises(InvalidInput) as refused:
            job_of(customer_id=uuid4())
        assert "customer" in refused.value.errors
        assert not Job.objects.exists()

    def test_refuses_a_name_that_the_chosen_customer_does_not_have(self) -> None:
        with pytest.raises(InvalidInput) as refused:
            job_of("Ann Hill", customer_id=customer().pk)
        assert "customer_name" in refused.value.errors

    def test_refuses_the_address_of_another_customer(self) -> None:
        address = job_of("Ann Hill", OTHER_PHONE).customer_address
        assert address is not None
        with pytest.raises(InvalidInput) as refused:
            job_of(customer_id=customer().pk, customer_address_id=address.pk)
        assert "customer_address" in refused.value.errors


class TestChangedJob:
    def test_a_corrected_name_corrects_the_customer_of_one_job(self) -> None:
        job = job_of("Grace Hil", PHONE)
        update_job(job_id=job.pk, actor=None, customer_name="Grace Hill")
        assert Customer.objects.get().name == "Grace Hill"
        assert contact(job) == (Customer.objects.get().pk, "Grace Hill", PHONE)

    def test_a_corrected_number_corrects_the_customer_of_one_job(self) -> None:
        job = job_of("Grace Hill", PHONE)
        update_job(job_id=job.pk, actor=None, customer_phone=OTHER_PHONE)
        assert [phone.shown for phone in Customer.objects.get().phones.all()] == [OTHER_PHONE]
        assert contact(job)[2] == OTHER_PHONE

    def test_another_name_leaves_the_customer_of_several_jobs_alone(self) -> None:
        job, other = job_of("Grace Hill", PHONE), job_of("Grace Hill", PHONE)
        update_job(job_id=job.pk, actor=None, customer_name="Ann Hill")
        assert contact(other)[1] == "Grace Hill"
        assert contact(job)[:2] == (Customer.objects.get(name="Ann Hill").pk, "Ann Hill")

    def test_the_name_of_another_customer_gives_the_job_to_that_customer(self) -> None:
        job, known = job_of("Grace Hil", PHONE), customer()
        update_job(job_id=job.pk, actor=None, customer_name="Grace Hill")
        assert contact(job)[0] == known.pk

    def test_emptied_fields_leave_no_customer(self) -> None:
        job = job_of("Grace Hill", PHONE)
        update_job(job_id=job.pk, actor=None, customer_name="", customer_phone="", customer_id=None)
        assert contact(job) == (None, "", "")

    def test_a_moved_job_adds_the_address(self) -> None:
        job = job_of("Grace Hill", PHONE)
        update_job(job_id=job.pk, actor=None, address="9 Oak Street")
        job.refresh_from_db()
        assert job.customer_address is not None
        assert (job.customer_address.address, Customer.objects.get().addresses.count()) == ("9 Oak Street", 2)

    def test_the_event_has_the_new_customer(self) -> None:
        job, known = job_of("Grace Hill", PHONE), customer("Ann Hill")
        update_job(job_id=job.pk, actor=None, customer_id=known.pk)
        changed = OutboxEvent.objects.get(type="JobUpdated").data["changed"]
        assert (changed["customer"], changed["customer_name"]) == (str(known.pk), "Ann Hill")


class TestDatabase:
    """Writers without services: another program, or the previous release during an upgrade."""

    def test_a_job_has_the_name_and_number_of_its_customer(self) -> None:
        job, known = job_of(), customer()
        Job.objects.filter(pk=job.pk).update(customer=known, customer_name="Other")
        assert contact(job) == (known.pk, "Grace Hill", PHONE)

    def test_another_name_takes_the_customer_from_the_job(self) -> None:
        job = job_of("Grace Hill", PHONE)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE jobs_job SET customer_name = 'Ann Hill' WHERE id = %s", [job.pk])
        assert contact(job) == (None, "Ann Hill", PHONE)
        job.refresh_from_db()
        assert job.customer_address is None

    def test_a_merged_customer_gets_no_job(self) -> None:
        job, known, old = job_of(), customer(), customer("Grace Hil")
        services.merge_customers(customer_id=known.pk, other_id=old.pk, actor=None)
        Job.objects.filter(pk=job.pk).update(customer=old)
        assert contact(job)[0] == known.pk


class TestApi:
    def test_a_body_as_read_can_be_sent_back(self) -> None:
        client = client_as()
        made = client.post(
            f"{V1}/jobs/", {**BODY, "desired_date": at(12, days=2).isoformat(), "customer_name": "Grace Hill"}
        )
        assert made.status_code == 201, made.content
        body = made.json()
        assert body["customer"] == str(Customer.objects.get().pk)
        writable = {
            name: body[name]
            for name in (*BODY, "desired_date", "customer", "customer_address", "customer_name", "customer_phone")
        }
        again = client.put(f"{V1}/jobs/{body['id']}/", writable)
        assert again.status_code == 200, again.content
        assert (again.json()["customer"], Customer.objects.count()) == (body["customer"], 1)

    def test_an_unknown_customer_is_named(self) -> None:
        body = {**BODY, "desired_date": at(12, days=2).isoformat(), "customer": str(uuid4())}
        assert refused_field(client_as().post(f"{V1}/jobs/", body), "customer")
        assert not Job.objects.exists()

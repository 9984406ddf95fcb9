"""A new job as a caller tells it: typed dates, durations, addresses and skills, earlier customers, and the ranking."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from customers.models import Customer
from jobs.linking import link_customers
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.events.models import OutboxEvent
from tests.factories import ContractorFactory, JobFactory
from tests.pages import PageResponse, errors, fields, saved, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]
ADD, PREVIEW, CUSTOMERS = "/admin/jobs/job/add/", "/admin/jobs/job/preview/", "/admin/jobs/job/customers/"
TYPED = {
    "type": "tile",
    "desired_date": "12/3 2pm",
    "duration": "2 h 30 min",
    "place_line": "464 Juniper Cir, Renton, WA 98055",
    "customer_name": "Ada Lovelace",
    "customer_phone": "206 555 0143",
}


def new(client: Client, **values: Any) -> PageResponse:
    return client.post(ADD, {**fields(client, ADD, "job_form"), **TYPED, "_save": "1", **values})


def preview(client: Client, **values: str) -> Any:
    return client.post(PREVIEW, values).json()


class TestSaving:
    def test_a_typed_job_is_stored_and_leads_to_its_ranking(self) -> None:
        response = new(signed_in())
        assert saved(response)
        job = Job.objects.get()
        assert response["Location"] == reverse("admin:jobs_job_recommend", args=[job.pk])
        assert job.desired_date == datetime(2026, 12, 3, 14, tzinfo=ZoneInfo("America/Los_Angeles"))
        assert job.duration == timedelta(hours=2.5)
        assert (job.address, job.city, job.state, job.zip_code) == ("464 Juniper Cir", "Renton", "WA", "98055")
        assert (job.customer_phone, job.time_zone) == ("(206) 555-0143", "America/Los_Angeles")

    @pytest.mark.parametrize(("text", "day"), [("thursday", 26), ("today", 24)])
    def test_a_day_alone_is_noon_at_the_site_also_in_the_afternoon(self, text: str, day: int) -> None:
        with time_machine.travel(datetime(2026, 11, 24, 23, tzinfo=UTC)):
            client = signed_in()
            shown = preview(client, desired_date=text, zip_code="98055")["fields"]["desired_date"]
            assert saved(new(client, desired_date=text))
        assert Job.objects.get().desired_date == datetime(2026, 11, day, 12, tzinfo=ZoneInfo("America/Los_Angeles"))
        assert (shown["is_problem"], "12:00 PM PST" in shown["text"]) == (False, True)
        assert "A date without a time means noon." in shown["text"]

    def test_save_and_add_another_leads_to_the_next_form(self) -> None:
        client = signed_in()
        values = {**fields(client, ADD, "job_form"), **TYPED, "_addanother": "1"}
        assert client.post(ADD, values)["Location"] == ADD

    @pytest.mark.parametrize(
        ("values", "field", "message"),
        [
            ({"desired_date": "thursday soon"}, "desired_date", "Enter a date and a time"),
            ({"desired_date": "fri dec 3 2pm"}, "desired_date", "Dec 3, 2026 is a Thursday, not a Friday."),
            ({"desired_date": "today 1am"}, "desired_date", "The desired date cannot be in the past."),
            ({"duration": "90"}, "duration", "Add the unit: 90 min or 90 h."),
            ({"duration": "9 h"}, "duration", "A job can last at most 8 hours."),
            ({"place_line": "464 Juniper Cir, Renton"}, "place_line", "End the address with its five-digit ZIP code."),
            ({"place_line": "1 Elm St, Austin, TX 98055"}, "place_line", "ZIP code 98055 is in WA, not in TX."),
            ({"city": "Kent"}, "place_line", "This address and the fields below it differ."),
            ({"customer_phone": "555 0143"}, "customer_phone", "Enter a phone number in the format"),
        ],
    )
    def test_a_doubtful_value_is_refused_on_its_field_and_nothing_typed_is_lost(
        self, values: dict[str, str], field: str, message: str
    ) -> None:
        response = new(signed_in(), **values)
        shown = errors(response)
        assert list(shown) == [field]
        assert shown[field][0].startswith(message)
        form = response.context["adminform"].form
        assert {name: form[name].value() for name in TYPED} == {
            **TYPED,
            **{n: v for n, v in values.items() if n in TYPED},
        }
        assert not Job.objects.exists()
        assert not OutboxEvent.objects.exists()

    def test_parts_that_agree_with_the_line_are_no_contradiction(self) -> None:
        assert saved(new(signed_in(), city="RENTON", zip_code="98055"))

    def test_the_exact_point_of_an_earlier_job_at_the_address_is_used(self) -> None:
        exact = {"latitude": Decimal("47.4700000"), "longitude": Decimal("-122.2100000")}
        JobFactory(address="464 juniper cir", city="Renton", state="WA", zip_code="98055", **exact)
        client = signed_in()
        assert saved(new(client))
        job = Job.objects.order_by("created_at").last()
        assert job is not None
        assert {"latitude": job.latitude, "longitude": job.longitude} == exact

    def test_a_guessed_point_of_an_earlier_job_is_no_exact_one(self) -> None:
        center = middle_of("98055")
        assert center is not None
        JobFactory(
            address="464 Juniper Cir",
            city="Renton",
            state="WA",
            zip_code="98055",
            latitude=center.latitude,
            longitude=center.longitude,
        )
        response = new(signed_in())
        assert saved(response)
        texts = [str(message) for message in get_messages(response.wsgi_request)]
        assert any("The coordinates are the center of ZIP code 98055." in text for text in texts)


class TestSkills:
    def test_a_misspelled_skill_is_asked_about_once(self) -> None:
        ContractorFactory(skills=["Ceramic"])
        client = signed_in()
        response = new(client, required_skills="cermic")
        assert errors(response)["required_skills"] == [
            "No contractor has the skill “cermic”. Did you mean “Ceramic”? To keep it anyway, save again."
        ]
        assert not Job.objects.exists()
        again = {**fields(client, ADD, "job_form"), **TYPED, "_save": "1", "required_skills": "cermic"}
        again["skills_asked"] = response.context["adminform"].form["skills_asked"].value()
        assert saved(client.post(ADD, again))
        assert Job.objects.get().required_skills == ["cermic"]

    @pytest.mark.parametrize("skills", ["ceramic", "Stairs", ""])
    def test_a_known_skill_and_one_like_no_other_are_not(self, skills: str) -> None:
        ContractorFactory(skills=["Ceramic"])
        assert saved(new(signed_in(), required_skills=skills))

    def test_the_page_knows_the_skills_of_working_contractors(self) -> None:
        ContractorFactory(skills=["Ceramic", "Mosaic"])
        ContractorFactory(skills=["Mosaic"])
        ContractorFactory(skills=["Cork"], status="inactive")
        assert signed_in().get(ADD).context["known_skills"] == '["Ceramic", "Mosaic"]'


class TestPreview:
    def test_says_what_was_understood_in_the_zone_of_the_site(self) -> None:
        shown = preview(signed_in(), place_line="464 Juniper Cir 98055", desired_date="12/3 2pm", duration="1.5")
        texts = {name: (field["text"], field["is_problem"]) for name, field in shown["fields"].items()}
        assert texts["place_line"] == (
            "464 Juniper Cir, Renton, WA 98055. The city is that of ZIP code 98055: Renton.",
            False,
        )
        assert texts["desired_date"][0].startswith("Thu, Dec 3, ")
        assert "PST" in texts["desired_date"][0]
        assert texts["duration"] == ("1 h 30 min", False)
        assert shown["parts"] == {
            "address": "464 Juniper Cir",
            "city": "Renton",
            "state": "WA",
            "zip_code": "98055",
        }

    @pytest.mark.parametrize(
        ("values", "field", "text"),
        [
            ({"desired_date": "today 1am", "zip_code": "98055"}, "desired_date", "is in the past."),
            ({"desired_date": "3/14/2027 2:30am", "zip_code": "98055"}, "desired_date", "couldn’t be interpreted"),
            ({"desired_date": "soon"}, "desired_date", "Enter a date and a time"),
            ({"duration": "90"}, "duration", "Add the unit"),
            ({"place_line": "Renton"}, "place_line", "five-digit ZIP code"),
            ({"customer_phone": "555"}, "customer_phone", "Enter ten digits"),
        ],
    )
    def test_says_what_is_wrong(self, values: dict[str, str], field: str, text: str) -> None:
        shown = preview(signed_in(), **values)["fields"][field]
        assert shown["is_problem"]
        assert text in shown["text"]

    def test_a_date_without_a_place_has_no_zone_yet(self) -> None:
        shown = preview(signed_in(), desired_date="12/3 2pm")["fields"]["desired_date"]
        assert "UTC" not in shown["text"]
        assert "Enter the address to see the time zone" in shown["text"]

    def test_offers_the_known_spelling(self) -> None:
        ContractorFactory(skills=["Ceramic"])
        shown = preview(signed_in(), required_skills="Ceramic, cermic, Stairs")["fields"]["required_skills"]
        assert shown["fixes"] == [["cermic", "Ceramic"]]
        assert "“Stairs” yet" in shown["text"]

    def test_is_only_for_users_who_may_save(self) -> None:
        assert signed_in(Role.MANAGER).post(PREVIEW, {"duration": "2"}).status_code == 403
        assert signed_in().get(PREVIEW).status_code == 405


def customer(name: str, phone: str = "", **values: Any) -> Customer:
    """A customer with one job."""
    job = JobFactory(**{"customer_name": name, "customer_phone": phone, **values})
    link_customers()
    job.refresh_from_db()
    assert job.customer is not None
    return job.customer


class TestCustomers:
    def test_are_found_by_name_phone_and_address(self) -> None:
        customer("Grace Hill", "(512) 555-0187", address="12 Elm Street")
        customer("Ada Lovelace", "(206) 555-0143")
        client = signed_in()
        for text in ("grace", "hill gra", "512555", "555-0187", "0187", "(512) 555", "12 elm"):
            shown = client.get(CUSTOMERS, {"q": text}).content.decode()
            assert "Grace Hill" in shown, text
            assert "Ada" not in shown, text

    def test_offer_their_addresses_and_last_job(self) -> None:
        known = customer("Grace Hill", "(512) 555-0187", address="12 Elm Street")
        customer("grace hill", "(512) 555-0187", address="9 Oak Street", type="tile")
        elm, oak = sorted(
            signed_in().get(CUSTOMERS, {"q": "grace"}).context["customers"], key=lambda option: option.place
        )
        assert (elm.customer, oak.customer) == (known, known)
        assert elm.place.startswith("12 Elm Street")
        assert oak.last_job is not None
        assert oak.last_job.type == "tile"
        assert f'"customer": "{known.pk}"' in elm.values
        assert '"customer_phone": "(512) 555-0187"' in elm.values
        assert '"zip_code": "78701"' in elm.values

    @pytest.mark.parametrize("text", ["", "ab", "x" * 101, "\x00\x00\x00", "%%%", "___"])
    def test_a_useless_search_finds_none(self, text: str) -> None:
        customer("Grace Hill")
        assert signed_in().get(CUSTOMERS, {"q": text}).context["customers"] == []

    def test_are_only_for_users_who_may_see_them(self) -> None:
        customer("Grace Hill")
        assert signed_in(Role.MANAGER).get(CUSTOMERS, {"q": "grace"}).status_code == 403

    def test_cost_a_few_queries(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        JobFactory.create_batch(20, customer_name="Grace Hill")
        link_customers()
        client = signed_in()
        with django_assert_max_num_queries(6):
            client.get(CUSTOMERS, {"q": "grace"})

    def test_the_chosen_one_gets_the_job(self) -> None:
        known = customer("Grace Hill", "(512) 555-0187")
        values = {"customer": str(known.pk), "customer_name": "Grace Hill", "customer_phone": "512 555 0187"}
        assert saved(new(signed_in(), **values))
        assert known.jobs.count() == 2

    def test_another_typed_name_counts_more_than_the_choice(self) -> None:
        known = customer("Grace Hill", "(512) 555-0187")
        values = {"customer": str(known.pk), "customer_name": "Ada Byron", "customer_phone": "(512) 555-0111"}
        assert saved(new(signed_in(), **values))
        assert Customer.objects.get(name="Ada Byron").jobs.count() == 1

    def test_a_likely_duplicate_is_asked_about_once(self) -> None:
        customer("Grace Hill", "(512) 555-0187")
        client = signed_in()
        typed = {"customer_name": "G. Hill", "customer_phone": "(512) 555-0187"}
        response = new(client, **typed)
        assert "Grace Hill (same phone number)" in errors(response)["customer_name"][0]
        assert Customer.objects.count() == 1
        asked = response.context["adminform"].form["customers_asked"].value()
        assert saved(new(client, **typed, customers_asked=asked))
        assert set(Customer.objects.values_list("name", flat=True)) == {"Grace Hill", "G. Hill"}

    def test_the_same_customer_is_not_asked_about(self) -> None:
        known = customer("Grace Hill", "(512) 555-0187")
        assert saved(new(signed_in(), customer_name="GRACE HILL", customer_phone="(512) 555-0187"))
        assert known.jobs.count() == 2

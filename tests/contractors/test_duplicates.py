"""A likely duplicate needs a confirmation before it is saved."""

from decimal import Decimal

import pytest
from django.test import Client

from contractors.models import Contractor
from smartscheduler.events.models import OutboxEvent
from tests.contractors.test_admin import ADD, VALID, page
from tests.factories import ContractorFactory
from tests.pages import PageResponse, errors, fields, fields_of, fields_of_new, saved, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def first() -> Contractor:
    return ContractorFactory(name=VALID["name"].upper())


def new(client: Client, **values: str) -> PageResponse:
    return client.post(ADD, {**fields_of_new(client, ADD, "contractor_form"), **VALID, **values})


def test_asks_first_with_a_link_and_keeps_what_was_typed(first: Contractor) -> None:
    response = new(signed_in(), **{"working_hours-0-end_time": "16:30"})
    assert "likely duplicate" in errors(response)["__all__"][0]
    assert f'href="{page(first)}"' in response.content.decode()
    typed = fields_of(response)
    assert (typed["name"], typed["working_hours-0-end_time"]) == (VALID["name"], "16:30")
    assert "save_anyway" not in typed  # it is not ticked for them
    assert Contractor.objects.count() == 1
    assert not OutboxEvent.objects.exists()


def test_saves_after_the_confirmation_that_it_is_another_person(first: Contractor) -> None:
    assert saved(new(signed_in(), save_anyway=str(first.pk)))
    assert Contractor.objects.count() == 2


def test_a_yes_is_kept_while_something_else_is_wrong(first: Contractor) -> None:
    response = new(signed_in(), save_anyway=str(first.pk), email="nobody")
    assert list(errors(response)) == ["email"]
    assert fields_of(response)["save_anyway"] == str(first.pk)


@pytest.mark.parametrize("word", ["on", "1", "", "00000000-0000-0000-0000-000000000000", "\x00"])
def test_a_yes_to_another_question_is_none(first: Contractor, word: str) -> None:
    assert "likely duplicate" in errors(new(signed_in(), save_anyway=word))["__all__"][0]
    assert Contractor.objects.count() == 1


def test_a_second_duplicate_needs_another_confirmation(first: Contractor) -> None:
    client = signed_in()
    assert saved(new(client, save_anyway=str(first.pk)))
    again = new(client, save_anyway=str(first.pk), email="third@example.com")
    assert "likely duplicate" in errors(again)["__all__"][0]
    assert Contractor.objects.count() == 2


@pytest.mark.parametrize("other", [{"name": "Somebody Else"}, {"latitude": "30.30"}])
def test_another_name_or_place_is_no_duplicate(first: Contractor, other: dict[str, str]) -> None:
    assert saved(new(signed_in(), **other))


def test_the_zip_codes_middle_is_a_place_too() -> None:
    client = signed_in()
    assert saved(new(client, latitude="", longitude=""))
    again = new(client, latitude="", longitude="", email="second@example.com")
    assert "likely duplicate" in errors(again)["__all__"][0]


def change(contractor: Contractor, **values: str) -> PageResponse:
    client = signed_in()
    return client.post(page(contractor), {**fields(client, page(contractor), "contractor_form"), **values})


def test_a_change_that_makes_one_is_asked_about(first: Contractor) -> None:
    other = ContractorFactory(name="Other")
    refused = change(other, name=first.name)
    assert "likely duplicate" in errors(refused)["__all__"][0]
    other.refresh_from_db()
    assert other.name == "Other"
    assert not OutboxEvent.objects.exists()

    assert saved(change(other, name=first.name, save_anyway=str(first.pk)))
    other.refresh_from_db()
    assert other.name == first.name


def test_moving_next_to_a_namesake_is_asked_about(first: Contractor) -> None:
    other = ContractorFactory(name=first.name, latitude=Decimal("31.0000000"))
    assert "likely duplicate" in errors(change(other, latitude=str(first.latitude)))["__all__"][0]


def test_a_change_of_something_else_is_not(first: Contractor) -> None:
    other = ContractorFactory(name=first.name)
    assert saved(change(other, phone_number="(512) 555-0999"))

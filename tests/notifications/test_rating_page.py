"""The page that rates a visit by the link of a message: used twice, late, by a mail scanner, in two languages."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from assignments.models import Assignment
from assignments.services import rate_assignment
from contractors.models import Rating
from customers.models import Customer
from smartscheduler.events.models import OutboxEvent
from smartscheduler.notifications.customer_content import write
from smartscheduler.notifications.models import CustomerMessage
from smartscheduler.notifications.page_texts import RATING
from smartscheduler.notifications.rating_links import LONGEST_TOKEN, rating_path
from smartscheduler.notifications.standard_texts import standard_text
from tests.assignments.test_races import together
from tests.factories import AssignmentFactory, at
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
ENGLISH, SPANISH = RATING["en"], RATING["es"]


def completed(**fields: Any) -> Assignment:
    customer = Customer.objects.create(name="Zoë O’Brien", **fields)
    return AssignmentFactory(
        status="completed",
        confirmed_at=at(7),
        started_at=at(8),
        completed_at=at(10),
        start=at(8),
        job__status="completed",
        job__completed_at=at(10),
        job__customer=customer,
    )


def ratings() -> list[tuple[float, str, bool]]:
    return [(float(rating.value), rating.comment, rating.by_customer) for rating in Rating.objects.all()]


def test_rates_once_like_the_office(client: Client) -> None:
    visit = completed()
    before = visit.contractor.rating_count
    page = client.get(rating_path(visit.pk))
    assert page.status_code == 200
    assert "How do you rate the flooring work on" in page.content.decode()
    page = client.post(rating_path(visit.pk), {"rating": "4", "comment": " Neat corners "}, follow=True)
    assert ENGLISH.rated in page.content.decode()
    assert ratings() == [(4.0, "Neat corners", True)]
    visit.contractor.refresh_from_db()
    assert visit.contractor.rating_count == before + 1
    assert OutboxEvent.objects.filter(type="ContractorRated").count() == 1


def test_needs_no_cookie() -> None:
    visit = completed()
    Client(enforce_csrf_checks=True).post(rating_path(visit.pk), {"rating": "5"})
    assert ratings() == [(5.0, "", True)]


def test_the_second_use_changes_nothing(client: Client) -> None:
    visit = completed()
    for stars in ("5", "1"):
        page = client.post(rating_path(visit.pk), {"rating": stars}, follow=True)
        assert ENGLISH.rated in page.content.decode()
    assert ratings() == [(5.0, "", True)]


def test_a_visit_that_the_office_has_rated_is_rated(client: Client) -> None:
    visit = completed()
    rate_assignment(assignment_id=visit.pk, rating=Decimal(3), actor=None)
    assert ENGLISH.rated in client.get(rating_path(visit.pk)).content.decode()
    client.post(rating_path(visit.pk), {"rating": "1"})
    assert ratings() == [(3.0, "", False)]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one_rating() -> None:
    visit = completed()
    answers = together([lambda: Client().post(rating_path(visit.pk), {"rating": "5"}).status_code] * 2)
    assert answers == [302, 302]
    assert ratings() == [(5.0, "", True)]


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_mail_scanner_changes_nothing(client: Client, method: str) -> None:
    visit = completed()
    getattr(client, method)(rating_path(visit.pk))
    assert ratings() == []
    assert not OutboxEvent.objects.exists()


def test_expires(client: Client) -> None:
    visit = completed()
    path = rating_path(visit.pk)
    with time_machine.travel(timezone.now() + settings.RATING_LINK - timedelta(hours=1), tick=False):
        assert client.get(path).status_code == 200
    with time_machine.travel(timezone.now() + settings.RATING_LINK + timedelta(hours=1), tick=False):
        for page in (client.get(path), client.post(path, {"rating": "5"})):
            assert page.status_code == 410
            assert ENGLISH.expired in page.content.decode()
    assert ratings() == []


@pytest.mark.parametrize("query", ["", "?visit=", "?visit=abc", "?visit=a:b:c", f"?visit={'x' * (LONGEST_TOKEN + 1)}"])
def test_a_broken_link_is_not_found(client: Client, query: str) -> None:
    path = rating_path(completed().pk).partition("?")[0]
    for page in (client.get(path + query), client.post(path + query, {"rating": "5"})):
        assert page.status_code == 404
        assert ENGLISH.invalid in page.content.decode()
    assert ratings() == []


def test_a_changed_link_and_one_of_a_deleted_visit_are_not_found(client: Client) -> None:
    path = rating_path(completed().pk)
    changed = path[:-1] + ("A" if path[-1] != "A" else "B")
    for address in (changed, rating_path(uuid4())):
        assert client.post(address, {"rating": "5"}).status_code == 404
    assert ratings() == []


def test_work_that_is_not_completed_is_not_rated(client: Client) -> None:
    visit = AssignmentFactory()
    page = client.post(rating_path(visit.pk), {"rating": "5"})
    assert ENGLISH.not_done in page.content.decode()
    assert ratings() == []


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, ENGLISH.choose),
        ({"rating": "0"}, ENGLISH.choose),
        ({"rating": "6"}, ENGLISH.choose),
        ({"rating": "NaN"}, ENGLISH.choose),
        ({"rating": "5", "comment": "x" * 1001}, ENGLISH.too_long),
    ],
)
def test_bad_input_is_named(client: Client, sent: dict[str, str], sentence: str) -> None:
    page = client.post(rating_path(completed().pk), sent)
    assert sentence in page.content.decode()
    assert ratings() == []


def test_is_in_the_language_of_the_customer(client: Client) -> None:
    visit = completed(language="es")
    page = client.get(rating_path(visit.pk))
    seen = page.content.decode()
    assert '<html lang="es">' in seen
    assert "¿Cómo valora el trabajo de pisos del" in seen
    assert SPANISH.send in seen
    assert SPANISH.choose in client.post(rating_path(visit.pk), {}).content.decode()
    broken = rating_path(visit.pk).partition("?")[0]
    assert SPANISH.invalid in client.get(broken, headers={"Accept-Language": "es-MX,es;q=0.9"}).content.decode()


def test_is_not_stored_or_indexed_and_shows_no_contact_data(client: Client) -> None:
    visit = completed(email="zoe@example.com")
    page = client.get(rating_path(visit.pk))
    assert "no-store" in page["Cache-Control"]
    assert '<meta name="robots" content="noindex">' in page.content.decode()
    for secret in ("zoe@example.com", "Brien", visit.job.address, visit.contractor.name):
        assert secret not in page.content.decode()


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_message_after_the_visit_has_the_link(client: Client, language: str) -> None:
    visit = completed(language=language)
    customer = visit.job.customer
    message = CustomerMessage(kind="done", job=visit.job, customer=customer, assignment=visit, language=language)
    write(message, standard_text("done", language))
    (link,) = re.findall(r"https?://\S+", message.body)
    assert link.startswith(settings.PUBLIC_URL)
    client.post(link.removeprefix(settings.PUBLIC_URL), {"rating": "5"})
    assert ratings() == [(5.0, "", True)]


def test_the_pages_of_contractor_and_customer_say_that_the_customer_rated(client: Client) -> None:
    visit = completed()
    client.post(rating_path(visit.pk), {"rating": "4", "comment": "Neat corners"})
    assert visit.job.customer
    for path in (
        f"/admin/contractors/contractor/{visit.contractor_id}/change/",
        f"/admin/customers/customer/{visit.job.customer.pk}/change/",
    ):
        seen = " ".join(signed_in().get(path).content.decode().split())
        assert "the customer," in seen
        assert "Neat corners" in seen

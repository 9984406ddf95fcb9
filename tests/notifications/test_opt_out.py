"""The link that turns off emails: GET changes nothing, POST does, and a changed link does nothing."""

import pytest
from django.core import signing
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from customers import services
from smartscheduler.notifications.opt_out_links import LONGEST_TOKEN, SALT, opt_out_path
from tests.notifications.customers import customer

pytestmark = pytest.mark.django_db


def test_a_customer_turns_off_emails() -> None:
    person = customer()
    page = Client().get(opt_out_path(person.pk))
    assert page.status_code == 200
    assert "Turn off emails" in page.content.decode()
    person.refresh_from_db()
    assert person.accepts_emails
    done = Client(enforce_csrf_checks=True).post(opt_out_path(person.pk), {"List-Unsubscribe": "One-Click"})
    assert "You get no more emails" in done.content.decode()
    person.refresh_from_db()
    assert not person.accepts_emails
    # Once more, and by a mail scanner, it says the same.
    assert "You get no more emails" in Client().post(opt_out_path(person.pk)).content.decode()
    assert "You get no more emails" in Client().get(opt_out_path(person.pk)).content.decode()


def test_the_page_speaks_the_language_of_the_customer() -> None:
    page = Client().get(opt_out_path(customer(language="es").pk)).content.decode()
    assert 'lang="es"' in page
    assert "Desactivar los correos" in page


def test_the_page_names_nobody_and_leads_nowhere() -> None:
    page = Client().get(opt_out_path(customer().pk)).content.decode()
    assert "Grace" not in page
    assert "grace@example.com" not in page
    assert "/admin/" not in page


def test_the_link_of_a_merged_record_turns_off_emails_of_the_other() -> None:
    person, other = customer(), customer(name="G. Hill", email="")
    services.merge_customers(customer_id=other.pk, other_id=person.pk, actor=None)
    Client().post(opt_out_path(person.pk))
    other.refresh_from_db()
    assert not other.accepts_emails


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "0" * (LONGEST_TOKEN + 1), "é"])
def test_a_wrong_link_changes_nothing(token: str) -> None:
    person = customer()
    for response in (
        Client().get("/customers/emails/", {"stop": token}),
        Client().post(f"/customers/emails/?stop={token}"),
    ):
        assert response.status_code == 404
        assert "This link is not valid" in response.content.decode()
    person.refresh_from_db()
    assert person.accepts_emails


def test_a_token_for_another_purpose_or_of_no_customer_is_refused() -> None:
    person = customer()
    other = signing.dumps(person.pk.hex, salt=f"{SALT}.other")
    assert Client().post(f"/customers/emails/?stop={other}").status_code == 404
    for value in (5, "00", None):
        assert Client().get(f"/customers/emails/?stop={signing.dumps(value, salt=SALT)}").status_code == 404


def test_the_page_costs_one_query(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    path = opt_out_path(customer().pk)
    with django_assert_max_num_queries(1):
        Client().get(path)

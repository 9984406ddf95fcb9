"""The audit pages: visible to administrators, whose exports are recorded too."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from smartscheduler.accounts.permissions import Role
from smartscheduler.audit.models import Act, AuditEntry
from smartscheduler.audit.services import record
from tests.factories import UserFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/audit/auditentry/"


@pytest.fixture
def client() -> Client:
    return signed_in(Role.ADMINISTRATOR)


def listed(client: Client, query: str = "") -> list[Any]:
    return [(entry.act, entry.about_name) for entry in client.get(f"{LIST}?{query}").context["cl"].result_list]


def test_says_who_did_what_to_whom_from_where(client: Client) -> None:
    ann, bob = UserFactory(name="Ann"), UserFactory(name="Bob")
    entry = record(Act.ROLE_CHANGED, actor=ann, about=bob, before="manager", role="administrator")
    page = client.get(LIST).content.decode()
    for text in ("Role changed", "Ann", "Bob", "previously manager", "now administrator"):
        assert text in page
    shown = client.get(f"{LIST}{entry.pk}/change/").content.decode()
    assert "script" in shown


@pytest.mark.parametrize("term", ["Bob", "bob@example", "2001:db8::7"])
def test_finds_by_account_and_by_address(client: Client, term: str) -> None:
    record(Act.SIGNED_IN, actor=UserFactory(name="Ann"))
    bob = UserFactory(name="Bob", email="bob@example.com")
    AuditEntry.objects.create(act=Act.SIGNED_OUT, about=bob, about_name="Bob", address="2001:db8::7")
    assert ("signed-out", "Bob") in listed(client, f"q={term}")
    assert "signed-in" not in dict(listed(client, f"q={term}"))


def test_filters_by_act_person_and_day(client: Client) -> None:
    ann = UserFactory(name="Ann")
    record(Act.SIGNED_IN, actor=ann)
    record(Act.SIGNED_OUT, about=UserFactory(name="Bob"))
    old = AuditEntry.objects.create(act=Act.SIGNED_IN, about_name="Old", at=timezone.now() - timedelta(days=9))
    assert listed(client, "act__exact=signed-out") == [("signed-out", "Bob")]
    assert {act for act, _ in listed(client, f"person={ann.pk}")} == {"signed-in", "user-created"}
    assert listed(client, f"at_to={old.at:%Y-%m-%d}&at_from={old.at:%Y-%m-%d}") == [("signed-in", "Old")]
    assert ("signed-in", "Old") not in listed(client, f"at_from={timezone.now():%Y-%m-%d}")


def test_what_is_taken_out_is_written_down(client: Client) -> None:
    record(Act.SIGNED_OUT, about=UserFactory(name="=Bob"))
    answer = client.get(f"{LIST}export.csv?act__exact=signed-out&q=Bob")
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert lines[0] == "at,act,reason,who,account,address,door,where,request_id,details"
    assert [line.split(",")[1:5] for line in lines[1:]] == [["signed-out", "", "", "'=Bob"]]
    taken = AuditEntry.objects.get(act=Act.DATA_EXPORTED)
    filters = {"act__exact": "signed-out", "q": "(a search)"}
    assert taken.details == {"what": "audit", "rows": 1, "format": "csv", "filters": filters}
    assert client.get(f"{LIST}export.pdf").status_code == 404


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MANAGER])
def test_is_for_administrators(role: Role) -> None:
    entry, other = record(Act.SIGNED_OUT), signed_in(role)
    for path in ("", f"{entry.pk}/change/", "export.csv"):
        assert other.get(f"{LIST}{path}").status_code == 403


def test_it_cannot_be_written_by_hand(client: Client) -> None:
    entry = record(Act.SIGNED_OUT)
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{entry.pk}/change/", {"act": "signed-in"}).status_code == 403
    assert client.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}).status_code == 403


def test_costs_the_same_at_any_length(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    people = UserFactory.create_batch(20)
    for user in people:
        record(Act.SIGNED_IN, actor=user, about=user)
    with django_assert_max_num_queries(9):
        client.get(LIST)

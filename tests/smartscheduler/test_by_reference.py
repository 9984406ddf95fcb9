"""Records are created, changed and read by their number in another system."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from tests.api import V1, client_as, problem, refused_field
from tests.contractors.test_api import BODY as CONTRACTOR
from tests.jobs.test_api import BODY as JOB

pytestmark = pytest.mark.django_db
CUSTOMER = {"name": "Grace Hill", "phones": [{"number": "(512) 555-0143"}]}
# Name in the URL, model, a body, a change of it, and the event of a creation.
KINDS: dict[str, Any] = {
    "jobs": (Job, JOB, {"priority": "urgent"}, "JobCreated"),
    "customers": (Customer, CUSTOMER, {"company": "Hill Homes"}, "CustomerCreated"),
    "contractors": (Contractor, CONTRACTOR, {"name": "Ada Floors"}, "ContractorCreated"),
}


def url_of(kind: str, external_id: str = "A-17", source: str = "jobber") -> str:
    return f"{V1}/{kind}/by-ref/{quote(source, safe='')}/{quote(external_id, safe='')}/"


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_creates_and_the_next_ones_change(kind: str) -> None:
    model, body, change, event = KINDS[kind]
    client = client_as()
    problem(client.get(url_of(kind)), 404, "not-found")
    made = client.put(url_of(kind), body)
    assert made.status_code == 201, made.content
    assert (made.json()["source"], made.json()["external_id"]) == ("jobber", "A-17")
    assert client.get(url_of(kind)).json() == client.get(f"{V1}/{kind}/{made.json()['id']}/").json()
    assert client.get(url_of(kind))["ETag"] == made["ETag"]
    again = client.put(url_of(kind), {**body, **change, "source": "jobber"})
    assert again.status_code == 200, again.content
    assert again.json().items() >= change.items()
    assert again.json()["id"] == made.json()["id"]
    repeated = client.put(url_of(kind), {**body, **change})
    assert (repeated.status_code, repeated["ETag"]) == (200, again["ETag"])
    assert (model.objects.count(), OutboxEvent.objects.filter(type=event).count()) == (1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_version_that_was_read(kind: str) -> None:
    _model, body, change, _event = KINDS[kind]
    client = client_as()
    problem(client.put(url_of(kind), body, headers={"If-Match": '"a"'}), 412, "precondition-failed")
    tag = client.put(url_of(kind), body)["ETag"]
    assert client.put(url_of(kind), {**body, **change}, headers={"If-Match": tag}).status_code == 200
    problem(client.put(url_of(kind), body, headers={"If-Match": tag}), 412, "precondition-failed")
    problem(client.put(url_of(kind), body, headers={"If-None-Match": "*"}), 412, "precondition-failed")
    assert client.get(url_of(kind)).json().items() >= change.items()


@pytest.mark.parametrize("external_id", ["a/b", "/", "100%", "A 17", "Straße 7", "..%2F", "a?b#c", "x" * 60, "JOB-1/"])
def test_any_number_that_the_field_accepts(external_id: str) -> None:
    client = client_as()
    assert client.put(url_of("jobs", external_id), JOB).status_code == 201
    assert Job.objects.get().external_id == external_id
    assert client.get(url_of("jobs", external_id)).json()["external_id"] == external_id
    assert client.put(url_of("jobs", external_id), JOB).status_code == 200


def test_without_a_source() -> None:
    client = client_as()
    assert client.put(url_of("jobs", source="-"), JOB).json()["source"] == ""
    assert client.put(url_of("jobs"), JOB).status_code == 201
    assert Job.objects.count() == 2


@pytest.mark.parametrize(
    ("external_id", "source", "field"),
    [
        ("x" * 61, "jobber", "external_id"),
        ("a\u202eb", "jobber", "external_id"),
        (" ", "jobber", "external_id"),
        ("A-17", "Jobber", "source"),
        ("A-17", "a--b", "source"),
        ("A-17", "x" * 41, "source"),
    ],
)
def test_refuses_what_the_field_refuses(external_id: str, source: str, field: str) -> None:
    client = client_as()
    for response in (
        client.get(url_of("jobs", external_id, source)),
        client.put(url_of("jobs", external_id, source), JOB),
    ):
        assert refused_field(response, field)
    assert not Job.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("external_id", "B-1"), ("source", "other"), ("external_id", None)])
def test_refuses_another_number_in_the_body(field: str, value: str | None) -> None:
    assert refused_field(client_as().put(url_of("jobs"), {**JOB, field: value}), field)
    assert not Job.objects.exists()


def test_a_broken_body_creates_nothing() -> None:
    assert refused_field(client_as().put(url_of("jobs"), {**JOB, "type": "roof"}), "type")
    assert not Job.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_creates(kind: str) -> None:
    model, body, _change, event = KINDS[kind]
    clients, together = [client_as(Role.COORDINATOR) for _ in range(8)], Barrier(8)

    def put(number: int) -> int:
        together.wait(timeout=60)
        try:
            return clients[number].put(url_of(kind), body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(put, range(8)))
    assert answers[201] == 1
    # A request that waits too long for another one is asked to repeat.
    assert answers[200] + answers[503] == 7
    assert (model.objects.count(), OutboxEvent.objects.filter(type=event).count()) == (1, 1)

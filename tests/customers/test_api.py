"""The API of customers."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from customers.models import Customer
from smartscheduler.accounts.permissions import Role
from tests.api import NOBODY, V1, client_as, problem, refused_field
from tests.customers.test_jobs import OTHER_PHONE, PHONE, customer, job_of

pytestmark = pytest.mark.django_db
URL = f"{V1}/customers/"
ADDRESS = {
    "latitude": "30.2672000",
    "longitude": "-97.7431000",
    "address": "100 Congress Avenue",
    "city": "Austin",
    "state": "TX",
    "zip_code": "78701",
}
BODY: dict[str, Any] = {
    "name": "Grace Hill",
    "phones": [{"number": "512 555 0143", "extension": "12", "kind": "work"}],
    "email": "grace@example.com",
    "addresses": [ADDRESS],
    "language": "es",
    "accepts_texts": True,
    "external_id": "A-1",
    "notes": "Has a dog.",
}


def test_a_customer_is_created_read_and_changed() -> None:
    client = client_as()
    made = client.post(URL, BODY)
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["phones"] == [{"number": "+15125550143", "extension": "12", "kind": "work"}]
    assert body["addresses"][0]["time_zone"] == "America/Chicago"
    assert (body["language"], body["accepts_texts"], body["possible_duplicates"]) == ("es", True, [])
    read = client.get(f"{URL}{body['id']}/")
    assert read.json() == {name: value for name, value in body.items() if name != "possible_duplicates"}
    changed = client.patch(f"{URL}{body['id']}/", {"notes": ""}, headers={"If-Match": read["ETag"]})
    assert (changed.status_code, changed.json()["notes"]) == (200, "")
    stale = client.patch(f"{URL}{body['id']}/", {"notes": "x"}, headers={"If-Match": read["ETag"]})
    problem(stale, 412, "precondition-failed")


def test_a_body_replaces_all_fields() -> None:
    client = client_as()
    pk = client.post(URL, BODY).json()["id"]
    replaced = client.put(f"{URL}{pk}/", {"name": "Ann Hill"}).json()
    assert (replaced["phones"], replaced["addresses"], replaced["email"]) == ([], [], "")


def test_a_likely_duplicate_is_listed() -> None:
    known = customer()
    made = client_as().post(URL, {**BODY, "name": "G. Hill"}).json()
    assert [(row["id"], row["same"]) for row in made["possible_duplicates"]] == [(str(known.pk), ["phone"])]
    listed = client_as().get(f"{URL}{known.pk}/duplicates/").json()
    assert [row["id"] for row in listed] == [made["id"]]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "", "phones": []}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"phones": [{"number": "555"}]}, "phones.0.number"),
        ({"phones": [{"number": "+44 1"}]}, "phones.0.number"),
        ({"phones": [{"number": PHONE, "extension": "12x"}]}, "phones.0.extension"),
        ({"phones": [{"number": PHONE}] * 11}, "phones"),
        ({"email": "nobody"}, "email"),
        ({"language": "fr"}, "language"),
        ({"addresses": [{**ADDRESS, "zip_code": "7870"}]}, "addresses.0.zip_code"),
        ({"preferred": [NOBODY]}, "preferred"),
        ({"surname": "Hill"}, "surname"),
        ({"merged_into": NOBODY}, "merged_into"),
        ({"name": "a\ab"}, "name"),
    ],
)
def test_a_broken_rule_is_named_and_nothing_is_written(values: dict[str, Any], field: str) -> None:
    assert refused_field(client_as().post(URL, {**BODY, **values}), field)
    assert not Customer.objects.exists()


def test_a_reference_that_is_taken_is_refused() -> None:
    client = client_as()
    client.post(URL, BODY)
    assert refused_field(client.post(URL, {**BODY, "name": "Ann"}), "external_id")


@pytest.mark.parametrize("text", ["0143", "(512) 555-0143", "gráce", "HILL grace", "grace@", "congress"])
def test_search_finds_any_part_in_any_spelling(text: str) -> None:
    client = client_as()
    client.post(URL, BODY)
    customer("Ann Moore", "(206) 777-0188")
    assert [row["name"] for row in client.get(URL, {"search": text}).json()["results"]] == ["Grace Hill"]


def test_a_merge_moves_the_jobs_and_can_be_repeated() -> None:
    kept, other = job_of("Grace Hill", PHONE), job_of("Grace Hil", OTHER_PHONE)
    client, url = client_as(), f"{URL}{kept.customer_id}/merge/"
    for _ in range(2):
        merged = client.post(url, {"other": str(other.customer_id)})
        assert (merged.status_code, len(merged.json()["phones"])) == (200, 2), merged.content
    jobs = client.get(f"{V1}/jobs/").json()["results"]
    assert {job["customer"] for job in jobs} == {str(kept.customer_id)}
    assert client.get(f"{URL}{other.customer_id}/").json()["merged_into"] == str(kept.customer_id)
    assert client.get(URL).json()["count"] == 1
    assert refused_field(client.post(url, {"other": str(kept.customer_id)}), "other")
    problem(client.post(url, {"other": NOBODY}), 404, "not-found")
    refused = problem(client.patch(f"{URL}{other.customer_id}/", {"name": "x"}), 409, "invalid-transition")
    assert refused["merged_into"] == str(kept.customer_id)


def test_a_manager_reads_and_does_not_write() -> None:
    known, manager = customer(), client_as(Role.MANAGER)
    assert manager.get(URL).status_code == 200
    problem(manager.post(URL, BODY), 403, "permission-denied")
    problem(manager.patch(f"{URL}{known.pk}/", {"name": "x"}), 403, "permission-denied")
    problem(manager.post(f"{URL}{known.pk}/merge/", {"other": NOBODY}), 403, "permission-denied")
    problem(manager.get(f"{URL}{known.pk}/duplicates/"), 403, "permission-denied")


def test_a_list_costs_the_same_for_any_number(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(12):
        customer(f"Customer {number}", f"(512) 777-{number:04d}")
    client = client_as()
    client.get(URL)
    with django_assert_max_num_queries(10):
        assert len(client.get(URL).json()["results"]) == 12

"""The OpenAPI document and Swagger UI."""

import inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoDbBlocker

from customers.services import create_customer
from smartscheduler import BASE_DIR
from smartscheduler.accounts.permissions import Role
from smartscheduler.api import SchemaView
from smartscheduler.core.rest.error_catalog import KINDS
from smartscheduler.core.rest.views import KnownParameters, ReadsBody
from tests.api import V1, client_as
from tests.declared_answers import resolved
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, PlanFactory, at

# The document is made once for all of these.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("API document")]


def test_it_is_made_without_a_warning_and_is_the_one_in_the_repository() -> None:
    """After a change of the API, run `make schema` and check the difference."""
    made = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=made)
    assert made.getvalue() == (BASE_DIR / "docs" / "openapi.yaml").read_text()


@pytest.fixture(scope="module")
def document(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Any:
    with django_db_blocker.unblock():
        return Client().get(f"{V1}/schema/").json()


def test_it_is_openapi_3_1_in_json(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    assert (
        Client().get(f"{V1}/schema/", HTTP_ACCEPT="application/vnd.oai.openapi").content.startswith(b"openapi: 3.1.0")
    )


def test_it_is_made_once_for_all_clients(document: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        SchemaView.generator_class, "get_schema", lambda *arguments, **options: pytest.fail("made again")
    )
    for query in ("", "?version=2", "?lang=de", "?format=json"):
        assert Client().get(f"{V1}/schema/{query}").json() == document


def test_every_call_declares_its_problems_as_a_union_by_type(document: Any) -> None:
    schemas = document["components"]["schemas"]
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            assert {"400", "429", "500", "503"} <= call["responses"].keys(), (method, path)
            for status in call["responses"].keys() - {"200", "201", "202", "204", "304"}:
                answer = resolved(call["responses"][status])
                schema = answer["content"]["application/problem+json"]["schema"]
                places = schema.get("discriminator", {}).get("mapping") or {"": schema["$ref"]}
                for kind, place in places.items():
                    properties = schemas[place.rsplit("/")[-1]]["properties"]
                    assert properties["status"]["const"] == int(status), (method, path)
                    assert kind in {"", properties["type"]["const"]}, (method, path)


def test_every_problem_of_the_catalog_can_come_from_a_call(document: Any) -> None:
    """Those of addresses and methods that no call has are in docs/api.md alone."""
    problems = [schema for name, schema in document["components"]["schemas"].items() if name.endswith("Problem")]
    listed = {schema["properties"]["type"]["const"] for schema in problems}
    assert {f"/problems/{code}" for code in KINDS} - listed == {"/problems/method-not-allowed"}


def test_summaries_are_short(document: Any) -> None:
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            summary = call["summary"]
            assert len(summary) <= 80, (method, path, summary)
            assert summary[0].isupper(), (method, path, summary)
            assert not summary.endswith("."), (method, path, summary)


def test_every_tag_is_described(document: Any) -> None:
    described = {tag["name"] for tag in document["tags"]}
    assert {tag for calls in document["paths"].values() for call in calls.values() for tag in call["tags"]} == described


def test_a_patch_takes_a_part_of_a_nested_object(document: Any) -> None:
    schemas = document["components"]["schemas"]
    place = schemas["PatchedJobRequest"]["properties"]["location"]["$ref"].rsplit("/")[-1]
    assert "required" not in schemas[place]
    job = JobFactory(city="Austin")
    changed = client_as(Role.ADMINISTRATOR).patch(f"{V1}/jobs/{job.pk}/", {"location": {"city": "Waco"}}).json()
    assert changed["location"]["city"] == "Waco"
    assert changed["location"]["address"] == job.address


def test_every_call_says_what_it_is_about(document: Any) -> None:
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            assert call["description"], (method, path)
            assert call["description"] not in map(inspect.getdoc, (KnownParameters, ReadsBody)), (method, path)


def test_instants_and_durations_are_strings(document: Any) -> None:
    job = document["components"]["schemas"]["Job"]["properties"]
    assert job["desired_date"]["format"] == "date-time"
    assert job["duration"]["type"] == "string"
    assert document["components"]["schemas"]["Contractor"]["properties"]["rating"]["type"] == "number"


def test_the_page_sends_no_requests_to_other_sites() -> None:
    page = Client().get(f"{V1}/docs/")
    assert page.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert links
    assert all(link.startswith("/") for link in links)
    for link in links:
        if link.startswith("/static/"):
            assert finders.find(link.removeprefix("/static/")), link
    script = Client().get(f"{V1}/docs/?script=")
    assert script.status_code == 200
    assert "http://" not in script.content.decode().replace("http://www.w3.org", "")


def test_the_policy_is_loose_on_the_page_alone() -> None:
    assert "'unsafe-inline'" in Client().get(f"{V1}/docs/")["Content-Security-Policy"]
    assert "unsafe" not in Client().get(f"{V1}/schema/")["Content-Security-Policy"]


def examples(document: Any) -> Iterator[tuple[Any, Any, Any]]:
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            content = call.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in content.get("examples", {}).values():
                yield method, path, example["value"]


def test_the_examples_are_accepted(document: Any) -> None:
    """Each is sent as it stands; ids in the path belong to records that the call can act on."""
    client, accepted = client_as(Role.ADMINISTRATOR), 0
    for method, path, body in examples(document):
        if "assignments" in path:
            held = AssignmentFactory(start=at(9, days=2), job__duration=timedelta(hours=1))
            if path.endswith("/rate/"):
                begun = at(9, days=-2)
                stamps = dict.fromkeys(("confirmed_at", "started_at", "completed_at"), begun)
                held = AssignmentFactory(status="completed", start=begun, **stamps)
            if path.endswith("/running-late/"):
                late = {"confirmed_at": at(9), "late_until": at(13, days=2)}
                held = AssignmentFactory(status="confirmed", start=at(9, days=2), **late)
            pk = held.pk
        elif "/plans/" in path:
            pk = PlanFactory(state="ready").pk
        elif "/customers/" in path:
            pk = create_customer(actor=None, name="Grace Hill").pk
            if path.endswith("/merge/"):
                create_customer(actor=None, id=body["other"], name="Grace Hil")
        else:
            pk = (JobFactory if "/jobs/" in path else ContractorFactory)().pk
        url = path.format(id=pk, source="jobber", external_id="A-17")
        response = getattr(client, method)(url, body)
        assert response.status_code in {200, 201, 202} or response.json()["type"] == "/problems/duplicate-email", (
            method,
            path,
            response.content,
        )
        accepted += 1
    assert accepted >= 13


def test_each_act_takes_its_own_body(document: Any) -> None:
    def body(act: str) -> str:
        request = document["paths"][f"{V1}/assignments/{{id}}/{act}/"]["post"].get("requestBody")
        return request["content"]["application/json"]["schema"]["$ref"].split("/")[-1] if request else ""

    acts = ("confirm", "start", "running-late", "complete", "cancel", "reschedule", "reassign", "rate")
    assert {act: body(act) for act in acts} == {
        "confirm": "ConfirmRequest",
        "start": "",
        "running-late": "RunningLateRequest",
        "complete": "",
        "cancel": "ReasonRequest",
        "rate": "RatingRequest",
        "reschedule": "RescheduleRequest",
        "reassign": "ReassignRequest",
    }

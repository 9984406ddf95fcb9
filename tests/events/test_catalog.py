"""The catalog of event types, docs/asyncapi.yaml, and events as CloudEvents."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from smartscheduler import BASE_DIR
from smartscheduler.accounts import websocket_auth
from smartscheduler.events.catalog import event_types, summary
from smartscheduler.events.cloud_events import MEDIA_TYPE, as_cloud_event
from smartscheduler.events.models import EventHead, OutboxEvent
from smartscheduler.events.sockets import consumer
from tests.api import V1, client_as, problem
from tests.events.declared import PAGE, check_data, check_page, document
from tests.factories import JobFactory, UserFactory

EVENTS = (BASE_DIR / "docs" / "events.md").read_text()


def test_the_document_is_the_one_in_the_repository() -> None:
    """After a change of events, run `make schema` and check the difference."""
    made = StringIO()
    call_command("asyncapi", stdout=made)
    assert made.getvalue() == PAGE.read_text()


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_all_its_references_and_schemas_are_valid() -> None:
    for reference in references(document()):
        part: Any = document()
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]
    parts = document()["components"]
    payloads = [message["payload"] for message in parts["messages"].values()]
    for schema in (*parts["schemas"].values(), *payloads):
        jsonschema.Draft7Validator.check_schema(schema)


def test_the_socket_of_the_document_is_that_of_the_product() -> None:
    socket = document()["channels"]["socket"]
    assert socket["address"] == consumer.PATH
    assert socket["bindings"]["ws"]["query"]["properties"].keys() == consumer.PARAMETERS.keys()


def test_the_page_says_what_to_do_for_every_close_code() -> None:
    codes = [websocket_auth.SIGNED_OUT, websocket_auth.FORBIDDEN, websocket_auth.TICKET_GONE, consumer.BAD_REQUEST]
    codes += [consumer.SLOW_CONSUMER, consumer.TOO_MANY_SOCKETS, consumer.POLICY_VIOLATION, consumer.TOO_BIG]
    for code in (*codes, consumer.TRY_AGAIN_LATER):
        assert re.search(rf"^\| (\d+, )*{code}[ ,]", EVENTS, re.MULTILINE), code
        assert str(code) in document()["channels"]["socket"]["description"]


def test_the_page_lists_every_type() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", EVENTS, re.MULTILINE)
    expected = []
    for name, kind in event_types().items():
        fields = ", ".join(f"`{field}`" for field in document()["components"]["schemas"][name]["properties"])
        expected.append((name, summary(kind), fields))
    assert [row for row in rows if row[0] in event_types()] == expected


def test_an_undeclared_field_is_found() -> None:
    with pytest.raises(ValueError, match="surprise"):
        check_data("RecommendationsUpdated", {"job_id": "00000000-0000-4000-8000-000000000000", "surprise": 1})


@pytest.mark.django_db
def test_the_log_as_cloud_events(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://scheduler.example.com"
    job, actor = JobFactory(), UserFactory()
    data = {"job_id": str(job.pk), "job_number": job.job_number, "job_status": "open"}
    for sequence, (kind, more, who) in enumerate(
        [("JobReopened", {}, actor.as_actor()), ("JobCancelled", {"reason": "Rain"}, None)], start=1
    ):
        OutboxEvent.objects.create(
            type=kind, sequence=sequence, occurred_at=timezone.now(), actor=who, data={**data, **more}
        )
    EventHead.objects.create(pk=1, sequence=2)
    plain = client_as().get(f"{V1}/events/")
    answer = client_as().get(f"{V1}/events/", HTTP_ACCEPT=MEDIA_TYPE)
    assert (plain["Content-Type"], answer["Content-Type"]) == ("application/json", MEDIA_TYPE)
    check_page(plain.json())
    check_page(answer.json(), "CloudEventPage")
    first, second = answer.json()["results"]
    assert first == {
        "specversion": "1.0",
        "id": plain.json()["results"][0]["id"],
        "source": "https://scheduler.example.com/api/v1/events/",
        "type": "smartscheduler.JobReopened",
        "time": plain.json()["results"][0]["occurred_at"],
        "subject": f"job:{job.pk}",
        "datacontenttype": "application/json",
        "sequence": "0000000000000000001",
        "actorid": str(actor.pk),
        "actorname": str(actor),
        "data": data,
    }
    assert "actorid" not in second  # the format has no null
    # Section 3.1 of CloudEvents 1.0.
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in first)
    problem(client_as().get(f"{V1}/events/?limit=0", HTTP_ACCEPT=MEDIA_TYPE), 400, "invalid-input")


def test_an_event_without_a_topic_has_no_subject() -> None:
    envelope = {"id": "1", "type": "RulesPublished", "occurred_at": "", "sequence": 7, "actor": None, "data": {}}
    assert "subject" not in as_cloud_event(envelope)

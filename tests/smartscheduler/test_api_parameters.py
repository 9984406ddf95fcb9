"""Unknown query parameters and orderings are rejected by every operation."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from smartscheduler.accounts.permissions import Role
from tests.api import NOBODY, V1, client_as, refused_field
from tests.factories import ContractorFactory, JobFactory

# The document is made once for all of these.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("API document")]


@pytest.fixture(scope="module")
def calls(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> list[Any]:
    """Every call of the schema: method, path, and its query parameters by name."""
    with django_db_blocker.unblock():
        document = Client().get(f"{V1}/schema/").json()
    return [
        (method, re.sub(r"\{absence_id\}", "1", re.sub(r"\{(id|contractor_id)\}", NOBODY, path)), by_name(call))
        for path, methods in document["paths"].items()
        for method, call in methods.items()
    ]


def by_name(call: Any) -> dict[Any, Any]:
    return {each["name"]: each for each in call.get("parameters", []) if each["in"] == "query"}


def test_every_call_refuses_a_parameter_that_it_does_not_have(calls: Any) -> None:
    client = client_as(Role.ADMINISTRATOR)
    for method, path, known in calls:
        message = refused_field(getattr(client, method)(f"{path}?stauts=open", {}), "stauts")[0]
        assert "Unknown parameter" in message
        assert all(name in message for name in known), (method, path, message)


def test_every_call_knows_the_parameters_that_it_documents(calls: Any) -> None:
    """Their values may be wrong, or the record missing; the name is known."""
    client = client_as(Role.ADMINISTRATOR)
    for method, path, known in calls:
        for name in known:
            response = getattr(client, method)(f"{path}?{name}=1", {})
            assert "Unknown parameter" not in response.content.decode(), (method, path, name)


def test_a_single_value_sent_twice_is_refused(calls: Any) -> None:
    """Which of the two was meant is unknown; filters of several values take them all."""
    client = client_as(Role.ADMINISTRATOR)
    for method, path, known in calls:
        for name, parameter in known.items():
            response = getattr(client, method)(f"{path}?{name}=1&{name}=2", {})
            refused = "Send this parameter only once." in response.content.decode()
            takes_many = parameter["schema"].get("type") == "array"
            assert refused != takes_many, (method, path, name, response.content)


def test_a_misspelt_filter_answers_no_list() -> None:
    JobFactory()
    client = client_as(Role.COORDINATOR)
    assert refused_field(client.get(f"{V1}/jobs/?stauts=open"), "stauts")
    assert client.get(f"{V1}/jobs/?status=open").json()["count"] == 1


@pytest.mark.parametrize(
    "ordering", ["nonsense", "name,nonsense", "--name", "-", "name,-name", "name,name", "password"]
)
def test_an_unknown_ordering_is_refused_by_name(ordering: str) -> None:
    message = refused_field(client_as(Role.COORDINATOR).get(f"{V1}/contractors/?ordering={ordering}"), "ordering")[0]
    assert "created_at" in message


@pytest.mark.parametrize("path", ["jobs", "contractors", "assignments"])
def test_every_documented_ordering_sorts_both_ways(path: str, calls: Any) -> None:
    client = client_as(Role.COORDINATOR)
    ContractorFactory()
    [known] = [known for method, address, known in calls if (method, address) == ("get", f"{V1}/{path}/")]
    names = [term for term in known["ordering"]["schema"]["items"]["enum"] if not term.startswith("-")]
    assert len(names) > 5
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        for term in (name, f"-{name}", f"{name},-{other}", f"{name}&ordering=-{other}"):
            response = client.get(f"{V1}/{path}/?ordering={term}")
            assert response.status_code == 200, (term, response.content)


def test_a_wrong_type_of_event_names_its_parameter() -> None:
    assert refused_field(client_as(Role.COORDINATOR).get(f"{V1}/events/?types=JobPainted"), "types")
    assert refused_field(client_as(Role.COORDINATOR).get(f"{V1}/events/?type=JobPainted"), "type")


def test_a_method_that_the_address_does_not_have_stays_a_405() -> None:
    assert client_as(Role.COORDINATOR).put(f"{V1}/dashboard/?x=1", {}).status_code == 405

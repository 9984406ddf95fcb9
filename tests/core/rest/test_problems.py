"""All errors of the API are problem documents."""

import json
from typing import Any, NoReturn
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from contractors import services
from contractors.models import Contractor
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.http.rate_limits import RateLimitMiddleware
from smartscheduler.core.rest.problems import Problem
from smartscheduler.errors import Busy
from tests.api import V1, ApiResponse, client_as, problem
from tests.factories import ContractorFactory

pytestmark = pytest.mark.django_db

URL = f"{V1}/contractors/"


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.ADMINISTRATOR)


def raw(
    api: APIClient, body: Any, content_type: str = "application/json", url: str = URL, **headers: Any
) -> ApiResponse:
    return api.generic("POST", url, body, content_type=content_type, **headers)


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "",
        "{'a': 1}",
        '{"name": NaN}',
        '{"name": Infinity}',
        '{"name": -Infinity}',
        '{"a": 1} {"b": 2}',
        b"\xff\xfe",
        b'{"name": "\xc3\x28"}',
        "[" * 100_000,
        '{"latitude": ' + "9" * 5000 + "}",
        '{"a": "\n"}',
        '{"name": "Ada", "name": "Bea"}',
        '{"location": {"city": "Austin", "city": "Dallas"}}',
    ],
    ids=range(14),
)
def test_malformed_json(api: APIClient, body: str | bytes) -> None:
    response = raw(api, body)
    if body == "":
        problem(response, 400, "invalid-input")
    else:
        problem(response, 400, "parse-error")
    assert not Contractor.objects.exists()


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "1", "true", "[{}]"])
def test_json_that_is_no_object(api: APIClient, body: str) -> None:
    problem(raw(api, body), 400, "invalid-input")
    problem(raw(APIClient(), body, url=f"{V1}/auth/login/"), 400, "invalid-input")
    assert not Contractor.objects.exists()


def test_a_body_of_ten_megabytes(api: APIClient) -> None:
    body = json.dumps({"name": "x" * 10_000_000})
    problem(raw(api, body), 413, "payload-too-large")
    problem(raw(APIClient(), body, url=f"{V1}/auth/login/"), 413, "payload-too-large")
    assert not Contractor.objects.exists()


def test_a_body_in_chunks_is_not_taken_for_an_empty_one(api: APIClient) -> None:
    response = raw(api, "{}", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
    problem(response, 411, "length-required")
    assert not Contractor.objects.exists()


def test_a_body_just_within_the_limit_is_read(api: APIClient, settings: Settings) -> None:
    body = json.dumps({"name": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE - 20)})
    problem(raw(api, body), 400, "invalid-input")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_another_media_type(api: APIClient, content_type: str) -> None:
    problem(raw(api, "name=Ada", content_type), 415, "unsupported-media-type")


def test_an_impossible_answer(api: APIClient) -> None:
    problem(api.get(URL, HTTP_ACCEPT="application/xml"), 406, "not-acceptable")


def test_a_method_that_is_none(api: APIClient) -> None:
    response = api.delete(URL)
    problem(response, 405, "method-not-allowed")
    assert "GET" in response["Allow"]
    problem(api.options(URL), 405, "method-not-allowed")
    problem(api.put(f"{V1}/assignments/{uuid4()}/", {}), 405, "method-not-allowed")
    problem(api.delete(f"{V1}/jobs/{uuid4()}/"), 405, "method-not-allowed")


@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize(
    "path", ["/api/", "/api/v2/", f"{V1}/", f"{V1}/contractors", f"{V1}/contractors/1/", f"{V1}/no/such/%00/"]
)
def test_an_address_that_is_none(api: APIClient, method: str, path: str) -> None:
    problem(getattr(api, method)(path), 404, "not-found")
    problem(getattr(APIClient(), method)(path), 404, "not-found")


def test_a_host_that_is_not_ours(api: APIClient) -> None:
    problem(api.get(URL, HTTP_HOST="evil.example"), 400, "bad-request")
    assert Client().get("/", HTTP_HOST="evil.example")["Content-Type"].startswith("text/html")


def test_a_failure_outside_the_views(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(self: Any, request: Any) -> NoReturn:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(RateLimitMiddleware, "__call__", fall)
    client = Client(raise_request_exception=False)
    response = client.get(URL)
    problem(response, 500, "internal-error")
    assert b"secret" not in response.content
    assert client.get("/admin/login/")["Content-Type"].startswith("text/html")


def test_a_missing_slash_is_named(api: APIClient) -> None:
    assert "slash" in problem(api.get(f"{V1}/contractors"), 404, "not-found")["detail"]


def test_a_query_string_of_rubbish(api: APIClient) -> None:
    for query in ("search=%00", "search=%ff%fe", "page=%00", "page_size=-1", "ordering=%00", "page=NaN"):
        assert api.get(f"{URL}?{query}").status_code in {200, 400, 404}


def test_the_unforeseen_says_nothing_of_itself(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(**kwargs: Any) -> NoReturn:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(services, "deactivate_contractor", fall)
    contractor = ContractorFactory()
    api.raise_request_exception = False
    response = api.delete(f"{URL}{contractor.pk}/")
    problem(response, 500, "internal-error")
    assert b"secret" not in response.content


@pytest.mark.parametrize(
    ("error", "code", "wait"), [(Busy("Later."), "busy", "1"), (OperationalError("gone"), "unavailable", "5")]
)
def test_what_may_pass_tells_when_to_come_back(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, error: Busy | OperationalError, code: str, wait: str
) -> None:
    def fall(**kwargs: Any) -> NoReturn:
        raise error

    monkeypatch.setattr(services, "deactivate_contractor", fall)
    api.raise_request_exception = False
    response = api.delete(f"{URL}{ContractorFactory().pk}/")
    problem(response, 503, code)
    assert response["Retry-After"] == wait


def test_an_id_of_the_client_is_taken(api: APIClient) -> None:
    response = api.get(f"{URL}{uuid4()}/", HTTP_X_REQUEST_ID="trace-42")
    assert problem(response, 404, "not-found")["trace_id"] == "trace-42"
    assert response["X-Request-ID"] == "trace-42"


@pytest.mark.parametrize("request_id", ["x" * 300, "a b", "é", "", "<script>"])
def test_an_id_that_could_harm_is_replaced(api: APIClient, request_id: str) -> None:
    response = api.get(URL, HTTP_X_REQUEST_ID=request_id)
    assert response.status_code == 200
    assert response["X-Request-ID"] != request_id
    assert len(response["X-Request-ID"]) == 36


def test_the_id_goes_into_the_event(api: APIClient) -> None:
    from smartscheduler.events.models import OutboxEvent

    api.delete(f"{URL}{ContractorFactory().pk}/", HTTP_X_REQUEST_ID="trace-43")
    assert OutboxEvent.objects.get().request_id == "trace-43"


@pytest.mark.parametrize("path", ["/admin/login/", f"{V1}/contractors/"])
def test_without_the_database_pages_ask_to_come_again_as_the_api_does(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def gone(*_: Any) -> NoReturn:
        raise OperationalError("no route")

    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_request", gone)
    response = client.get(path)
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_the_instance_is_a_uri_reference_for_any_path() -> None:
    document = Problem(code="not-found", detail="").as_json(instance="/api/v1/jobs/A× %/", trace_id="")
    assert document["instance"] == "/api/v1/jobs/A%C3%97%20%25/"

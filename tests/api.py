"""Helpers for API tests: real sign-ins and checks of problem documents."""

from typing import TYPE_CHECKING, Any, TypeAlias

from django.utils.encoding import escape_uri_path
from rest_framework.response import Response
from rest_framework.test import APIClient

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.service_accounts import create_service_account
from smartscheduler.accounts.tokens import sign_in
from smartscheduler.core.http.api_headers import RESPONSE_HEADERS, SAFELISTED
from smartscheduler.core.rest.error_catalog import KINDS
from smartscheduler.core.rest.openapi_examples import AUSTIN
from tests.factories import UserFactory
from tests.pages import PageResponse

if TYPE_CHECKING:
    from rest_framework.response import _MonkeyPatchedResponse

    # With what the test client adds to a response: a class of the type stubs only.
    ApiResponse: TypeAlias = _MonkeyPatchedResponse
else:
    ApiResponse = Response

V1 = "/api/v1"
# An id that belongs to nothing; the same in every worker, since it stands in names of tests.
NOBODY = "00000000-0000-4000-8000-000000000000"
PLACE = AUSTIN


def client_of(user: User) -> APIClient:
    """A client with an access token of `user`."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(user).access}")
    return client


def client_as(role: str = Role.COORDINATOR) -> APIClient:
    return client_of(UserFactory(role=role))


# For browsers alone: scripts have no use for them.
FOR_BROWSERS = {
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "Set-Cookie",
    "Strict-Transport-Security",
    "Vary",
    "X-Content-Type-Options",
    "X-Frame-Options",
}


def unexposed_headers(response: PageResponse | ApiResponse) -> set[str]:
    """Headers of an answer of the API that the scripts of another origin cannot read, although they may need them."""
    known = {name.lower() for name in (*RESPONSE_HEADERS, *SAFELISTED, *FOR_BROWSERS)}
    names = {name.lower() for name in response.headers}
    return {name for name in names - known if not name.startswith("access-control-")}


def client_with(*scopes: str, name: str = "Website") -> APIClient:
    """A client with the key of a new service account with these scopes."""
    client = APIClient()
    created = create_service_account(name=name, scopes=scopes, days=30, actor=None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {created.text}")
    return client


def problem(response: PageResponse | ApiResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document of `response`, after checking that it is one, of this status and code."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["type"] == f"/problems/{code}", document
    assert document["status"] == status
    assert (document["status"], document["title"]) == KINDS[code][:2]
    assert document["detail"]
    assert document["instance"] == escape_uri_path(response.wsgi_request.path)
    assert document["trace_id"] == response["X-Request-ID"]
    assert not unexposed_headers(response)
    return document


def refused_field(response: PageResponse | ApiResponse, field: str) -> list[str]:
    """What a 400 says of `field`."""
    errors: dict[str, list[str]] = problem(response, 400, "invalid-input")["errors"]
    assert field in errors, errors
    return errors[field]


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of `body` with the value at a dotted path replaced."""
    first, _, rest = path.partition(".")
    return {**body, first: changed(body.get(first, {}), rest, value) if rest else value}

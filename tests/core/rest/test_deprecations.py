"""Headers of deprecated operations and fields, and their marks in the OpenAPI document."""

from datetime import date
from typing import Any

import pytest
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from pytest_django import Settings
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient

from smartscheduler.core.rest.deprecations import deprecated
from smartscheduler.core.rest.views import ReadsBody


class OldView(ReadsBody):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    def query_parameters(self) -> dict[str, bool]:
        return {"old": False, "new": False}

    @extend_schema(responses={204: None}, operation_id="old")
    @deprecated(since=date(2026, 12, 1), sunset=date(2027, 6, 1))
    def get(self, request: Request) -> Response:
        """Get something old."""
        return Response({})

    @extend_schema(request=None, responses={204: None}, operation_id="old_field")
    @deprecated(since=date(2026, 12, 1), sunset=date(2027, 6, 1), fields=("old",))
    def post(self, request: Request) -> Response:
        """Take something old."""
        return Response({})


urlpatterns = [path("api/v1/old/", OldView.as_view())]
HEADERS = {
    "Deprecation": "@1796083200",
    "Sunset": "Tue, 01 Jun 2027 00:00:00 GMT",
    "Link": '</api/v1/docs/>; rel="deprecation"; type="text/html"',
}


@pytest.fixture
def api(settings: Settings) -> APIClient:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
    return APIClient()


def sent(response: Any) -> dict[str, str]:
    return {name: response[name] for name in HEADERS if name in response}


def test_a_deprecated_operation_says_so_in_each_answer(api: APIClient) -> None:
    assert sent(api.get("/api/v1/old/")) == HEADERS
    assert sent(api.get("/api/v1/old/?unknown=1")) == HEADERS


def test_a_deprecated_field_says_so_where_it_is_sent(api: APIClient) -> None:
    assert sent(api.post("/api/v1/old/", {"new": 1})) == {}
    assert sent(api.post("/api/v1/old/", {"old": 1})) == HEADERS
    assert sent(api.post("/api/v1/old/?old=1")) == HEADERS


def test_the_document_marks_it(api: APIClient) -> None:
    [calls] = SchemaGenerator(patterns=urlpatterns).get_schema(request=None, public=True)["paths"].values()
    assert calls["get"]["deprecated"] is True
    assert "deprecated" not in calls["post"]
    for call in calls.values():
        assert HEADERS.keys() <= call["responses"]["204"]["headers"].keys()

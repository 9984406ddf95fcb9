"""What the views of every app share: query parameters, pagination, ordering, and request bodies."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.http import QueryDict
from django_filters import MultipleChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from smartscheduler.core.rest.parsers import LengthRequired

# Of digits, that is.
LONGEST_NUMBER = 100


class Pagination(PageNumberPagination):
    """`{"count", "next", "previous", "results"}`, 20 a page; more than 100 counts as 100."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_page_size(self, request: Request) -> int:
        """Raises ValidationError rather than guess what `page_size=lots` means."""
        given = request.query_params.get(self.page_size_query_param)
        return self.page_size if given is None else min(_whole("page_size", given), self.max_page_size)

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return _whole("page", request.query_params.get(self.page_query_param, "1"))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """DRF's, with the limits."""
        found = super().get_schema_operation_parameters(view)
        return [{**one, "schema": {**one["schema"], "minimum": 1}} for one in found]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """DRF's, in the words of OpenAPI 3.1, which has no `nullable`: the first and the last page lack a link."""
        page = super().get_paginated_response_schema(schema)
        for link in ("next", "previous"):
            described = {name: value for name, value in page["properties"][link].items() if name != "nullable"}
            page["properties"][link] = {**described, "type": ["string", "null"]}
        # All four are in every answer.
        return {**page, "required": list(page["properties"])}


def _whole(name: str, text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else 0
    if number < 1:
        raise serializers.ValidationError({name: ["A whole number from 1 on."]})
    return number


def around_handler(view: APIView, request: Request, wrapper: Callable[..., Any]) -> None:
    """Let `wrapper(handler, request, …)` stand around the method that is about to be called.

    For `initial` of a view. A method that the view does not know goes on to its 405.
    """
    name = (request.method or "").lower()
    if handler := getattr(view, name, None):
        setattr(view, name, partial(wrapper, handler))


class KnownParameters(APIView):
    """For views: refuses, by name, a query parameter that the call does not have, and a single value sent twice."""

    # Describes the query string of a view that is not a list.
    query_serializer: type[serializers.Serializer[Any]] | None = None
    # The actions of a viewset that answer pages.
    list_actions = frozenset({"list"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # A method that the address does not have goes on to its 405.
        if hasattr(self, (request.method or "").lower()):
            check_parameters(request.query_params, self.query_parameters())

    def query_parameters(self) -> dict[str, bool]:
        """The names that the call takes, each with whether it may be sent more than once."""
        if self.query_serializer:
            return dict.fromkeys(self.query_serializer().fields, False)
        return _list_parameters(self) if getattr(self, "action", None) in self.list_actions else {}

    def query(self) -> dict[str, Any]:
        """The values of the query string. Raises ValidationError naming each parameter that is not right."""
        return _values(self.query_serializer or serializers.Serializer, self.request.query_params.dict())


class ReadsBody(KnownParameters):
    """For views: a body or a query string, checked by a serializer, as plain values."""

    def body(self, serializer: type[serializers.BaseSerializer[Any]], **kwargs: Any) -> dict[str, Any]:
        """The values of the request's body. Raises ValidationError naming each field that is not right."""
        # Without a length DRF would take any body for an empty one.
        if "HTTP_TRANSFER_ENCODING" in self.request.META and not self.request.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        return _values(serializer, self.request.data, **kwargs)


def _list_parameters(view: Any) -> dict[str, bool]:
    """What pagination and the filter backends of a list read from the query string."""
    pages = view.pagination_class
    names = {pages.page_query_param: False, pages.page_size_query_param: False}
    for backend in view.filter_backends:
        if issubclass(backend, DjangoFilterBackend):
            filters_of_view = view.filterset_class.base_filters.items()
            names |= {name: isinstance(each, MultipleChoiceFilter) for name, each in filters_of_view}
        else:
            names |= {parameter["name"]: False for parameter in backend().get_schema_operation_parameters(view)}
    return names


def check_parameters(query: QueryDict, known: Mapping[str, bool]) -> None:
    """Raise ValidationError naming each parameter that is not in `known`, or is sent twice and may not be.

    `known` maps the name of a parameter to whether it may be sent more than once.
    """
    errors = {}
    for name, values in query.lists():
        if name not in known:
            names = ", ".join(sorted(known))
            errors[name] = [f"There is no such parameter; this call takes {names or 'none'}."]
        elif len(values) > 1 and not known[name]:
            errors[name] = ["Send this parameter once."]
    if errors:
        raise serializers.ValidationError(errors)


def _values(kind: type[serializers.BaseSerializer[Any]], data: Any, **kwargs: Any) -> dict[str, Any]:
    serializer = kind(data=data, **kwargs)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)

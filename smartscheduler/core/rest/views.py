"""Base classes of the API views: query parameters and request bodies."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext
from django_filters import MultipleChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from smartscheduler.core.rest.deprecations import headers_for
from smartscheduler.core.rest.parsers import LengthRequired


def around_handler(view: APIView, request: Request, wrapper: Callable[..., Any]) -> None:
    """Wrap the handler of the present request: `wrapper(handler, request, *args, **kwargs)` runs in its place.

    Call it in `initial` of a view. A method without a handler still answers 405.
    """
    name = (request.method or "").lower()
    if handler := getattr(view, name, None):
        setattr(view, name, partial(wrapper, handler))


class KnownParameters(APIView):
    """Mixin for views: rejects unknown query parameters and repeated single values, by name."""

    # The serializer of the query string, for views that are not lists.
    query_serializer: type[serializers.Serializer[Any]] | None = None
    # The paginated actions of a viewset.
    list_actions = frozenset({"list"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # A method without a handler answers 405 first.
        if hasattr(self, (request.method or "").lower()):
            check_parameters(request.query_params, self.query_parameters())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in headers_for(self, request).items():
            answer[name] = value
        return answer

    def query_parameters(self) -> dict[str, bool]:
        """The accepted names, each with whether it may be sent more than once."""
        if self.query_serializer:
            return dict.fromkeys(self.query_serializer().fields, False)
        return _list_parameters(self) if getattr(self, "action", None) in self.list_actions else {}

    def query(self) -> dict[str, Any]:
        """The validated values of the query string. Raises ValidationError by parameter."""
        return values_of(self.query_serializer or serializers.Serializer, self.request.query_params.dict())


class ReadsBody(KnownParameters):
    """Mixin for views: the body and the query string as plain values, validated by a serializer."""

    def body(self, serializer: type[serializers.BaseSerializer[Any]], **kwargs: Any) -> dict[str, Any]:
        """The validated values of the request body. Raises ValidationError by field."""
        # Without Content-Length, DRF treats every body as empty.
        if "HTTP_TRANSFER_ENCODING" in self.request.META and not self.request.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        return values_of(serializer, self.request.data, **kwargs)


def _list_parameters(view: Any) -> dict[str, bool]:
    """The query parameters of a list's pagination and filter backends."""
    pages = view.pagination_class().get_schema_operation_parameters(view)
    names = {parameter["name"]: False for parameter in pages}
    for backend in view.filter_backends:
        if issubclass(backend, DjangoFilterBackend):
            filters_of_view = view.filterset_class.base_filters.items()
            names |= {name: isinstance(each, MultipleChoiceFilter) for name, each in filters_of_view}
        else:
            parameters = backend().get_schema_operation_parameters(view)
            names |= {parameter["name"]: parameter["schema"]["type"] == "array" for parameter in parameters}
    return names


def check_parameters(query: QueryDict, known: Mapping[str, bool]) -> None:
    """Raise ValidationError for each parameter that is unknown, or that is sent twice and must not be.

    `known` maps the name of a parameter to whether it may be sent more than once.
    """
    errors = {}
    for name, values in query.lists():
        if name not in known:
            errors[name] = [_unknown_parameter(known)]
        elif len(values) > 1 and not known[name]:
            errors[name] = [gettext("Send this parameter only once.")]
    if errors:
        raise serializers.ValidationError(errors)


def _unknown_parameter(known: Iterable[str]) -> str:
    if names := ", ".join(sorted(known)):
        return gettext("Unknown parameter. This request accepts: {names}.").format(names=names)
    return gettext("Unknown parameter. This request accepts no parameters.")


def values_of(kind: type[serializers.BaseSerializer[Any]], data: Any, **kwargs: Any) -> dict[str, Any]:
    serializer = kind(data=data, **kwargs)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)

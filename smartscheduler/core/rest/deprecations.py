"""Deprecated operations and fields: the headers `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link`.

docs/api.md has the policy. The OpenAPI document marks deprecated operations by itself; a deprecated field is marked by
`extend_schema_serializer(deprecate_fields=…)` of its serializer.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple, TypeVar

from django.utils.http import http_date
from rest_framework.request import Request

Handler = TypeVar("Handler", bound=Callable[..., Any])
PAGE = "/api/v1/docs/"
HEADERS = ("Deprecation", "Sunset", "Link")


class Deprecation(NamedTuple):
    """First day on which something is deprecated, the day from which it may be gone, and the fields, if not all."""

    since: date
    sunset: date
    fields: frozenset[str] = frozenset()

    def headers(self) -> dict[str, str]:
        since, sunset = (int(datetime.combine(day, time(), UTC).timestamp()) for day in (self.since, self.sunset))
        return {
            "Deprecation": f"@{since}",
            "Sunset": http_date(sunset),
            "Link": f'<{PAGE}>; rel="deprecation"; type="text/html"',
        }


def deprecated(*, since: date, sunset: date, fields: tuple[str, ...] = ()) -> Callable[[Handler], Handler]:
    """Decorator for a handler that is deprecated, or that takes deprecated `fields` in its body or its parameters."""

    def decorate(handler: Handler) -> Handler:
        handler.deprecation = Deprecation(since, sunset, frozenset(fields))  # type: ignore[attr-defined]
        return handler

    return decorate


def deprecation_of(view: Any, method: str) -> Deprecation | None:
    """The deprecation of the handler of `method`; None for most."""
    name = getattr(view, "action", None) or method.lower()
    deprecation: Deprecation | None = getattr(getattr(view, name, None), "deprecation", None)
    return deprecation


def headers_for(view: Any, request: Request) -> dict[str, str]:
    """The headers of an answer to a request that uses something deprecated; none for any other."""
    deprecation = deprecation_of(view, request.method or "")
    if deprecation is None:
        return {}
    if deprecation.fields:
        body = request.data if isinstance(request.data, dict) else {}
        if not deprecation.fields & {*request.query_params, *body}:
            return {}
    return deprecation.headers()

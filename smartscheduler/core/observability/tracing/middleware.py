"""Spans of HTTP requests, named after the route."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from smartscheduler.core.observability import tracing
from smartscheduler.core.observability.metrics.middleware import METHODS, route_of


class TracingMiddleware:
    """Opens a span below the client's `traceparent`. It must be listed after RequestIdMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        method = request.method if request.method in METHODS else "other"
        with tracing.span(method, parent=request.META.get("HTTP_TRACEPARENT", ""), kind="server") as span:
            response = self.get_response(request)
            if tracing.is_recording():
                route = route_of(request)
                span.name(f"{method} {route}")
                span.note(
                    http__request__method=method,
                    http__route=route,
                    http__response__status_code=response.status_code,
                    request__id=request.META["HTTP_X_REQUEST_ID"],
                )
        return response

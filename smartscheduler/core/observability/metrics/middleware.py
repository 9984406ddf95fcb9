"""Metrics of HTTP requests by route."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from smartscheduler.core.observability.metrics.definitions import REQUEST_SECONDS, REQUESTS

METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


class MeasuringMiddleware:
    """Counts and times requests. It must be listed before any middleware that answers itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        # Long polling waits on purpose; that time does not count.
        seconds = time.perf_counter() - began - getattr(request, "waited", 0.0)
        method, route = request.method if request.method in METHODS else "other", route_of(request)
        REQUESTS.add(method, route, str(response.status_code))
        REQUEST_SECONDS.observe(seconds, method, route)
        return response


def route_of(request: HttpRequest) -> str:
    """The URL pattern of the request, such as `/api/v1/jobs/<uuid:pk>/`; `static` or `none` without a match."""
    if request.resolver_match:
        return f"/{request.resolver_match.route}"
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"

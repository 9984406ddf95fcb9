"""Every request counted and timed, by its route."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from smartscheduler.core.observability.metrics.definitions import REQUEST_SECONDS, REQUESTS

METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


class MeasuringMiddleware:
    """It stands before everything that may answer by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        # Whoever asked to wait for news was not served slowly.
        seconds = time.perf_counter() - began - getattr(request, "waited", 0.0)
        method, route = request.method if request.method in METHODS else "other", route_of(request)
        REQUESTS.add(method, route, str(response.status_code))
        REQUEST_SECONDS.observe(seconds, method, route)
        return response


def route_of(request: HttpRequest) -> str:
    """The pattern that has matched: `api/v1/jobs/<uuid:pk>/`; one word for all that matches none."""
    if request.resolver_match:
        return f"/{request.resolver_match.route}"
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"

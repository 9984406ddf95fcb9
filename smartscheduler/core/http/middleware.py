"""What happens to every request before and after the views."""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

logger = structlog.get_logger(__name__)

# A client's own id is taken when it cannot harm a log line, a header or the outbox.
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}\Z")


class RequestIdMiddleware:
    """Take or make `X-Request-ID`, and return it. It stands before the logging, which reads the same header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if ACCEPTABLE_ID.match(given) else str(uuid.uuid4())
        request.META["HTTP_X_REQUEST_ID"] = request_id
        request.__dict__.pop("headers", None)  # a cached view of META
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class RequestLogMiddleware(RequestMiddleware):
    """A line when a request begins and one when it ends, with its path; what is searched for is nobody's business."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


class SlowRequestMiddleware:
    """Logs a request that takes longer than settings.SLOW_REQUEST_SECONDS, with the number of its queries."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began, queries = time.monotonic(), 0

        def count(execute: Callable[..., Any], *args: Any) -> Any:
            nonlocal queries
            queries += 1
            return execute(*args)

        with connection.execute_wrapper(count):
            response = self.get_response(request)
        # A request that was asked to wait for news is not slow for having waited.
        seconds = time.monotonic() - began - getattr(request, "waited", 0.0)
        if seconds > settings.SLOW_REQUEST_SECONDS:
            logger.warning("slow_request", path=request.path, milliseconds=round(seconds * 1_000), queries=queries)
        return response


class OneThreadMiddleware:
    """The innermost: being synchronous, it makes Django walk the whole chain in the thread of the view.

    Otherwise it would change threads for every middleware that can do both, which takes longer than many an answer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

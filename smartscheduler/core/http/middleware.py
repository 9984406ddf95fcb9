"""Middleware for request ids, ETags, the request log, slow requests, and the page of an unknown address."""

import re
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.views.defaults import page_not_found
from django_structlog.middlewares import RequestMiddleware

logger = structlog.get_logger(__name__)

# A client's id is accepted when it is safe in a log line, in a header, and in the outbox.
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}\Z")


class EtagMiddleware(ConditionalGetMiddleware):
    """Django's middleware without an ETag for errors, which are no state of a record."""

    def needs_etag(self, response: HttpResponseBase) -> bool:
        return response.status_code < HTTPStatus.BAD_REQUEST and super().needs_etag(response)


class RequestIdMiddleware:
    """Accept or create the `X-Request-ID`, and return it in the response.

    It must be listed before the logging middleware, which reads the same header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        client_id = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = client_id if ACCEPTABLE_ID.match(client_id) else str(uuid.uuid4())
        request.META["HTTP_X_REQUEST_ID"] = request_id
        request.__dict__.pop("headers", None)  # drop the cached copy of META
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class RequestLogMiddleware(RequestMiddleware):
    """Logs the start and the end of a request with its path, without the query string: it may hold personal data."""

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
        # Long polling waits on purpose; that time does not count.
        seconds = time.monotonic() - began - getattr(request, "waited", 0.0)
        if seconds > settings.SLOW_REQUEST_SECONDS:
            logger.warning("slow_request", path=request.path, milliseconds=round(seconds * 1_000), queries=queries)
        return response


class NotFoundMiddleware:
    """Shows the page for unknown addresses with `DEBUG` too, where Django would list all URL patterns."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if settings.DEBUG and response.status_code == HTTPStatus.NOT_FOUND and is_page:
            return page_not_found(request, Http404())
        return response


class OneThreadMiddleware:
    """The innermost middleware. It is synchronous, so that Django runs the whole chain in the thread of the view.

    Otherwise Django would switch threads for each middleware that is both synchronous and asynchronous, which takes
    longer than many responses.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

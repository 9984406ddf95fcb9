"""Problem documents (RFC 9457) for all errors of the API.

`type` ends in the code of the error. `errors` lists the messages of each field by path (`location.latitude`,
`working_hours.0.end_time`).
"""

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import Any

import structlog
from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.core.signals import got_request_exception
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext, ngettext
from django.views import defaults
from rest_framework import exceptions
from rest_framework.views import set_rollback

from smartscheduler.core.db.transactions import QUERY_CANCELED, invalid_input, sqlstate
from smartscheduler.core.rest.error_catalog import KINDS
from smartscheduler.core.rest.parsers import PayloadTooLarge
from smartscheduler.errors import Busy, DomainError

MEDIA_TYPE = "application/problem+json"
NO_FIELD = "non_field_errors"
# Messages in one response; the number of the others is added.
MOST_ERRORS = 50
# Field names and messages can repeat the input, so they are cut.
LONGEST_NAME, LONGEST_MESSAGE = 200, 1_000
# The services name flat fields; the API nests these inside `location`.
LOCATION_FIELDS = frozenset({"latitude", "longitude", "address", "city", "state", "zip_code"})

# The database does not answer or has closed the connection.
OUT_OF_REACH = (OperationalError, InterfaceError)

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error before it is rendered as a problem document."""

    code: str
    detail: str
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return KINDS[self.code].status

    def as_json(self, *, instance: str, trace_id: str) -> dict[str, Any]:
        """The problem document with `trace_id`, `errors`, and the members of `extra`. `instance` is a decoded path."""
        document = {
            "type": f"/problems/{self.code}",
            "title": str(KINDS[self.code].title),
            "status": self.status,
            "detail": self.detail,
            "instance": escape_uri_path(instance),
            "trace_id": trace_id,
        }
        return {**self.extra, **document, **({"errors": self.errors} if self.errors else {})}


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> JsonResponse:
    """DRF's exception handler: unexpected exceptions become a generic 500 without details."""
    set_rollback()
    problem = describe(exc)
    request: HttpRequest = context["request"]._request
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(exc, DomainError):
        logger.error("unforeseen_error", path=request.path, exc_info=exc)
        got_request_exception.send(sender=None, request=request)
    return respond(request, problem)


def respond(request: HttpRequest, problem: Problem) -> JsonResponse:
    """The HTTP response with the problem document."""
    document = problem.as_json(instance=request.path, trace_id=request.META.get("HTTP_X_REQUEST_ID", ""))
    # JsonResponse escapes everything outside ASCII, so a lone surrogate in rejected input cannot break the response.
    return JsonResponse(document, status=problem.status, content_type=MEDIA_TYPE, headers=dict(problem.headers))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400, for requests that fail before any view: a problem document for the API, else a page."""
    if request.path.startswith("/api/"):
        return respond(request, describe(exception))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500, for errors outside the views. Without the database, pages also answer 503."""
    error = sys.exc_info()[1]
    problem = describe(error if isinstance(error, OUT_OF_REACH) else Exception())
    if request.path.startswith("/api/"):
        return respond(request, problem)
    if problem.code == "internal-error":
        return defaults.server_error(request)
    text = f"{problem.detail}\n"
    headers = dict(problem.headers)
    return HttpResponse(text, status=problem.status, content_type="text/plain; charset=utf-8", headers=headers)


def describe(exc: Exception) -> Problem:
    """The problem for an exception; `internal-error` for an unknown one."""
    for kinds, describe_error in KNOWN:
        if isinstance(exc, kinds):
            return describe_error(exc)
    return Problem(code="internal-error", detail=gettext("An internal error occurred."))


def _of_domain(error: DomainError) -> Problem:
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, Busy) else {}
    return Problem(
        code=error.code,
        detail=error.detail,
        errors={_api_name(name): messages for name, messages in error.errors.items()},
        extra=error.extra,
        headers=headers,
    )


def _api_name(name: str) -> str:
    return f"location.{name}" if name in LOCATION_FIELDS else name


def _of_validation(error: exceptions.ValidationError) -> Problem:
    errors: dict[str, list[str]] = {}
    messages_by_path = _messages(error.detail)
    for path, message in islice(messages_by_path, MOST_ERRORS):
        # An error of a nested object as a whole belongs to the name of the object.
        name = (path or NO_FIELD).removesuffix(f".{NO_FIELD}")
        errors.setdefault(name, []).append(message)
    name, messages = next(iter(errors.items()), (NO_FIELD, [gettext("The input is not valid.")]))
    detail = messages[0] if name == NO_FIELD else f"{name}: {messages[0]}"
    if more := sum(1 for _ in messages_by_path):
        text = ngettext("There is {count} more error.", "There are {count} more errors.", more)
        errors.setdefault(NO_FIELD, []).append(text.format(count=more))
    return Problem(code="invalid-input", detail=detail, errors=errors)


def _messages(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Pairs of dotted field path and message, in the order of a ValidationError's detail."""
    if isinstance(detail, Mapping):
        for name, item in detail.items():
            name = _cut(str(name), LONGEST_NAME)
            yield from _messages(item, f"{path}.{name}" if path else name)
    elif isinstance(detail, list):
        for number, item in enumerate(detail):
            nested = not isinstance(item, str)
            yield from _messages(item, f"{path}.{number}" if path and nested else str(number) if nested else path)
    else:
        yield path, _cut(str(detail), LONGEST_MESSAGE)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _of_api(error: exceptions.APIException) -> Problem:
    detail = error.detail.get("detail", "") if isinstance(error.detail, dict) else error.detail
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    return Problem(code=_code_of(error), detail=str(detail), headers=headers)


def _code_of(error: exceptions.APIException) -> str:
    """The code of the error, or the first code with the same status for an error of a library."""
    code = error.default_code.replace("_", "-")
    same = (name for name, kind in KINDS.items() if kind.status == error.status_code)
    return code if code in KINDS else next(same, "internal-error")


def _out_of_reach(error: DatabaseError) -> Problem:
    if sqlstate(error) == QUERY_CANCELED:
        return Problem(
            code="too-slow",
            detail=gettext("The database query took too long. Request less data or try again later."),
            headers={"Retry-After": "30"},
        )
    return Problem(
        code="unavailable",
        detail=gettext("The database does not answer. Try again in a moment."),
        headers={"Retry-After": "5"},
    )


# The first match applies, so subclasses come before their base classes.
KNOWN: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any], Problem]], ...] = (
    (DomainError, _of_domain),
    (exceptions.ValidationError, _of_validation),
    (exceptions.APIException, _of_api),
    (ValidationError, lambda exc: _of_domain(invalid_input(exc))),
    (
        (Http404, ObjectDoesNotExist),
        lambda exc: _of_api(exceptions.NotFound(gettext("There is nothing at this address."))),
    ),
    (PermissionDenied, lambda exc: _of_api(exceptions.PermissionDenied())),
    (RequestDataTooBig, lambda exc: _of_api(PayloadTooLarge())),
    (SuspiciousOperation, lambda exc: Problem(code="bad-request", detail=gettext("The request is not valid."))),
    (OUT_OF_REACH, _out_of_reach),
)

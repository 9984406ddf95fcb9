"""Every error of the API as a problem document (RFC 9457): one place, one shape.

`type` ends in the code of the error; `errors` names fields by path (`location.latitude`,
`working_hours.0.end_time`) and lists what is wrong with each.
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
from django.views import defaults
from rest_framework import exceptions
from rest_framework.views import set_rollback

from smartscheduler.core.db.transactions import QUERY_CANCELED, invalid_input, sqlstate
from smartscheduler.core.rest.error_catalogue import KINDS
from smartscheduler.core.rest.parsers import PayloadTooLarge
from smartscheduler.errors import Busy, DomainError

MEDIA_TYPE = "application/problem+json"
NO_FIELD = "non_field_errors"
# An answer tells so many errors, and the number of the others.
MOST_ERRORS = 50
# A name or a message that repeats what was sent is cut.
LONGEST_NAME, LONGEST_MESSAGE = 200, 1_000
# The services speak of flat fields; on the wire these lie inside `location`.
LOCATION_FIELDS = frozenset({"latitude", "longitude", "address", "city", "state", "zip_code"})

# The database does not answer, or has closed the connection under us.
OUT_OF_REACH = (OperationalError, InterfaceError)

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What went wrong, before it is put on the wire."""

    code: str
    detail: str
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return KINDS[self.code].status

    def as_json(self, *, instance: str, trace_id: str) -> dict[str, Any]:
        """The document of RFC 9457, with our `trace_id` and `errors` and the members of `extra`."""
        document = {
            "type": f"/problems/{self.code}",
            "title": KINDS[self.code].title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "trace_id": trace_id,
        }
        return {**self.extra, **document, **({"errors": self.errors} if self.errors else {})}


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> JsonResponse:
    """DRF's hook: any exception becomes a problem document; the unforeseen one says nothing of itself."""
    set_rollback()
    problem = describe(exc)
    request: HttpRequest = context["request"]._request
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(exc, DomainError):
        logger.error("unforeseen_error", path=request.path, exc_info=exc)
        got_request_exception.send(sender=None, request=request)
    return respond(request, problem)


def respond(request: HttpRequest, problem: Problem) -> JsonResponse:
    """The answer to `request` that carries `problem`."""
    document = problem.as_json(instance=request.path, trace_id=request.META.get("HTTP_X_REQUEST_ID", ""))
    # JsonResponse writes pure ASCII, so a lone surrogate in a refused value cannot break the answer.
    return JsonResponse(document, status=problem.status, content_type=MEDIA_TYPE, headers=dict(problem.headers))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What is refused before any view: a document for the API, Django's page for everybody else."""
    if request.path.startswith("/api/"):
        return respond(request, describe(exception))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The same for what fails outside the views; without the database pages too ask to come again."""
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
    """The problem that an exception stands for."""
    for kinds, tell in KNOWN:
        if isinstance(exc, kinds):
            return tell(exc)
    return Problem(code="internal-error", detail="Something went wrong on our side.")


def _of_domain(error: DomainError) -> Problem:
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, Busy) else {}
    return Problem(
        code=error.code,
        detail=error.detail,
        errors={_on_the_wire(name): found for name, found in error.errors.items()},
        extra=error.extra,
        headers=headers,
    )


def _on_the_wire(name: str) -> str:
    return f"location.{name}" if name in LOCATION_FIELDS else name


def _of_validation(error: exceptions.ValidationError) -> Problem:
    errors: dict[str, list[str]] = {}
    told = _messages(error.detail)
    for path, message in islice(told, MOST_ERRORS):
        # What is wrong with a nested object as a whole belongs to the object's own name.
        name = (path or NO_FIELD).removesuffix(f".{NO_FIELD}")
        errors.setdefault(name, []).append(message)
    name, messages = next(iter(errors.items()), (NO_FIELD, ["The input is not valid."]))
    detail = messages[0] if name == NO_FIELD else f"{name}: {messages[0]}"
    if more := sum(1 for _ in told):
        errors.setdefault(NO_FIELD, []).append(f"There are {more} more errors.")
    return Problem(code="invalid-input", detail=detail, errors=errors)


def _messages(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each message of a ValidationError's detail with the dotted path of its field, in the order of the detail."""
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
    """Its own code, or that of the first kind with its status: a library may know more errors than we do."""
    code = error.default_code.replace("_", "-")
    same = (name for name, kind in KINDS.items() if kind.status == error.status_code)
    return code if code in KINDS else next(same, "internal-error")


def _out_of_reach(error: DatabaseError) -> Problem:
    if sqlstate(error) == QUERY_CANCELED:
        return Problem(
            code="too-slow",
            detail="The database takes too long to answer this; ask for less, or try again later.",
            headers={"Retry-After": "30"},
        )
    return Problem(
        code="unavailable",
        detail="The database does not answer; try again in a moment.",
        headers={"Retry-After": "5"},
    )


# The first that fits; a subclass stands before its base.
KNOWN: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any], Problem]], ...] = (
    (DomainError, _of_domain),
    (exceptions.ValidationError, _of_validation),
    (exceptions.APIException, _of_api),
    (ValidationError, lambda exc: _of_domain(invalid_input(exc))),
    ((Http404, ObjectDoesNotExist), lambda exc: _of_api(exceptions.NotFound("There is nothing at this address."))),
    (PermissionDenied, lambda exc: _of_api(exceptions.PermissionDenied())),
    (RequestDataTooBig, lambda exc: _of_api(PayloadTooLarge())),
    (SuspiciousOperation, lambda exc: Problem(code="bad-request", detail="The request is not valid.")),
    (OUT_OF_REACH, _out_of_reach),
)

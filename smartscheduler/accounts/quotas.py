"""What one account, or one address without an account, may ask of the web: so much a minute, and so much at once.

Requests of the API with an account are counted by `throttling.RoleThrottle`; everything else is counted here.
"""

import weakref
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework_simplejwt.exceptions import TokenError

from smartscheduler.accounts.tokens import SignedAccess
from smartscheduler.core.http.client_networks import network_of
from smartscheduler.core.http.concurrency_shares import Shares
from smartscheduler.core.http.rate_limits import counted_of
from smartscheduler.core.rest.problems import Problem, respond

# How long a request waits for one of its account to end, and how many may wait for each that is under way.
PATIENCE_SECONDS = 5.0
WAITING_FOR_EACH = 2
# Container engines and proxies ask again and again, and their answers cost nothing.
UNCOUNTED = ("/api/v1/health/",)
# These take whoever calls for a visitor, whatever session or token comes along; so does the count.
OPEN = ("/api/v1/auth/login/", "/api/v1/auth/refresh/")
API, PARTS = "/api/", ("/live/", "/admin/autocomplete/")
FILES = (".csv", ".xlsx", ".json")
# What a page costs of the quota of a minute: a search looks at every record, a file reads every one.
SEARCH_UNITS, FILE_UNITS = 2, 5

REQUESTS = Shares()


class Asker(NamedTuple):
    """Who a request counts for: an account, or the address of a visitor."""

    key: str
    has_account: bool


class QuotaMiddleware:
    """Refuses with 429 what goes beyond a quota: as a problem document in the API, as a page elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.RATE_LIMITS or request.path_info.startswith(UNCOUNTED):
            return self.get_response(request)
        asker = asker_of(request)
        if wait := _wait(request, asker):
            return _too_many(request, "Too many requests in the last minute.", wait)
        if not _enter(asker.key):
            return _too_many(request, f"{settings.REQUESTS_AT_ONCE} requests are under way already.", 1)
        place = _Place(asker.key)
        request.leave_quota = place.leave  # type: ignore[attr-defined]  # for those who only wait from now on
        try:
            response = self.get_response(request)
        except BaseException:
            place.leave()
            raise
        if response.streaming:
            place.keep_until_closed(response)
        else:
            place.leave()
        return response


class _Place:
    """One of an asker's places; given back once."""

    def __init__(self, key: str) -> None:
        self.leave = weakref.finalize(self, REQUESTS.leave, key)

    def keep_until_closed(self, response: HttpResponse) -> None:
        """A file that leaves piece by piece holds its place; one whose client has gone is only forgotten.

        Nothing here refers to the response: it goes at once, without the garbage collector.
        """
        response._resource_closers.append(self.leave)  # type: ignore[attr-defined]
        response.place = self  # type: ignore[attr-defined]


def asker_of(request: HttpRequest) -> Asker:
    """The account of the session or of the access token; of the latter only the signature is looked at."""
    if request.path_info.startswith(OPEN):
        return Asker(network_of(request.META.get("REMOTE_ADDR", "")), False)
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer" and request.path_info.startswith(API):
        try:
            return Asker(str(SignedAccess(token.strip())["user_id"]), True)
        except (TokenError, KeyError):
            return Asker(network_of(request.META.get("REMOTE_ADDR", "")), False)
    if request.user.is_authenticated:
        return Asker(str(request.user.pk), True)
    return Asker(network_of(request.META.get("REMOTE_ADDR", "")), False)


def kind_of(request: HttpRequest, asker: Asker) -> str | None:
    """The quota that the request counts for; None for the API's own."""
    if not asker.has_account:
        return "visitors"
    if request.path_info.startswith(API):
        return None
    return "parts" if request.path_info.startswith(PARTS) or "HTTP_HX_REQUEST" in request.META else "pages"


def units_of(request: HttpRequest) -> int:
    """What the request takes of its quota."""
    if request.path_info.endswith(FILES):
        return FILE_UNITS
    return SEARCH_UNITS if request.GET.get("q") or request.GET.get("term") else 1


def _wait(request: HttpRequest, asker: Asker) -> float:
    """Seconds until the request may come again; 0 when it is within its quota."""
    kind = kind_of(request, asker)
    if kind is None:
        return 0.0
    count = counted_of(kind, asker.key, units_of(request))
    return 0.0 if count is None or count.allowed else max(count.wait, 1.0)


def _enter(key: str) -> bool:
    most = settings.REQUESTS_AT_ONCE
    if REQUESTS.is_full(key, most) and not connection.in_atomic_block:
        connection.close()  # who waits holds no connection to the database
    return REQUESTS.enter(key, most=most, waiting=most * WAITING_FOR_EACH, seconds=PATIENCE_SECONDS)


def _too_many(request: HttpRequest, sentence: str, wait: float) -> HttpResponse:
    headers = {"Retry-After": str(max(1, round(wait + 0.5)))}
    if request.path_info.startswith(API):
        return respond(request, Problem(code="throttled", detail=sentence, headers=headers))
    answer = render(request, "429.html", {"sentence": sentence, "seconds": headers["Retry-After"]}, status=429)
    for name, value in headers.items():
        answer[name] = value
    return answer

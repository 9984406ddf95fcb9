"""Quotas for each account or anonymous address: requests per minute, and concurrent requests.

`throttling.RoleThrottle` counts API requests with an account per minute; everything else is counted here.
"""

import weakref
from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from rest_framework_simplejwt.exceptions import TokenError

from smartscheduler.accounts.authentication import key_of
from smartscheduler.accounts.service_accounts import find_key
from smartscheduler.accounts.tokens import SignedAccess
from smartscheduler.core.http.client_networks import network_of
from smartscheduler.core.http.concurrency_shares import Shares
from smartscheduler.core.http.rate_limits import counted_of
from smartscheduler.core.rest.problems import Problem, respond

# How long a request waits for another one of its account to end, and how many may wait per running request.
PATIENCE_SECONDS = 5.0
WAITING_FOR_EACH = 2
# Health checks of container engines and proxies are frequent and cheap.
UNCOUNTED = ("/api/v1/health/",)
# Endpoints that ignore credentials; their requests count for the address.
OPEN = ("/api/v1/auth/login/", "/api/v1/auth/refresh/")
API, PARTS = "/api/", ("/live/", "/admin/autocomplete/")
FILES = (".csv", ".xlsx", ".json")
# Cost of a request in units of the quota: a search scans all records, an export reads all of them.
SEARCH_UNITS, FILE_UNITS = 2, 5

REQUESTS = Shares()


class Asker(NamedTuple):
    """The account, or the address without an account, that a request counts for."""

    key: str
    has_account: bool


class QuotaMiddleware:
    """Answers 429 to requests beyond a quota: a problem document in the API, a page elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.RATE_LIMITS or request.path_info.startswith(UNCOUNTED):
            return self.get_response(request)
        asker = asker_of(request)
        if wait := _wait(request, asker):
            return _too_many(request, gettext("Too many requests in the last minute."), wait)
        if not _enter(asker.key):
            most = settings.REQUESTS_AT_ONCE
            text = ngettext(
                "{count} request is already in progress.", "{count} requests are already in progress.", most
            )
            return _too_many(request, text.format(count=most), 1)
        place = _Place(asker.key)
        request.leave_quota = place.leave  # type: ignore[attr-defined]  # for views that only wait from now on
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
    """One of the concurrent places of an account or address; released once."""

    def __init__(self, key: str) -> None:
        self.leave = weakref.finalize(self, REQUESTS.leave, key)

    def keep_until_closed(self, response: HttpResponse) -> None:
        """Keep the place of a streaming response until it is closed, or garbage-collected after a disconnect.

        Nothing here refers to the response, so that reference counting frees it immediately.
        """
        response._resource_closers.append(self.leave)  # type: ignore[attr-defined]
        response.place = self  # type: ignore[attr-defined]


def asker_of(request: HttpRequest) -> Asker:
    """The account of the session, the access token or the key. Of a token, only the signature is verified here."""
    if request.path_info.startswith(OPEN):
        return Asker(network_of(request.META.get("REMOTE_ADDR", "")), False)
    header = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, token = header.partition(" ")
    if request.path_info.startswith(API) and (text := key_of(header)):
        key = find_key(text)
        request.service_key = key  # type: ignore[attr-defined]  # for BearerAuthentication
        if key is not None:
            return Asker(str(key.account_id), True)
        return Asker(network_of(request.META.get("REMOTE_ADDR", "")), False)
    if scheme.lower() == "bearer" and request.path_info.startswith(API):
        try:
            return Asker(str(SignedAccess(token.strip())["user_id"]), True)
        except (TokenError, KeyError):
            return Asker(network_of(request.META.get("REMOTE_ADDR", "")), False)
    if request.user.is_authenticated:
        return Asker(str(request.user.pk), True)
    return Asker(network_of(request.META.get("REMOTE_ADDR", "")), False)


def kind_of(request: HttpRequest, asker: Asker) -> str | None:
    """Name of the quota of the request; None for API requests with an account, which DRF counts."""
    if not asker.has_account:
        return "visitors"
    if request.path_info.startswith(API):
        return None
    return "parts" if request.path_info.startswith(PARTS) or "HTTP_HX_REQUEST" in request.META else "pages"


def units_of(request: HttpRequest) -> int:
    """Cost of the request in units of its quota."""
    if request.path_info.endswith(FILES):
        return FILE_UNITS
    return SEARCH_UNITS if request.GET.get("q") or request.GET.get("term") else 1


def _wait(request: HttpRequest, asker: Asker) -> float:
    """Seconds until the request can be repeated; 0 if it is within its quota."""
    kind = kind_of(request, asker)
    if kind is None:
        return 0.0
    count = counted_of(kind, asker.key, units_of(request))
    return 0.0 if count is None or count.allowed else max(count.wait, 1.0)


def _enter(key: str) -> bool:
    most = settings.REQUESTS_AT_ONCE
    if REQUESTS.is_full(key, most) and not connection.in_atomic_block:
        connection.close()  # a waiting request must not hold a database connection
    return REQUESTS.enter(key, most=most, waiting=most * WAITING_FOR_EACH, seconds=PATIENCE_SECONDS)


def _too_many(request: HttpRequest, sentence: str, wait: float) -> HttpResponse:
    seconds = max(1, round(wait + 0.5))
    headers = {"Retry-After": str(seconds)}
    if request.path_info.startswith(API):
        return respond(request, Problem(code="throttled", detail=sentence, headers=headers))
    answer = render(request, "429.html", {"sentence": sentence, "seconds": seconds}, status=429)
    for name, value in headers.items():
        answer[name] = value
    return answer

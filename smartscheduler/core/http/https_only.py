"""Middleware that answers API requests over plain HTTP with 403; pages are redirected to HTTPS instead.

API clients follow redirects silently and would keep sending their token in clear text.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from smartscheduler.core.rest.problems import Problem, respond

# Container engines and Prometheus send their requests inside the network, without the proxy.
EXEMPT = re.compile(r"/api/v1/(health/|metrics/?\Z)")


class PlainHttpMiddleware:
    """Must be listed after Django's SecurityMiddleware, whose redirect excludes the API (SECURE_REDIRECT_EXEMPT)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        plain = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if plain and request.path_info.startswith("/api/") and not EXEMPT.match(request.path_info):
            detail = gettext("Send the request over HTTPS, with a new token.")
            return respond(request, Problem(code="https-required", detail=detail))
        return self.get_response(request)

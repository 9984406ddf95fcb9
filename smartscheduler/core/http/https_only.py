"""The API over plain HTTP: refused, where pages are sent to HTTPS.

A redirect would be followed by a program without a word, and its token would go over the wire again and again.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from smartscheduler.core.rest.problems import Problem, respond

# Container engines and Prometheus ask inside the network, past the proxy.
EXEMPT = re.compile(r"/api/v1/(health/|metrics/?\Z)")


class PlainHttpMiddleware:
    """Stands behind Django's SecurityMiddleware, whose redirect leaves the API out (SECURE_REDIRECT_EXEMPT)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        plain = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if plain and request.path_info.startswith("/api/") and not EXEMPT.match(request.path_info):
            return respond(request, Problem(code="https-required", detail="Ask again over HTTPS; use a new token."))
        return self.get_response(request)

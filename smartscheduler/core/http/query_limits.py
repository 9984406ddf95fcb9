"""Middleware that limits the length of query parameters before any view or filter reads them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from smartscheduler.core.rest.problems import Problem, respond

# The board requests the rows of up to 500 contractors by their ids, 37 characters each.
LONGEST_NAME, LONGEST_VALUE = 100, 20_000


class QueryLimitMiddleware:
    """Answers 400, naming the parameter, when it is too long. Django limits the number of parameters."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name, values in request.GET.lists():
            if len(name) > LONGEST_NAME:
                rule = gettext("The name of a parameter may have at most {count} characters.")
                return _refusal(request, name[:LONGEST_NAME], rule.format(count=LONGEST_NAME))
            if any(len(value) > LONGEST_VALUE for value in values):
                rule = gettext("The value may have at most {count} characters.")
                return _refusal(request, name, rule.format(count=LONGEST_VALUE))
        return self.get_response(request)


def _refusal(request: HttpRequest, name: str, rule: str) -> HttpResponse:
    detail = f"{name}: {rule}"
    if request.path.startswith("/api/"):
        return respond(request, Problem(code="invalid-input", detail=detail, errors={name: [rule]}))
    return HttpResponse(detail, status=400, content_type="text/plain; charset=utf-8")

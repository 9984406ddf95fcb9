"""How long one parameter of an address may be, before any view or filter reads it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from smartscheduler.core.rest.problems import Problem, respond

# The board asks for the lanes of up to 500 contractors by their ids, 37 characters each.
LONGEST_NAME, LONGEST_VALUE = 100, 20_000


class QueryLimitMiddleware:
    """Answers 400, naming the parameter, to an address with a longer one. How many there may be is Django's to say."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name, values in request.GET.lists():
            if len(name) > LONGEST_NAME:
                return _refusal(request, name[:LONGEST_NAME], f"A name has at most {LONGEST_NAME} characters.")
            if any(len(value) > LONGEST_VALUE for value in values):
                return _refusal(request, name, f"At most {LONGEST_VALUE} characters.")
        return self.get_response(request)


def _refusal(request: HttpRequest, name: str, rule: str) -> HttpResponse:
    detail = f"{name}: {rule}"
    if request.path.startswith("/api/"):
        return respond(request, Problem(code="invalid-input", detail=detail, errors={name: [rule]}))
    return HttpResponse(detail, status=400, content_type="text/plain; charset=utf-8")

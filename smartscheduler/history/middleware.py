"""The source of the changes that a request makes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from smartscheduler.core.actors import source

# By the beginning of the address.
SOURCES = {"/admin/": "back-office", "/api/": "API"}


class AuthorMiddleware:
    """Set the source of a request. Its person is asked for at the first write: a token is read by the view itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        kind = next((kind for start, kind in SOURCES.items() if request.path_info.startswith(start)), "page")
        name, address = f"{request.method} {request.path_info}", request.META.get("REMOTE_ADDR", "")
        with source(kind, name, lambda: getattr(request, "user", None), address=address):
            return self.get_response(request)

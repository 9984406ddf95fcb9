"""Middleware that sets the source of changes made by a request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from smartscheduler.core.actors import source

# Sources by path prefix; all other paths are pages.
SOURCES = {"/admin/": "back-office", "/api/": "API"}


class AuthorMiddleware:
    """Sets the source of a request. The user is read lazily at the first write: API views authenticate later."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        kind = next((kind for start, kind in SOURCES.items() if request.path_info.startswith(start)), "page")
        name, address = f"{request.method} {request.path_info}", request.META.get("REMOTE_ADDR", "")
        with source(kind, name, lambda: getattr(request, "user", None), address=address):
            return self.get_response(request)

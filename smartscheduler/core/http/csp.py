"""Content security policy by path: looser in the admin, stricter for API responses."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Alpine in the admin evaluates attributes and writes inline styles; so does Swagger UI.
LOOSE_PATHS = ("/admin/", "/api/v1/docs/")
LOOSER = {
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}
# API responses are data. Opened as a page, they must not load, submit, or run anything.
DATA_PATHS = ("/api/",)
DATA = {"default-src": ["'none'"], "img-src": None, "form-action": ["'none'"], "sandbox": True}


class PolicyByPathMiddleware:
    """Allow inline and evaluated scripts under `LOOSE_PATHS` only, and nothing in data.

    It must be listed after django-csp's middleware, which reads the attributes set here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(LOOSE_PATHS):
            response._csp_update = LOOSER  # type: ignore[attr-defined]
        elif request.path_info.startswith(DATA_PATHS):
            response._csp_replace = DATA  # type: ignore[attr-defined]
        return response

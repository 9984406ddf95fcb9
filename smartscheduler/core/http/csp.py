"""Where the content security policy is looser than elsewhere, and where it is stricter."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# The admin's Alpine evaluates attributes and writes a theme into the page; so does Swagger.
LOOSE_PATHS = ("/admin/", "/api/v1/docs/")
LOOSER = {
    "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}
# An answer of the API is data: opened as a page it may load, send and run nothing.
DATA_PATHS = ("/api/",)
DATA = {"default-src": ["'none'"], "img-src": None, "form-action": ["'none'"], "sandbox": True}


class PolicyByPathMiddleware:
    """Inline and evaluated scripts under `LOOSE_PATHS` alone, nothing in data. It stands inside django-csp's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(LOOSE_PATHS):
            response._csp_update = LOOSER  # type: ignore[attr-defined]
        elif request.path_info.startswith(DATA_PATHS):
            response._csp_replace = DATA  # type: ignore[attr-defined]
        return response

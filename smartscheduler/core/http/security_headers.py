"""What every answer tells browsers, besides what Django and django-csp make it say."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# No page asks for any of these, and nothing that gets into one shall.
FORBIDDEN = ("camera", "display-capture", "geolocation", "microphone", "payment", "publickey-credentials-get", "usb")
HEADERS = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FORBIDDEN),
    "Cross-Origin-Resource-Policy": "same-origin",
    # People and their telephone numbers are no business of a cache. Files below /static/ say otherwise themselves; an
    # ETag is of use all the same, to clients that keep it and send If-None-Match.
    "Cache-Control": "no-store",
}


class HeadersMiddleware:
    """Adds `HEADERS` where the answer does not say otherwise, and refuses methods that nobody has a use for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The API refuses them by itself, with a problem document; a page would take TRACE for GET.
        known = request.method in METHODS or request.path_info.startswith("/api/")
        response = self.get_response(request) if known else HttpResponseNotAllowed(METHODS)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

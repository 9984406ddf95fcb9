"""Security headers of all responses, in addition to those of Django and django-csp."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# Browser features that no page uses; disabled so that an injected script cannot use them either.
FORBIDDEN = ("camera", "display-capture", "geolocation", "microphone", "payment", "publickey-credentials-get", "usb")
HEADERS = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FORBIDDEN),
    "Cross-Origin-Resource-Policy": "same-origin",
    # Responses contain personal data and must not be cached. Files below /static/ set their own header. Clients can
    # still keep an ETag and send If-None-Match.
    "Cache-Control": "no-store",
}


class HeadersMiddleware:
    """Adds `HEADERS` that the response does not set itself, and rejects unknown methods."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The API rejects unknown methods with a problem document. Django's pages would treat TRACE like GET.
        known = request.method in METHODS or request.path_info.startswith("/api/")
        response = self.get_response(request) if known else HttpResponseNotAllowed(METHODS)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

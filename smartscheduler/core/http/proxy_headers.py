"""Who asks, when a proxy stands in front: its word about the client and about TLS, and nobody else's."""

from typing import Any

from django.conf import settings
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


def behind_proxies(application: Any) -> Any:
    """The ASGI `application` with client and scheme as the proxies of settings.TRUSTED_PROXIES report them.

    Not left to the switches of the server, so that what is trusted is said in one place.
    """
    return ProxyHeadersMiddleware(application, trusted_hosts=settings.TRUSTED_PROXIES)

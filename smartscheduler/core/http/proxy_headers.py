"""Client address and scheme behind reverse proxies; forwarded headers are trusted from configured proxies only."""

from typing import Any

from django.conf import settings
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


def behind_proxies(application: Any) -> Any:
    """The ASGI `application` with client address and scheme as reported by the proxies of settings.TRUSTED_PROXIES.

    It replaces the options of uvicorn, so that trust is configured in one place.
    """
    return ProxyHeadersMiddleware(application, trusted_hosts=settings.TRUSTED_PROXIES)

"""HTTP requests to road-distance providers."""

from typing import Any

from django.conf import settings

from smartscheduler.core.outbound.json_api import exchange


def ask(provider: str, method: str, path: str, **options: Any) -> tuple[int, Any]:
    """Status and JSON body of a provider's response. Raises the errors of `exchange`."""
    return exchange(settings.TRAVEL_URLS[provider], method, path, seconds=settings.TRAVEL_TIMEOUT_SECONDS, **options)

"""HTTP requests to the providers of road distances."""

from typing import Any

from django.conf import settings

from smartscheduler.core.outbound.json_api import exchange


def ask(provider: str, method: str, path: str, **options: Any) -> tuple[int, Any]:
    """The status and JSON of the answer of a provider. Raises as `exchange` does."""
    return exchange(settings.TRAVEL_URLS[provider], method, path, seconds=settings.TRAVEL_TIMEOUT_SECONDS, **options)

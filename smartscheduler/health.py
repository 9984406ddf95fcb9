"""Is the process alive, and can it do its work? For load balancers and container engines."""

from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from smartscheduler.events.lag import lag


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """503 without the database; 200 otherwise, `degraded` while Valkey is away or events wait for a relay.

    Bookings and rankings need the database alone: sending the traffic elsewhere would help nobody.
    """
    checks = {"database": _holds(_ask_database), "valkey": _holds(_ask_valkey), "events": _holds(_ask_relay)}
    status = "failed" if not checks["database"] else "ok" if all(checks.values()) else "degraded"
    named = {name: "ok" if holds else "failed" for name, holds in checks.items()}
    return JsonResponse({"status": status, "checks": named}, status=503 if status == "failed" else 200)


def _holds(ask: Callable[[], object]) -> bool:
    try:
        return ask() is not False
    except Exception:  # whatever is wrong, the answer is no
        return False


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_valkey() -> None:
    cache.get("health")


def _ask_relay() -> bool:
    return not lag().is_late

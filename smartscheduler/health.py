"""Is the process alive, and can it do its work? For load balancers and container engines."""

from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database and Valkey answer, else 503; `checks` says which does not."""
    checks = {"database": _answers(_ask_database), "valkey": _answers(_ask_valkey)}
    well = all(checks.values())
    named = {name: "ok" if answers else "failed" for name, answers in checks.items()}
    return JsonResponse({"status": "ok" if well else "failed", "checks": named}, status=200 if well else 503)


def _answers(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except Exception:  # whatever is wrong, the answer is no
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_valkey() -> None:
    cache.get("health")

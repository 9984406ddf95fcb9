"""So many requests a minute for each account, by its role; counted in Valkey, for all processes together.

DRF loads this before its views, so it must not import them.
"""

import math
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from smartscheduler.links import to_valkey_in_passing

# A broker that hangs must not hold up every request.
SILENCE_SECONDS = 5.0

logger = structlog.get_logger(__name__)


@lru_cache(maxsize=4)
def limiter(url: str) -> MovingWindowRateLimiter:
    """Counts the requests of the last minute, whenever it began."""
    place = url.replace("unix://", "redis+unix://", 1) if url.startswith("unix://") else url
    return MovingWindowRateLimiter(RedisStorage(place, **to_valkey_in_passing()))


class Count(NamedTuple):
    """What became of one request, how many more may come, and in how many seconds the window moves on."""

    allowed: bool
    remaining: int
    wait: float


def counted(item: RateLimitItem, who: str) -> Count | None:
    """Count one more of `who`; None when nobody can count, because Valkey is away."""
    if time.monotonic() < RoleThrottle._silent_until:
        return None
    try:
        counter = limiter(settings.REDIS_URL)
        allowed = counter.hit(item, who)
        reset, remaining = counter.get_window_stats(item, who)
    except RedisError as error:
        # Rather too many answers than none, and none of them held up by waiting for it again.
        RoleThrottle._silent_until = time.monotonic() + SILENCE_SECONDS
        logger.warning("requests_not_counted", error=str(error))
        return None
    return Count(allowed, remaining, max(0.0, reset - time.time()))


class RoleThrottle(BaseThrottle):
    """Every account within its limit; whoever is signed out is limited by `accounts.attempts` and by axes."""

    _wait = 0.0
    _silent_until: ClassVar[float] = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        limit = settings.REQUESTS_A_MINUTE.get(getattr(request.user, "role", ""))
        if not settings.RATE_LIMITS or limit is None:
            return True
        count = counted(RateLimitItemPerMinute(limit, namespace="requests"), str(request.user.pk))
        if count is None:
            return True
        self._wait = count.wait
        request._request.rate_limit = {  # type: ignore[attr-defined]  # for the middleware below
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(count.remaining),
            "RateLimit-Reset": str(math.ceil(count.wait)),
        }
        return count.allowed

    def wait(self) -> float:
        """Seconds until the next request is allowed."""
        return self._wait


class RateLimitMiddleware:
    """Tells every account how much of its limit is left (draft-ietf-httpapi-ratelimit-headers-03)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in getattr(request, "rate_limit", {}).items():
            response[name] = value
        return response

"""Rate limits: requests per minute of each account, weighted by cost and counted in Valkey for all processes.

DRF imports this module before its views, so it must not import them.
"""

import math
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, TypeVar

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import RedisError
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from smartscheduler.core.db.connection_options import redis_short_timeout

R = TypeVar("R")

# After an error, Valkey is not asked for this long, so that not every request waits for its time-out.
SILENCE_SECONDS = 5.0

logger = structlog.get_logger(__name__)


@lru_cache(maxsize=4)
def limiter(url: str) -> MovingWindowRateLimiter:
    """A moving-window limiter on the Valkey at `url`."""
    place = url.replace("unix://", "redis+unix://", 1) if url.startswith("unix://") else url
    return MovingWindowRateLimiter(RedisStorage(place, **redis_short_timeout()))


class Count(NamedTuple):
    """Whether a request was allowed, the remaining units, and the seconds until more units are available."""

    allowed: bool
    remaining: int
    wait: float


def counted(item: RateLimitItem, who: str, units: int = 1) -> Count | None:
    """Count `units` of `who`; nothing is counted above the limit. None when Valkey does not answer."""
    answer = _asked(lambda counter: (counter.hit(item, who, cost=units), counter.get_window_stats(item, who)))
    if answer is None:
        return None
    allowed, (reset, remaining) = answer
    # One unit is available when the oldest one expires. For several units, the whole window is a safe upper bound.
    wait = reset - time.time() if allowed or units == 1 else float(item.get_expiry())
    return Count(allowed, remaining, max(0.0, wait))


def _asked(question: Callable[[MovingWindowRateLimiter], R]) -> R | None:
    """The result of `question`; None when Valkey does not answer, and for SILENCE_SECONDS after that."""
    if time.monotonic() < RoleThrottle._silent_until:
        return None
    try:
        return question(limiter(settings.REDIS_URL))
    except RedisError as error:
        # Fail open: without Valkey, requests are served without limits and without waiting for it.
        RoleThrottle._silent_until = time.monotonic() + SILENCE_SECONDS
        logger.warning("requests_not_counted", error=str(error))
        return None


def takes_quota(kind: str, who: str, units: int = 1) -> bool:
    """Count `units` of `who` against one of settings.QUOTAS_A_MINUTE; False when the quota is exceeded."""
    count = counted_of(kind, who, units)
    return count is None or count.allowed


def counted_of(kind: str, who: str, units: int = 1) -> Count | None:
    """Count `units` of `who` and return the state of the quota; None without rate limits or without Valkey."""
    return counted(_quota(kind), who, units) if settings.RATE_LIMITS else None


def is_over_quota(kind: str, who: str) -> bool:
    """Whether `who` has used up the quota. Counts nothing."""
    return settings.RATE_LIMITS and _asked(lambda counter: counter.test(_quota(kind), who)) is False


def _quota(kind: str) -> RateLimitItem:
    return RateLimitItemPerMinute(settings.QUOTAS_A_MINUTE[kind], namespace=kind)


def charge(request: Request, units: int) -> None:
    """Count `units` more for a request that costs more than one unit. Raises Throttled."""
    limit = settings.REQUESTS_A_MINUTE.get(getattr(request.user, "role", ""))
    if not settings.RATE_LIMITS or limit is None or units <= 0:
        return
    count = counted(_item(limit), str(request.user.pk), units)
    if count is not None:
        _set_headers(request, limit, count)
        if not count.allowed:
            message = gettext("This request counts as {cost} requests. The limit is {limit} per minute.")
            raise Throttled(count.wait, message.format(cost=units + 1, limit=limit))


def _item(limit: int) -> RateLimitItem:
    return RateLimitItemPerMinute(limit, namespace="requests")


def _set_headers(request: Request, limit: int, count: Count) -> None:
    """Store the headers on the request for RateLimitMiddleware."""
    request._request.rate_limit = {  # type: ignore[attr-defined]
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(count.remaining),
        "RateLimit-Reset": str(math.ceil(count.wait)),
    }


class RoleThrottle(BaseThrottle):
    """Limits API requests by role; `smartscheduler.accounts.quotas` limits requests without an account."""

    _wait = 0.0
    _silent_until: ClassVar[float] = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        limit = settings.REQUESTS_A_MINUTE.get(getattr(request.user, "role", ""))
        if not settings.RATE_LIMITS or limit is None:
            return True
        count = counted(_item(limit), str(request.user.pk))
        if count is None:
            return True
        self._wait = count.wait
        _set_headers(request, limit, count)
        return count.allowed

    def wait(self) -> float:
        """Seconds until the next request is allowed."""
        return self._wait


class RateLimitMiddleware:
    """Adds the RateLimit headers to responses (draft-ietf-httpapi-ratelimit-headers-03)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in getattr(request, "rate_limit", {}).items():
            response[name] = value
        return response

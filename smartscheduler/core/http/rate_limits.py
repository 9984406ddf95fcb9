"""Requests a minute of each account, weighed by what they cost; counted in Valkey, for all processes together.

DRF loads this before its views, so it must not import them.
"""

import math
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, TypeVar

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import RedisError
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from smartscheduler.core.db.connection_options import redis_short_timeout

R = TypeVar("R")

# A broker that hangs must not hold up every request.
SILENCE_SECONDS = 5.0

logger = structlog.get_logger(__name__)


@lru_cache(maxsize=4)
def limiter(url: str) -> MovingWindowRateLimiter:
    """Counts the requests of the last minute, whenever it began."""
    place = url.replace("unix://", "redis+unix://", 1) if url.startswith("unix://") else url
    return MovingWindowRateLimiter(RedisStorage(place, **redis_short_timeout()))


class Count(NamedTuple):
    """What became of one request, how many more may come, and in how many seconds the window moves on."""

    allowed: bool
    remaining: int
    wait: float


def counted(item: RateLimitItem, who: str, units: int = 1) -> Count | None:
    """Count `units` more of `who`, or none when they would be too many; None when Valkey cannot count."""
    answer = _asked(lambda counter: (counter.hit(item, who, cost=units), counter.get_window_stats(item, who)))
    if answer is None:
        return None
    allowed, (reset, remaining) = answer
    # When the oldest is a minute old there is room for one more; for several the whole minute is the safe answer.
    wait = reset - time.time() if allowed or units == 1 else float(item.get_expiry())
    return Count(allowed, remaining, max(0.0, wait))


def _asked(question: Callable[[MovingWindowRateLimiter], R]) -> R | None:
    """What the counter in Valkey answers; None, for some seconds without asking again, when it does not."""
    if time.monotonic() < RoleThrottle._silent_until:
        return None
    try:
        return question(limiter(settings.REDIS_URL))
    except RedisError as error:
        # Rather too many answers than none, and none of them held up by waiting for it again.
        RoleThrottle._silent_until = time.monotonic() + SILENCE_SECONDS
        logger.warning("requests_not_counted", error=str(error))
        return None


def takes_quota(kind: str, who: str, units: int = 1) -> bool:
    """Count `units` of `who` against one of settings.QUOTAS_A_MINUTE; whether they were within it."""
    count = counted_of(kind, who, units)
    return count is None or count.allowed


def counted_of(kind: str, who: str, units: int = 1) -> Count | None:
    """The same with what is left; None when nothing is counted."""
    return counted(_quota(kind), who, units) if settings.RATE_LIMITS else None


def is_over_quota(kind: str, who: str) -> bool:
    """Whether `who` has used up the quota; counts nothing."""
    return settings.RATE_LIMITS and _asked(lambda counter: counter.test(_quota(kind), who)) is False


def _quota(kind: str) -> RateLimitItem:
    return RateLimitItemPerMinute(settings.QUOTAS_A_MINUTE[kind], namespace=kind)


def charge(request: Request, units: int) -> None:
    """Take `units` more of the limit of the account, for a request that costs more than one. Raises Throttled."""
    limit = settings.REQUESTS_A_MINUTE.get(getattr(request.user, "role", ""))
    if not settings.RATE_LIMITS or limit is None or units <= 0:
        return
    count = counted(_item(limit), str(request.user.pk), units)
    if count is not None:
        _tell(request, limit, count)
        if not count.allowed:
            raise Throttled(count.wait, f"This request costs {units + 1} of the {limit} a minute.")


def _item(limit: int) -> RateLimitItem:
    return RateLimitItemPerMinute(limit, namespace="requests")


def _tell(request: Request, limit: int, count: Count) -> None:
    """Leave the headers for the middleware below."""
    request._request.rate_limit = {  # type: ignore[attr-defined]
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(count.remaining),
        "RateLimit-Reset": str(math.ceil(count.wait)),
    }


class RoleThrottle(BaseThrottle):
    """The limit of each role on API requests; `smartscheduler.accounts.quotas` limits requests without an account."""

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
        _tell(request, limit, count)
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

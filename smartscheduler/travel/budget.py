"""Limits of a road-distance provider: a budget per day in PostgreSQL, and a rate per minute counted in Valkey."""

import time

from django.conf import settings
from django.db.models import F

from smartscheduler.core.outbound.budget import DailyBudget, today
from smartscheduler.core.redis import valkey
from smartscheduler.core.redis_keys import redis_key
from smartscheduler.travel.models import ProviderDay

# Check and increment in one script, so that concurrent workers cannot pass the limit together.
# KEYS[1]: counter of the minute; ARGV[1]: cost; ARGV[2]: limit. The counter expires after two minutes.
COUNT = """
local now = tonumber(redis.call('GET', KEYS[1]) or '0')
if now + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return 0 end
redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], 120)
return 1
"""


budget = DailyBudget(ProviderDay, "provider")


def spend(provider: str, cost: int) -> bool:
    """Take `cost` from today's budget; return False and take nothing if less is left."""
    return budget.spend({"spent": cost, "calls": 1}, {"spent": settings.TRAVEL_BUDGETS[provider]}, provider=provider)


def within_the_minute(provider: str, cost: int) -> bool:
    """Add `cost` to this minute's count, shared by all workers; False at the limit. Raises RedisError."""
    key = redis_key("travel", provider, "minute", str(int(time.time()) // 60))
    return bool(valkey().eval(COUNT, 1, key, str(cost), str(settings.TRAVEL_A_MINUTE[provider])))


def note_failure(provider: str, error: str) -> None:
    """Store the last error of today. `error` must not contain API keys or addresses."""
    budget.note_failure(error, provider=provider)


def note_refused(provider: str, elements: int) -> None:
    """Count matrix elements without a road or with implausible values."""
    ProviderDay.objects.filter(provider=provider, day=today()).update(refused=F("refused") + elements)


def spent_today() -> dict[str, ProviderDay]:
    return {row.provider: row for row in ProviderDay.objects.filter(day=today())}

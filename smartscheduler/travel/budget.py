"""What may be asked of a provider of road distances: a budget a day, and a number a minute, counted in Valkey."""

import time

from django.conf import settings
from django.db.models import F

from smartscheduler.core.outbound.budget import DailyBudget, today
from smartscheduler.core.redis import valkey
from smartscheduler.core.redis_keys import redis_key
from smartscheduler.travel.models import ProviderDay

# Of many who come at once, only so many get through.
COUNT = """
local now = tonumber(redis.call('GET', KEYS[1]) or '0')
if now + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return 0 end
redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], 120)
return 1
"""


budget = DailyBudget(ProviderDay, "provider")


def spend(provider: str, cost: int) -> bool:
    """Take `cost` from today's budget; False, and nothing is taken, when it is not there."""
    return budget.spend({"spent": cost, "calls": 1}, {"spent": settings.TRAVEL_BUDGETS[provider]}, provider=provider)


def within_the_minute(provider: str, cost: int) -> bool:
    """Count `cost` into this minute, for all workers together; False when it is full. Raises RedisError."""
    key = redis_key("travel", provider, "minute", str(int(time.time()) // 60))
    return bool(valkey().eval(COUNT, 1, key, str(cost), str(settings.TRAVEL_A_MINUTE[provider])))


def note_failure(provider: str, error: str) -> None:
    """Keep the last error of today; never with a key or an address in it."""
    budget.note_failure(error, provider=provider)


def note_refused(provider: str, elements: int) -> None:
    """Count elements that had no road or made no sense."""
    ProviderDay.objects.filter(provider=provider, day=today()).update(refused=F("refused") + elements)


def spent_today() -> dict[str, ProviderDay]:
    return {one.provider: one for one in ProviderDay.objects.filter(day=today())}

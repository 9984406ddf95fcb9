"""What may be asked of a provider: a budget a day, and a number a minute.

The budget is in PostgreSQL, because it must hold whatever is lost; the minute is in Valkey.
Spent before it is asked: an answer that never arrived may have been charged all the same.
"""

import time
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from smartscheduler.redis_keys import redis_key
from smartscheduler.travel.models import ProviderDay
from smartscheduler.valkey import valkey

SPEND = """
INSERT INTO travel_providerday AS today (provider, day, spent, calls, failures, refused, error)
SELECT %(provider)s, %(day)s, %(cost)s, 1, 0, 0, '' WHERE %(cost)s <= %(budget)s
ON CONFLICT (provider, day) DO UPDATE SET spent = today.spent + excluded.spent, calls = today.calls + 1
WHERE today.spent + excluded.spent <= %(budget)s
RETURNING spent
"""
# Of many who come at once, only so many get through.
COUNT = """
local now = tonumber(redis.call('GET', KEYS[1]) or '0')
if now + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return 0 end
redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], 120)
return 1
"""


def today() -> date:
    return timezone.now().astimezone(UTC).date()


def spend(provider: str, cost: int) -> bool:
    """Take `cost` from today's budget; False, and nothing is taken, when it is not there."""
    given: dict[str, Any] = {
        "provider": provider,
        "day": today(),
        "cost": cost,
        "budget": settings.TRAVEL_BUDGETS[provider],
    }
    with connection.cursor() as cursor:
        cursor.execute(SPEND, given)
        return cursor.fetchone() is not None


def within_the_minute(provider: str, cost: int) -> bool:
    """Count `cost` into this minute, for all workers together; False when it is full. Raises RedisError."""
    key = redis_key("travel", provider, "minute", str(int(time.time()) // 60))
    return bool(valkey().eval(COUNT, 1, key, str(cost), str(settings.TRAVEL_A_MINUTE[provider])))


def note_failure(provider: str, error: str) -> None:
    """Keep the last error of today; never with a key or an address in it."""
    day, _ = ProviderDay.objects.get_or_create(provider=provider, day=today())
    ProviderDay.objects.filter(pk=day.pk).update(
        failures=F("failures") + 1, error=error[:200], error_at=datetime.now(UTC)
    )


def note_refused(provider: str, elements: int) -> None:
    """Count elements that had no road or made no sense."""
    ProviderDay.objects.filter(provider=provider, day=today()).update(refused=F("refused") + elements)


def spent_today() -> dict[str, ProviderDay]:
    return {one.provider: one for one in ProviderDay.objects.filter(day=today())}

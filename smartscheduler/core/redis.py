"""The Valkey (or Redis) client for counters and short-lived values."""

from functools import lru_cache

import redis
from django.conf import settings

from smartscheduler.core.db.connection_options import redis_short_timeout


def valkey() -> redis.Redis:
    """The client for settings.REDIS_URL, shared by the threads of this process; it returns text."""
    return _client(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, decode_responses=True, **redis_short_timeout())

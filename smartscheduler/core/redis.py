"""The one Valkey (or Redis) of the product, for what is counted or kept there for a moment."""

from functools import lru_cache

import redis
from django.conf import settings

from smartscheduler.core.db.connection_options import redis_short_timeout


def valkey() -> redis.Redis:
    """A client of settings.REDIS_URL, shared by the threads of this process; answers are text."""
    return _client(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, decode_responses=True, **redis_short_timeout())

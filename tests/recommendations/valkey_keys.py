"""What tests of providers leave in Valkey."""

import redis

from smartscheduler.core.redis_keys import redis_key


def delete_keys(memory: redis.Redis, *prefixes: str) -> None:
    """Delete the keys of the product that start with one of `prefixes`."""
    for prefix in prefixes:
        for key in memory.scan_iter(f"*{redis_key(prefix)}*"):
            memory.delete(key)

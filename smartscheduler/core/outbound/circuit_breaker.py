"""A circuit breaker for each provider, shared by all workers through Valkey; and the rest that one has asked for.

pybreaker keeps the state; that only one worker at a time tries a provider that has failed is ours.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar
from uuid import uuid4

import redis
from django.conf import settings
from pybreaker import STATE_CLOSED, STATE_OPEN, CircuitBreaker, CircuitBreakerError, CircuitRedisStorage
from redis import RedisError

from smartscheduler.core.db.connection_options import redis_short_timeout
from smartscheduler.core.outbound.provider_errors import BadItem, NotAsked
from smartscheduler.core.redis import valkey
from smartscheduler.core.redis_keys import redis_key

T = TypeVar("T")
UNKNOWN = "unknown"
# Whoever does not come back from trying lets the next one try after so long.
PROBE_SECONDS = 60
GIVE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"


@lru_cache(maxsize=4)
def _raw(url: str) -> redis.Redis:
    """What pybreaker wants: answers in bytes."""
    return redis.Redis.from_url(url, **redis_short_timeout())


def breaker(provider: str) -> CircuitBreaker:
    """A new one each time: an instance would let the threads of a worker in one by one. Raises RedisError."""
    storage = CircuitRedisStorage(STATE_CLOSED, _raw(settings.REDIS_URL), namespace=_key(provider))
    return CircuitBreaker(
        fail_max=settings.TRAVEL_BREAKER_FAILURES,
        reset_timeout=settings.TRAVEL_BREAKER_SECONDS,
        state_storage=storage,
        exclude=[BadItem],
        throw_new_error_on_trip=False,
    )


def state(provider: str) -> str:
    """`closed`, `open` or `half-open`; `unknown` without Valkey."""
    try:
        return str(breaker(provider).current_state)
    except RedisError:
        return UNKNOWN


def close(provider: str) -> None:
    """Let the provider be asked again at once. Raises RedisError."""
    one = breaker(provider)
    one._state_storage.reset_counter()
    one.close()
    valkey().delete(f"{_key(provider)}:rest")


def guarded(provider: str, work: Callable[[], T], *, pay: Callable[[], None]) -> T:
    """What `work` gives, once `pay` has let it, unless the provider is to be left alone.

    Raises NotAsked for an open breaker, while somebody else tries, during a rest, and without Valkey; else what the
    two raise.
    """
    try:
        one = breaker(provider)
        if valkey().exists(f"{_key(provider)}:rest"):
            raise NotAsked("It has asked for a rest.")
        found, since = one.current_state, one._state_storage.opened_at
    except RedisError:
        raise NotAsked("Valkey is gone, and with it the count of what may be asked.") from None
    if found == STATE_CLOSED:
        pay()
        return _call(one, work)
    if found == STATE_OPEN and since and datetime.now(UTC) < since + timedelta(seconds=one.reset_timeout):
        raise NotAsked("It has failed too often of late: the breaker is open.")
    return _probe(provider, one, work, pay)


def _call(one: CircuitBreaker, work: Callable[[], T]) -> T:
    try:
        return one.call(work)
    except CircuitBreakerError:
        raise NotAsked("It has failed too often of late: the breaker is open.") from None


def _probe(provider: str, one: CircuitBreaker, work: Callable[[], T], pay: Callable[[], None]) -> T:
    """One worker at a time finds out whether the provider is back."""
    key, mine = f"{_key(provider)}:probe", uuid4().hex
    try:
        if not valkey().set(key, mine, nx=True, ex=PROBE_SECONDS):
            raise NotAsked("Somebody else is trying whether it is back.")
    except RedisError:
        raise NotAsked("Valkey is gone.") from None
    try:
        pay()
        return _call(one, work)
    finally:
        _give_back(key, mine)


def _give_back(key: str, mine: str) -> None:
    try:
        valkey().eval(GIVE_BACK, 1, key, mine)
    except RedisError:
        return  # it ends by itself


def rest(provider: str, seconds: float) -> None:
    """Leave the provider alone for a while, all of us: it has said so with a 429."""
    try:
        if seconds > 0:
            valkey().set(f"{_key(provider)}:rest", "1", px=math.ceil(seconds * 1000))
    except RedisError:
        return  # without Valkey nobody asks


def _key(provider: str) -> str:
    return redis_key("providers", provider)

"""Circuit breaker of each provider, shared by all workers through Valkey, and pauses after `Retry-After`.

pybreaker stores the state. This module adds a lock, so that only one worker at a time probes a failed provider.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar
from uuid import uuid4

import redis
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pybreaker import STATE_CLOSED, STATE_OPEN, CircuitBreaker, CircuitBreakerError, CircuitRedisStorage
from redis import RedisError

from smartscheduler.core.db.connection_options import redis_short_timeout
from smartscheduler.core.outbound.provider_errors import BadItem, NotAsked, NotCounted
from smartscheduler.core.redis import valkey
from smartscheduler.core.redis_keys import redis_key

T = TypeVar("T")
UNKNOWN = "unknown"
OPEN_MESSAGE = _("The provider failed too often recently: its circuit breaker is open.")
# The lock of a probe expires after this time, in case its worker is killed.
PROBE_SECONDS = 60
GIVE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"


@lru_cache(maxsize=4)
def _raw(url: str) -> redis.Redis:
    """A client that returns bytes, as pybreaker requires."""
    return redis.Redis.from_url(url, **redis_short_timeout())


def breaker(provider: str, failures: int | None = None) -> CircuitBreaker:
    """A new instance for each call, because an instance serializes its threads with a lock. Raises RedisError.

    It opens after `failures` consecutive failures, by default settings.TRAVEL_BREAKER_FAILURES.
    """
    storage = CircuitRedisStorage(STATE_CLOSED, _raw(settings.REDIS_URL), namespace=_key(provider))
    return CircuitBreaker(
        fail_max=settings.TRAVEL_BREAKER_FAILURES if failures is None else failures,
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
    """Close the breaker and end the pause, so that the provider is used again at once. Raises RedisError."""
    circuit = breaker(provider)
    circuit._state_storage.reset_counter()
    circuit.close()
    valkey().delete(f"{_key(provider)}:rest")


def guarded(
    provider: str, work: Callable[[], T], *, pay: Callable[[], None] = lambda: None, failures: int | None = None
) -> T:
    """The result of `work`, called after `pay`, behind the circuit breaker, which opens after `failures`.

    Raises NotAsked for an open breaker, while another worker probes the provider, and during a pause; NotCounted
    without Valkey. Exceptions of `work` and `pay` are passed on.
    """
    try:
        circuit = breaker(provider, failures)
        if valkey().exists(f"{_key(provider)}:rest"):
            raise NotAsked(gettext("The provider asked for a pause (Retry-After)."))
        current, since = circuit.current_state, circuit._state_storage.opened_at
    except RedisError:
        raise NotCounted(gettext("Valkey is not available, so requests to providers cannot be counted.")) from None
    if current == STATE_CLOSED:
        pay()
        return _call(circuit, work)
    if current == STATE_OPEN and since and datetime.now(UTC) < since + timedelta(seconds=circuit.reset_timeout):
        raise NotAsked(OPEN_MESSAGE)
    return _probe(provider, circuit, work, pay)


def _call(circuit: CircuitBreaker, work: Callable[[], T]) -> T:
    try:
        return circuit.call(work)
    except CircuitBreakerError:
        raise NotAsked(OPEN_MESSAGE) from None


def _probe(provider: str, circuit: CircuitBreaker, work: Callable[[], T], pay: Callable[[], None]) -> T:
    """Try a failed provider, in one worker at a time."""
    key, mine = f"{_key(provider)}:probe", uuid4().hex
    try:
        if not valkey().set(key, mine, nx=True, ex=PROBE_SECONDS):
            raise NotAsked(gettext("Another worker is checking whether the provider works again."))
    except RedisError:
        raise NotCounted(gettext("Valkey is not available.")) from None
    try:
        pay()
        return _call(circuit, work)
    finally:
        _give_back(key, mine)


def _give_back(key: str, mine: str) -> None:
    try:
        valkey().eval(GIVE_BACK, 1, key, mine)
    except RedisError:
        return  # the lock expires


def rest(provider: str, seconds: float) -> None:
    """Send no requests to the provider for `seconds`, in all workers, after a 429 with Retry-After."""
    try:
        if seconds > 0:
            valkey().set(f"{_key(provider)}:rest", "1", px=math.ceil(seconds * 1000))
    except RedisError:
        return  # without Valkey no requests are sent


def _key(provider: str) -> str:
    return redis_key("providers", provider)

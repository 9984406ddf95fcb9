"""Retries of provider requests with backoff and jitter, behind the circuit breaker."""

import random
from collections.abc import Callable
from typing import TypeVar

import stamina

from smartscheduler.core.outbound.circuit_breaker import guarded, rest
from smartscheduler.core.outbound.provider_errors import TryAgain

T = TypeVar("T")

# After a longer Retry-After, a later task tries again.
MOST_WAIT_SECONDS = 20.0
FIRST_WAIT_SECONDS, LAST_WAIT_SECONDS, JITTER_SECONDS = 0.2, 5.0, 0.5


def ask_with_retries(name: str, work: Callable[[], T], *, attempts: int, pay: Callable[[], None]) -> T:
    """The result of `work`, a request to the provider `name`, retried after temporary failures.

    `pay` is called before each attempt and raises NotAsked when the budget is used up. Raises ProviderError.
    """
    for attempt in stamina.retry_context(
        on=retry_after,
        attempts=attempts,
        timeout=None,
        wait_initial=FIRST_WAIT_SECONDS,
        wait_max=LAST_WAIT_SECONDS,
        wait_jitter=JITTER_SECONDS,
    ):
        with attempt:
            return _once(name, work, pay)
    raise AssertionError("stamina either returns or raises")


def retry_after(error: Exception) -> bool | float:
    """For stamina: False for no retry, True for the default backoff, or the seconds to wait."""
    if not isinstance(error, TryAgain):
        return False
    if error.wait is None:
        return True
    if error.wait > MOST_WAIT_SECONDS:
        return False
    return error.wait + random.uniform(0.02, JITTER_SECONDS)  # noqa: S311  (jitter, not a secret)


def _once(name: str, work: Callable[[], T], pay: Callable[[], None]) -> T:
    try:
        return guarded(name, work, pay=pay)
    except TryAgain as error:
        if error.wait is not None:
            rest(name, error.wait)
        raise

"""Asking one provider for one matrix: budget, breaker, retries with backoff and jitter."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import stamina
import structlog
from django.conf import settings
from redis import RedisError

from recommendations.travel.answers import Matrix, Refusal
from recommendations.travel.breakers import guarded, rest
from recommendations.travel.errors import Nonsense, NotAsked, ProviderError, TryAgain
from recommendations.travel.providers import Provider
from smartscheduler.places import Point
from smartscheduler.travel import spending

T = TypeVar("T")

# A longer wait is for the next lookup.
MOST_WAIT_SECONDS = 20.0
FIRST_WAIT_SECONDS, LAST_WAIT_SECONDS, JITTER_SECONDS = 0.2, 5.0, 0.5

log = structlog.get_logger(__name__)


def matrix_of(
    provider: Provider, origins: Sequence[Point], destinations: Sequence[Point], depart_at: datetime
) -> Matrix:
    """The provider's matrix. Raises ProviderError, which is noted, when it gives none."""
    elements = len(origins) * len(destinations)

    def work() -> Matrix:
        found = provider.matrix(origins, destinations, depart_at)
        _check_sense(found)
        return found

    try:
        return patiently(provider.name, work, attempts=settings.TRAVEL_ATTEMPTS, pay=lambda: _pay(provider, elements))
    except NotAsked as error:
        log.info("provider_not_asked", provider=provider.name, reason=str(error))
        raise
    except ProviderError as error:
        spending.note_failure(provider.name, str(error))
        log.warning("provider_failed", provider=provider.name, error=str(error))
        raise


def patiently(name: str, work: Callable[[], T], *, attempts: int, pay: Callable[[], None]) -> T:
    """What `work` gives, asked of the provider of this name, and asked again after what may pass.

    `pay` is called before each attempt, and raises NotAsked where nothing is left. Raises ProviderError.
    """
    for attempt in stamina.retry_context(
        on=again,
        attempts=attempts,
        timeout=None,
        wait_initial=FIRST_WAIT_SECONDS,
        wait_max=LAST_WAIT_SECONDS,
        wait_jitter=JITTER_SECONDS,
    ):
        with attempt:
            return _once(name, work, pay)
    raise AssertionError("stamina either returns or raises")


def again(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds."""
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


def _check_sense(matrix: Matrix) -> None:
    """Raise Nonsense when not one element can be believed: then it is the provider, and not a place."""
    refused = [one for row in matrix for one in row if isinstance(one, Refusal) and one.nonsense]
    if refused and len(refused) == sum(map(len, matrix)):
        reasons = sorted({one.reason for one in refused})
        raise Nonsense(f"No element can be believed: {', '.join(reasons)}.")


def _pay(provider: Provider, elements: int) -> None:
    cost = provider.cost(elements)
    try:
        free = spending.within_the_minute(provider.name, cost)
    except RedisError:
        raise NotAsked("Valkey is gone, and with it the count of what may be asked.") from None
    if not free:
        raise NotAsked("As much as it takes in a minute has been asked.")
    if not spending.spend(provider.name, cost):
        raise NotAsked("Today's budget is spent.")

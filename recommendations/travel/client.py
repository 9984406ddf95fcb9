"""Requests of one matrix from one provider of road distances, within its budget."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.conf import settings
from redis import RedisError

from recommendations.travel.matrix import Matrix, Refusal
from recommendations.travel.providers import Provider
from smartscheduler.core.outbound.provider_errors import Nonsense, NotAsked, ProviderError
from smartscheduler.core.outbound.retries import ask_with_retries
from smartscheduler.places import Point
from smartscheduler.travel import budget

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
        return ask_with_retries(
            provider.name, work, attempts=settings.TRAVEL_ATTEMPTS, pay=lambda: _pay(provider, elements)
        )
    except NotAsked as error:
        log.info("provider_not_asked", provider=provider.name, reason=str(error))
        raise
    except ProviderError as error:
        budget.note_failure(provider.name, str(error))
        log.warning("provider_failed", provider=provider.name, error=str(error))
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
        free = budget.within_the_minute(provider.name, cost)
    except RedisError:
        raise NotAsked("Valkey is not available, so requests to providers cannot be counted.") from None
    if not free:
        raise NotAsked("As much as it takes in a minute has been asked.")
    if not budget.spend(provider.name, cost):
        raise NotAsked("Today's budget is spent.")

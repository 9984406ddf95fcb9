"""Request of one matrix from one provider, within its budget."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.conf import settings
from django.utils.translation import gettext
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
    """The provider's matrix. Raises ProviderError, which is also stored and logged."""
    elements = len(origins) * len(destinations)

    def request() -> Matrix:
        matrix = provider.matrix(origins, destinations, depart_at)
        _check_plausible(matrix)
        return matrix

    try:
        return ask_with_retries(
            provider.name, request, attempts=settings.TRAVEL_ATTEMPTS, pay=lambda: _pay(provider, elements)
        )
    except NotAsked as error:
        log.info("provider_not_asked", provider=provider.name, reason=str(error))
        raise
    except ProviderError as error:
        budget.note_failure(provider.name, str(error))
        log.warning("provider_failed", provider=provider.name, error=str(error))
        raise


def _check_plausible(matrix: Matrix) -> None:
    """Raise Nonsense if all elements are implausible: then the provider is at fault, not one of the places."""
    implausible = [element for row in matrix for element in row if isinstance(element, Refusal) and element.nonsense]
    if implausible and len(implausible) == sum(map(len, matrix)):
        reasons = sorted({refusal.reason for refusal in implausible})
        raise Nonsense(gettext("All elements are implausible: {reasons}.").format(reasons=", ".join(reasons)))


def _pay(provider: Provider, elements: int) -> None:
    cost = provider.cost(elements)
    try:
        free = budget.within_the_minute(provider.name, cost)
    except RedisError:
        raise NotAsked(gettext("Valkey is not available, so requests to providers cannot be counted.")) from None
    if not free:
        raise NotAsked(gettext("The rate limit of this minute is reached."))
    if not budget.spend(provider.name, cost):
        raise NotAsked(gettext("Today's budget is spent."))

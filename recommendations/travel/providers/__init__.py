"""The road-distance providers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from recommendations.travel.matrix import Matrix
from recommendations.travel.providers.google_matrix import GoogleMatrix
from recommendations.travel.providers.google_routes import GoogleRoutes
from recommendations.travel.providers.openrouteservice import OpenRouteService
from smartscheduler.places import Point
from smartscheduler.travel.config import active_providers


class Provider(Protocol):
    """A provider of road distances. `cost` converts elements to units of its budget.

    A request may have at most `most_elements` elements, and at most `most_a_side` origins and destinations.
    """

    name: str

    @property
    def most_elements(self) -> int: ...

    @property
    def most_a_side(self) -> int: ...

    def cost(self, elements: int) -> int: ...

    def matrix(self, origins: Sequence[Point], destinations: Sequence[Point], depart_at: datetime) -> Matrix:
        """An answer for each pair. Raises ProviderError if the request fails."""
        ...


PROVIDERS: dict[str, Provider] = {
    provider.name: provider for provider in (GoogleRoutes(), GoogleMatrix(), OpenRouteService())
}


def providers() -> list[Provider]:
    """The configured providers, in the order of use."""
    return [PROVIDERS[name] for name in active_providers()]

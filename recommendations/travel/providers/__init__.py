"""The providers by their names."""

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
    """Whoever knows how far it is by road. `cost` is what so many elements take from the budget."""

    name: str

    @property
    def most_elements(self) -> int: ...

    @property
    def most_a_side(self) -> int: ...

    def cost(self, elements: int) -> int: ...

    def matrix(self, origins: Sequence[Point], destinations: Sequence[Point], depart_at: datetime) -> Matrix:
        """An answer for every pair. Raises ProviderError when there is none for any."""
        ...


PROVIDERS: dict[str, Provider] = {one.name: one for one in (GoogleRoutes(), GoogleMatrix(), OpenRouteService())}


def providers() -> list[Provider]:
    """Those that are configured, in the order in which they are asked."""
    return [PROVIDERS[name] for name in active_providers()]

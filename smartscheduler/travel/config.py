"""Which providers of road distances are configured."""

from django.conf import settings

NAMES = {
    "google_routes": "Google Routes",
    "google_matrix": "Google Distance Matrix",
    "openrouteservice": "OpenRouteService",
    "great_circle": "Straight line",
}


def active_providers() -> list[str]:
    """The names of those that have a key, in the order in which they are asked; empty when the straight line serves."""
    return [name for name in settings.TRAVEL_PROVIDERS if settings.TRAVEL_KEYS.get(name)]

"""The providers of road distances: what holds for each unless the environment says otherwise, and which are configured.

The settings import this, so nothing here may need the apps.
"""

from typing import NamedTuple

from django.conf import settings


class Defaults(NamedTuple):
    """Where a provider is, and what may be spent on it: elements of Google, requests to OpenRouteService."""

    key_variable: str
    url: str
    a_day: int
    a_minute: int


DEFAULTS: dict[str, Defaults] = {
    "google_routes": Defaults("GOOGLE_MAPS_API_KEY", "https://routes.googleapis.com", a_day=5000, a_minute=3000),
    "google_matrix": Defaults("GOOGLE_MAPS_API_KEY", "https://maps.googleapis.com", a_day=5000, a_minute=3000),
    "openrouteservice": Defaults(
        "OPENROUTESERVICE_API_KEY", "https://api.openrouteservice.org", a_day=500, a_minute=40
    ),
}

NAMES = {
    "google_routes": "Google Routes",
    "google_matrix": "Google Distance Matrix",
    "openrouteservice": "OpenRouteService",
    "great_circle": "Straight line",
}


def active_providers() -> list[str]:
    """The names of those that have a key, in the order in which they are asked; empty when the straight line serves."""
    return [name for name in settings.TRAVEL_PROVIDERS if settings.TRAVEL_KEYS.get(name)]

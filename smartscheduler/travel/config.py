"""The road-distance providers: default settings of each, and which of them are configured.

The settings import this module, so it must not import models or other parts of apps.
"""

from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Defaults(NamedTuple):
    """Address and limits of a provider. Limits count matrix elements for Google, requests for OpenRouteService."""

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

NAMES: dict[str, "StrOrPromise"] = {
    "google_routes": "Google Routes",
    "google_matrix": "Google Distance Matrix",
    "openrouteservice": "OpenRouteService",
    "great_circle": _("Straight line"),
}


def active_providers() -> list[str]:
    """Names of the providers with an API key, in the order of use; empty if only straight lines are used."""
    return [name for name in settings.TRAVEL_PROVIDERS if settings.TRAVEL_KEYS.get(name)]

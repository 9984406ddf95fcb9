"""The providers that can be configured (settings GEOCODER…), and one question to them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from geopy.exc import GeopyError
from geopy.extra.rate_limiter import RateLimiter
from geopy.geocoders import GoogleV3, MapBox, Nominatim, OpenCage

from smartscheduler.geocoding.addresses import Address
from smartscheduler.geocoding.geopy_adapter import OutgoingAdapter
from smartscheduler.places import Point

# The class of geopy's, and what its question needs besides the address.
PROVIDERS: dict[str, tuple[type, dict[str, Any]]] = {
    "nominatim": (Nominatim, {"country_codes": "us"}),
    "google": (GoogleV3, {"components": {"country": "US"}}),
    "mapbox": (MapBox, {"country": "US"}),
    "opencage": (OpenCage, {"country": "us"}),
}
WITHOUT_KEY = {"nominatim"}
PUBLIC_NOMINATIM = "nominatim.openstreetmap.org"


class NoAnswer(Exception):
    """The provider could not be reached, refused, or said something that cannot be understood."""


def ask(address: Address) -> Point | None:
    """Where the configured provider finds an address; None when it knows of none. Raises NoAnswer.

    Waits so that there are never more than settings.GEOCODER_A_SECOND questions a second.
    """
    geocode, more = _geocode(settings.GEOCODER, settings.GEOCODER_URL, settings.GEOCODER_KEY)
    try:
        found = geocode(str(address), exactly_one=True, **more)
        return None if found is None else _point(found.latitude, found.longitude)
    # What comes over the wire may have any shape: geopy reads it without looking.
    except (GeopyError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError) as error:
        raise NoAnswer(type(error).__name__) from error


def _point(latitude: float, longitude: float) -> Point:
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValueError("no point on earth")
    return Point(latitude, longitude)


@lru_cache(maxsize=1)
def _geocode(name: str, url: str, key: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    kind, more = PROVIDERS[name]
    options: dict[str, Any] = {"timeout": settings.GEOCODER_TIMEOUT_SECONDS, "adapter_factory": OutgoingAdapter}
    if settings.GEOCODER_USER_AGENT:
        options["user_agent"] = settings.GEOCODER_USER_AGENT
    if url:
        options |= {"scheme": urlsplit(url).scheme, "domain": urlsplit(url).netloc + urlsplit(url).path.rstrip("/")}
    if name not in WITHOUT_KEY:
        options["api_key"] = key
    pause = 1 / settings.GEOCODER_A_SECOND
    limited = RateLimiter(kind(**options).geocode, min_delay_seconds=pause, max_retries=0, swallow_exceptions=False)
    return limited, more

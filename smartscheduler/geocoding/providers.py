"""The geocoding providers that can be configured (settings GEOCODER…), and requests to them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from geopy.exc import GeopyError
from geopy.extra.rate_limiter import RateLimiter
from geopy.geocoders import GoogleV3, MapBox, Nominatim, OpenCage
from geopy.geocoders.base import Geocoder

from smartscheduler.geocoding.addresses import Address
from smartscheduler.geocoding.geopy_adapter import OutgoingAdapter
from smartscheduler.places import Point

# For each provider: the class of geopy, and the query parameters that restrict results to the United States.
PROVIDERS: dict[str, tuple[type[Geocoder], dict[str, Any]]] = {
    "nominatim": (Nominatim, {"country_codes": "us"}),
    "google": (GoogleV3, {"components": {"country": "US"}}),
    "mapbox": (MapBox, {"country": "US"}),
    "opencage": (OpenCage, {"country": "us"}),
}
WITHOUT_KEY = {"nominatim"}
PUBLIC_NOMINATIM = "nominatim.openstreetmap.org"


class NoAnswer(Exception):
    """The provider is unreachable, refused the request, or sent an invalid response."""


def ask(address: Address) -> Point | None:
    """The coordinates of an address at the configured provider; None if it does not know it. Raises NoAnswer.

    Waits as needed to send at most settings.GEOCODER_A_SECOND requests per second from this process.
    """
    geocode, parameters = _geocode(settings.GEOCODER, settings.GEOCODER_URL, settings.GEOCODER_KEY)
    try:
        location = geocode(str(address), exactly_one=True, **parameters)
        return None if location is None else _point(location.latitude, location.longitude)
    # geopy does not validate responses, so a malformed one raises any of these.
    except (GeopyError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError) as error:
        raise NoAnswer(type(error).__name__) from error


def _point(latitude: float, longitude: float) -> Point:
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValueError("coordinates out of range")
    return Point(latitude, longitude)


@lru_cache(maxsize=1)
def _geocode(name: str, url: str, key: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    geocoder, parameters = PROVIDERS[name]
    options: dict[str, Any] = {"timeout": settings.GEOCODER_TIMEOUT_SECONDS, "adapter_factory": OutgoingAdapter}
    if settings.GEOCODER_USER_AGENT:
        options["user_agent"] = settings.GEOCODER_USER_AGENT
    if url:
        options |= {"scheme": urlsplit(url).scheme, "domain": urlsplit(url).netloc + urlsplit(url).path.rstrip("/")}
    if name not in WITHOUT_KEY:
        options["api_key"] = key
    pause = 1 / settings.GEOCODER_A_SECOND
    limited = RateLimiter(geocoder(**options).geocode, min_delay_seconds=pause, max_retries=0, swallow_exceptions=False)
    return limited, parameters

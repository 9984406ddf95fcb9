"""Lookup of an address: from the cache, else from the provider. For workers only, because requests take seconds."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from smartscheduler.core.geo.postal_areas import check_place
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.core.outbound.circuit_breaker import guarded
from smartscheduler.core.outbound.provider_errors import NotAsked, NotCounted
from smartscheduler.errors import InvalidInput
from smartscheduler.geocoding.addresses import Address, GeocodingResult
from smartscheduler.geocoding.models import GeocodedAddress
from smartscheduler.geocoding.providers import NoAnswer, ask
from smartscheduler.places import Point, great_circle_miles

logger = structlog.get_logger(__name__)
# The terms of all providers allow to cache answers for this time.
KEPT = timedelta(days=30)
# An answer farther from the center of the ZIP code is another place of the same name.
FARTHEST_MILES = 60
# After this many consecutive failures no worker sends a request for a while: each would take a full time-out.
FAILURES = 3


def is_configured() -> bool:
    return bool(settings.GEOCODER)


def find(address: Address) -> GeocodingResult:
    """The coordinates of an address, from the cache or the provider. Not for use in a transaction or web request."""
    cached = GeocodedAddress.objects.filter(key=address.key, asked_at__gt=timezone.now() - KEPT).first()
    if cached is None:
        try:
            cached = _keep(address, _ask(address))
        except NotAsked:
            return _no_response()
        except NoAnswer as failure:
            logger.warning("geocoder_failed", provider=settings.GEOCODER, error=str(failure))
            return _no_response()
    return _checked(address, cached)


def _ask(address: Address) -> Point | None:
    """The provider's answer, behind its circuit breaker. Raises NoAnswer and NotAsked.

    Without Valkey the address is asked all the same: no budget depends on the count, and a lookup is not repeated, so
    that the address would keep the center of its ZIP code.
    """
    try:
        return guarded(f"geocoder:{settings.GEOCODER}", lambda: ask(address), failures=FAILURES)
    except NotCounted:
        return ask(address)


def _no_response() -> GeocodingResult:
    return GeocodingResult(None, gettext("{provider} does not respond.").format(provider=settings.GEOCODER))


def _keep(address: Address, point: Point | None) -> GeocodedAddress:
    now = timezone.now()
    GeocodedAddress.objects.filter(asked_at__lt=now - KEPT).delete()
    latitude, longitude = point or (None, None)
    values = {"latitude": latitude, "longitude": longitude, "provider": settings.GEOCODER, "asked_at": now}
    return GeocodedAddress.objects.update_or_create(key=address.key, defaults=values)[0]


def _checked(address: Address, cached: GeocodedAddress) -> GeocodingResult:
    """The answer, if it lies near the center of the ZIP code and in the state."""
    provider = cached.provider
    if cached.latitude is None or cached.longitude is None:
        return GeocodingResult(None, gettext("{provider} does not know the address.").format(provider=provider))
    point = Point(cached.latitude, cached.longitude)
    center = middle_of(address.zip_code)
    if center:
        miles = great_circle_miles(point, center.point)
        if miles > FARTHEST_MILES:
            message = gettext("{provider} places the address {miles} miles from its ZIP code.")
            return GeocodingResult(None, message.format(provider=provider, miles=f"{miles:,.0f}"))
    try:
        check_place(*point, state=address.state)
    except InvalidInput:
        message = gettext("{provider} places the address outside {state}.")
        return GeocodingResult(None, message.format(provider=provider, state=address.state))
    return GeocodingResult(point, gettext("Coordinates of the address from {provider}.").format(provider=provider))

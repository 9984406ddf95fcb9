"""Finding an address: among the answers that are kept, else by asking. For the worker: asking takes time."""

import time
from datetime import timedelta

import structlog
from django.conf import settings
from django.utils import timezone

from smartscheduler.core.geo.postal_areas import check_place
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.errors import InvalidInput
from smartscheduler.geocoding.addresses import Address, Found
from smartscheduler.geocoding.models import GeocodedAddress
from smartscheduler.geocoding.providers import NoAnswer, ask
from smartscheduler.places import Point, great_circle_miles

logger = structlog.get_logger(__name__)
# No provider forbids keeping answers for so long, and streets seldom move.
KEPT = timedelta(days=30)
# Farther from the ZIP code's middle it is another place of the same name.
FARTHEST_MILES = 60
# After so many failures in a row nobody is asked for a while: each would take a whole time-out.
FAILURES = 3
PAUSE_SECONDS = 60.0


class Breaker:
    """Counts failures in a row, and keeps the provider from being asked while it does not answer."""

    def __init__(self) -> None:
        self.failures, self.closed_again_at = 0, 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.closed_again_at

    def failed(self) -> None:
        self.failures += 1
        if self.failures >= FAILURES:
            self.closed_again_at = time.monotonic() + PAUSE_SECONDS

    def answered(self) -> None:
        self.failures, self.closed_again_at = 0, 0.0


breaker = Breaker()


def is_configured() -> bool:
    return bool(settings.GEOCODER)


def find(address: Address) -> Found:
    """Where an address is, from what is kept or from the provider. Never inside a transaction or a web request."""
    kept = GeocodedAddress.objects.filter(key=address.key, asked_at__gt=timezone.now() - KEPT).first()
    if kept is None:
        if breaker.is_open:
            return Found(None, f"{settings.GEOCODER} does not answer.")
        try:
            kept = _keep(address, ask(address))
        except NoAnswer as failure:
            breaker.failed()
            logger.warning("geocoder_failed", provider=settings.GEOCODER, error=str(failure))
            return Found(None, f"{settings.GEOCODER} does not answer.")
        breaker.answered()
    return _judged(address, kept)


def _keep(address: Address, point: Point | None) -> GeocodedAddress:
    now = timezone.now()
    GeocodedAddress.objects.filter(asked_at__lt=now - KEPT).delete()
    latitude, longitude = point or (None, None)
    values = {"latitude": latitude, "longitude": longitude, "provider": settings.GEOCODER, "asked_at": now}
    return GeocodedAddress.objects.update_or_create(key=address.key, defaults=values)[0]


def _judged(address: Address, kept: GeocodedAddress) -> Found:
    """An answer is believed when it lies near the ZIP code."""
    if kept.latitude is None or kept.longitude is None:
        return Found(None, f"{kept.provider} does not know the address.")
    point = Point(kept.latitude, kept.longitude)
    middle = middle_of(address.zip_code)
    if middle:
        miles = great_circle_miles(point, Point(float(middle.latitude), float(middle.longitude)))
        if miles > FARTHEST_MILES:
            return Found(None, f"{kept.provider} finds the address {miles:,.0f} miles from its ZIP code.")
    try:
        check_place(*point, state=address.state)
    except InvalidInput:
        return Found(None, f"{kept.provider} finds the address outside {address.state}.")
    return Found(point, f"The coordinates are those of the address, by {kept.provider}.")

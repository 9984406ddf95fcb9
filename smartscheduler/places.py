"""Coordinates: great-circle distances, drive times, time zones, and states. Pure."""

import math
import zoneinfo
from datetime import timedelta
from functools import cache, lru_cache
from typing import NamedTuple

import tzfpy
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from localflavor.us.us_states import STATE_CHOICES

EARTH_RADIUS_MILES = 3959.0
# Tolerance in minutes for rounding errors of floating-point numbers: exactly 35 minutes must not round up to 36.
NOISE = 5e-10
# All sites are in the United States. Pages without a site count days in the Central time zone.
MIDDLE = zoneinfo.ZoneInfo("America/Chicago")


class Point(NamedTuple):
    """Latitude and longitude in degrees."""

    latitude: float
    longitude: float


class Pace(NamedTuple):
    """Drive speed: road miles per great-circle mile, and miles per hour on the road."""

    road_factor: float
    miles_per_hour: float


@cache
def whole_minutes(minutes: int) -> timedelta:
    """A duration in minutes, cached because rankings need the same few values very often."""
    return timedelta(minutes=minutes)


class Origin:
    """A start point of many distances; caches its trigonometric values."""

    def __init__(self, point: Point) -> None:
        self.point = point
        self._phi = math.radians(point.latitude)
        self._cos_phi = math.cos(self._phi)

    def miles_to(self, other: Point) -> float:
        """Great-circle miles on a sphere of radius 3,959 miles (haversine formula, R. W. Sinnott 1984)."""
        phi = math.radians(other[0])
        half_phi = math.sin((phi - self._phi) / 2)
        half_lambda = math.sin(math.radians(other[1] - self.point[1]) / 2)
        h = half_phi * half_phi + self._cos_phi * math.cos(phi) * half_lambda * half_lambda
        return 2 * EARTH_RADIUS_MILES * math.asin(min(1.0, math.sqrt(h)))

    def drive_to(self, other: Point, pace: Pace) -> timedelta:
        """Estimated drive time in either direction, for places without a known road distance."""
        return whole_minutes(drive_minutes(self.miles_to(other), pace))


def great_circle_miles(a: Point, b: Point) -> float:
    """Great-circle miles between two points."""
    return Origin(a).miles_to(b)


def drive_minutes(miles: float, pace: Pace) -> int:
    """Drive time in whole minutes, rounded up, for `miles` great-circle miles."""
    factor, mph = pace
    minutes = miles * factor / mph * 60
    whole = int(minutes)
    return whole if minutes - whole < NOISE else whole + 1


def time_zone_at(point: Point) -> str:
    """The IANA name of the time zone at `point`: a nautical zone at sea, `UTC` where none is known."""
    return tzfpy.get_tz(point.longitude, point.latitude) or "UTC"


@lru_cache(maxsize=512)
def zone(name: str) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(name)


@lru_cache(maxsize=1)
def known_time_zones() -> frozenset[str]:
    """The IANA time zone names of this machine, cached because finding them reads hundreds of files."""
    # Some systems list their local setting as a zone. It differs between machines, and PostgreSQL does not know it.
    return frozenset(zoneinfo.available_timezones()) - {"localtime"}


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is a known IANA time zone."""
    if name not in known_time_zones():
        message = _("“%(name)s” is not an IANA time zone name.")
        raise ValidationError(message, code="time_zone", params={"name": name})


@lru_cache(maxsize=1)
def state_choices() -> list[tuple[str, str]]:
    """Codes and names of the US states, districts, and territories."""
    return [(code, str(name)) for code, name in STATE_CHOICES]

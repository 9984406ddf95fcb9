"""Points on the map: great-circle distances, drive times, time zones and states. Pure."""

import math
import zoneinfo
from datetime import timedelta
from functools import cache, lru_cache
from typing import NamedTuple

import tzfpy
from django.core.exceptions import ValidationError
from localflavor.us.us_states import STATE_CHOICES

EARTH_RADIUS_MILES = 3959.0
# Of binary fractions, in minutes: exactly 35 minutes stay 35.
NOISE = 5e-10


class Point(NamedTuple):
    """Latitude and longitude in degrees."""

    latitude: float
    longitude: float


class Pace(NamedTuple):
    """How fast contractors drive: road miles per great-circle mile, and miles an hour on the road."""

    road_factor: float
    miles_per_hour: float


@cache
def whole_minutes(minutes: int) -> timedelta:
    """So many minutes. The same few are wanted again and again."""
    return timedelta(minutes=minutes)


class Origin:
    """A point that many distances are measured from: what they have in common is worked out once."""

    def __init__(self, point: Point) -> None:
        self.point = point
        self._phi = math.radians(point.latitude)
        self._cos_phi = math.cos(self._phi)

    def miles_to(self, other: Point) -> float:
        """Miles over the sphere of radius 3,959 miles (haversine formula, R. W. Sinnott 1984)."""
        phi = math.radians(other[0])
        half_phi = math.sin((phi - self._phi) / 2)
        half_lambda = math.sin(math.radians(other[1] - self.point[1]) / 2)
        h = half_phi * half_phi + self._cos_phi * math.cos(phi) * half_lambda * half_lambda
        return 2 * EARTH_RADIUS_MILES * math.asin(min(1.0, math.sqrt(h)))

    def drive_to(self, other: Point, pace: Pace) -> timedelta:
        """How long the drive takes, there or back, when no road distance is known."""
        return whole_minutes(drive_minutes(self.miles_to(other), pace))


def great_circle_miles(a: Point, b: Point) -> float:
    """Miles between two points over the sphere."""
    return Origin(a).miles_to(b)


def drive_minutes(miles: float, pace: Pace) -> int:
    """Whole minutes, rounded up, to drive `miles` great-circle miles at that pace."""
    factor, mph = pace
    minutes = miles * factor / mph * 60
    whole = int(minutes)
    return whole if minutes - whole < NOISE else whole + 1


def time_zone_at(point: Point) -> str:
    """The IANA name of the zone at `point`; at sea the nautical one, `UTC` where none is known."""
    return tzfpy.get_tz(point.longitude, point.latitude) or "UTC"


@lru_cache(maxsize=512)
def zone(name: str) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(name)


@lru_cache(maxsize=1)
def known_time_zones() -> frozenset[str]:
    """The IANA names of this machine; looking them up walks through hundreds of files."""
    # Some machines list their own setting as a zone: it means something else elsewhere, and nothing to PostgreSQL.
    return frozenset(zoneinfo.available_timezones()) - {"localtime"}


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA zone this machine knows."""
    if name not in known_time_zones():
        raise ValidationError("“%(name)s” is not an IANA time zone name.", code="time_zone", params={"name": name})


@lru_cache(maxsize=1)
def state_choices() -> list[tuple[str, str]]:
    """Codes and names of the US states, districts and territories."""
    return [(code, str(name)) for code, name in STATE_CHOICES]

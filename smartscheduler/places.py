"""Places: where a contractor is based, where a job is done, and how far it is between them."""

import math
import zoneinfo
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

import tzfpy
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from localflavor.us.us_states import STATE_CHOICES

from smartscheduler.blur import cell_center, places_are_blurred
from smartscheduler.textfields import LineField

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


def blurred(point: Point) -> Point:
    """The center of the point's cell of the grid (smartscheduler.blur)."""
    return Point(cell_center(point.latitude), cell_center(point.longitude))


def seen_points() -> Callable[[float, float], Point]:
    """How points are made of latitudes and longitudes for whoever asks: as they are, or blurred."""
    return _blurred_point if places_are_blurred() else Point


def _blurred_point(latitude: float, longitude: float) -> Point:
    return blurred(Point(latitude, longitude))


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


class Location(models.Model):
    """A point with its postal address and time zone."""

    latitude = models.DecimalField(
        max_digits=10, decimal_places=7, validators=[MinValueValidator(Decimal(-90)), MaxValueValidator(Decimal(90))]
    )
    longitude = models.DecimalField(
        max_digits=10, decimal_places=7, validators=[MinValueValidator(Decimal(-180)), MaxValueValidator(Decimal(180))]
    )
    address = LineField(max_length=200, validators=[MinLengthValidator(5)])
    city = LineField(max_length=100, validators=[MinLengthValidator(2)])
    state = models.CharField(max_length=2, choices=state_choices)
    zip_code = LineField(
        "ZIP code", max_length=5, validators=[RegexValidator(r"^[0-9]{5}\Z", "A ZIP code has five digits.")]
    )
    time_zone = LineField(
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text="IANA name; found from the coordinates when left empty.",
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(latitude__gte=-90, latitude__lte=90), name="%(class)s_latitude_in_range"
            ),
            models.CheckConstraint(
                condition=models.Q(longitude__gte=-180, longitude__lte=180), name="%(class)s_longitude_in_range"
            ),
            # Where a missing point was once written as a number.
            models.CheckConstraint(condition=~models.Q(latitude=0, longitude=0), name="%(class)s_not_at_zero"),
            models.CheckConstraint(condition=models.Q(zip_code__regex=r"^[0-9]{5}$"), name="%(class)s_zip_code_digits"),
            models.CheckConstraint(condition=~models.Q(time_zone=""), name="%(class)s_time_zone_known"),
        ]

    @property
    def exact_point(self) -> Point:
        """The point as it is stored, for what is written; never for an answer."""
        return Point(float(self.latitude), float(self.longitude))

    @property
    def point(self) -> Point:
        """The point as whoever asks may know it (smartscheduler.blur)."""
        point = self.exact_point
        return blurred(point) if places_are_blurred() else point

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zone(self.time_zone)

    def derive_time_zone(self) -> None:
        """Fill an empty `time_zone` from the coordinates."""
        if not self.time_zone:
            self.time_zone = time_zone_at(self.exact_point)

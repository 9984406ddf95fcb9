"""Places of the demo: real ZIP codes around six metros in five time zones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any

import zipcodes

from smartscheduler.ops.demo.vocabulary import STREET_KINDS, STREETS
from smartscheduler.places import Point, great_circle_miles, time_zone_at

MILES_A_DEGREE = 69.1
REACH_MILES = 45.0
JITTER_MILES = 0.8


@dataclass(frozen=True, slots=True)
class Metro:
    """A city with its telephone area code."""

    name: str
    center: Point
    area_code: str


METROS = (
    Metro("Austin", Point(30.2672, -97.7431), "512"),
    Metro("Chicago", Point(41.8781, -87.6298), "312"),
    Metro("Denver", Point(39.7392, -104.9903), "303"),
    Metro("Phoenix", Point(33.4484, -112.0740), "602"),
    Metro("Seattle", Point(47.6062, -122.3321), "206"),
    Metro("Atlanta", Point(33.7490, -84.3880), "404"),
)


@dataclass(frozen=True, slots=True)
class Zip:
    """A ZIP code with its place and its distance from the center of its metro."""

    code: str
    city: str
    state: str
    point: Point
    time_zone: str
    miles: float


@lru_cache(maxsize=len(METROS))
def zips_around(metro: Metro) -> Sequence[Zip]:
    """The ZIP codes with street delivery within 45 miles of the center of `metro`."""
    zips = [_as_zip(entry, metro) for entry in _street_zips() if _near(entry, metro.center)]
    return [zip_code for zip_code in zips if zip_code.miles <= REACH_MILES]


@lru_cache(maxsize=1)
def _street_zips() -> Sequence[dict[str, Any]]:
    return [entry for entry in zipcodes.list_all() if entry["zip_code_type"] == "STANDARD" and entry["active"]]


def _near(entry: dict[str, Any], center: Point) -> bool:
    """A cheap pre-check: within one degree."""
    return abs(float(entry["lat"]) - center.latitude) < 1 and abs(float(entry["long"]) - center.longitude) < 1


def _as_zip(entry: dict[str, Any], metro: Metro) -> Zip:
    point = Point(float(entry["lat"]), float(entry["long"]))
    return Zip(
        code=entry["zip_code"],
        city=entry["city"],
        state=entry["state"],
        point=point,
        time_zone=time_zone_at(point),
        miles=great_circle_miles(point, metro.center),
    )


def somewhere(chance: Random, metro: Metro) -> dict[str, Any]:
    """The fields of a location on a street near a real ZIP code, usually near the center of the metro."""
    zips = zips_around(metro)
    chosen = min(chance.choice(zips), chance.choice(zips), key=lambda zip_code: zip_code.miles)
    point = _beside(chosen.point, chance)
    return {
        "latitude": _seven_decimals(point.latitude),
        "longitude": _seven_decimals(point.longitude),
        "address": street_address(chance),
        "city": chosen.city,
        "state": chosen.state,
        "zip_code": chosen.code,
        "time_zone": chosen.time_zone,
    }


def _beside(point: Point, chance: Random) -> Point:
    """A point within `JITTER_MILES` of another."""
    miles, angle = JITTER_MILES * math.sqrt(chance.random()), chance.random() * math.tau
    north, east = miles * math.cos(angle), miles * math.sin(angle)
    squeeze = math.cos(math.radians(point.latitude))
    return Point(point.latitude + north / MILES_A_DEGREE, point.longitude + east / (MILES_A_DEGREE * squeeze))


def _seven_decimals(degrees: float) -> Decimal:
    return Decimal(f"{degrees:.7f}")


def street_address(chance: Random) -> str:
    return f"{chance.randrange(100, 9900)} {chance.choice(STREETS)} {chance.choice(STREET_KINDS)}"


def telephone(chance: Random, metro: Metro) -> str:
    """A telephone number from the range reserved for fiction."""
    return f"({metro.area_code}) 555-{chance.randrange(100, 200):04d}"

"""Offline table of 42,789 ZIP codes with their states and cities; all but 876 have a center (zip_codes.csv)."""

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from sys import intern
from typing import NamedTuple

from smartscheduler.places import Point

TABLE = Path(__file__).with_name("zip_codes.csv")


class Middle(NamedTuple):
    """The center of a ZIP code in degrees, and the code of its state."""

    latitude: Decimal
    longitude: Decimal
    state: str

    @property
    def point(self) -> Point:
        return Point(float(self.latitude), float(self.longitude))


def middle_of(zip_code: str) -> Middle | None:
    """The center of a ZIP code; None when it is unknown, as for military ZIP codes."""
    state, latitude, longitude, _city = _table().get(zip_code, ("", "", "", ""))
    return Middle(Decimal(latitude), Decimal(longitude), state) if latitude else None


def state_of(zip_code: str) -> str:
    """The code of the state of a ZIP code; empty for a ZIP code that does not exist."""
    return _table().get(zip_code, ("",))[0]


def city_of(zip_code: str) -> str:
    """The name of the post office of a ZIP code; empty for a ZIP code that does not exist."""
    return _table().get(zip_code, ("", "", "", ""))[3]


def places() -> Iterator[tuple[str, str, str]]:
    """ZIP code, state and city of each ZIP code with a known center."""
    return ((code, state, city) for code, (state, lat, _lon, city) in _table().items() if lat)


@lru_cache(maxsize=64)
def middles_in(state: str) -> tuple[tuple[float, float], ...]:
    """Latitude and longitude of the known centers of a state's ZIP codes."""
    return tuple((float(lat), float(lon)) for of, lat, lon, _city in _table().values() if of == state and lat)


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[str, str, str, str]]:
    with TABLE.open() as lines:
        cells = (line.rstrip("\n").split(",") for line in lines)
        # Interned: thousands of ZIP codes share a state or a city.
        return {code: (intern(state), lat, lon, intern(city)) for code, state, lat, lon, city in cells}

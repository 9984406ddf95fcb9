"""Input and output of a geocoder: an address, and a point or the reason for its absence. Pure."""

from typing import NamedTuple

from smartscheduler.places import Point


class Address(NamedTuple):
    """A postal address in the United States."""

    address: str
    city: str
    state: str
    zip_code: str

    def __str__(self) -> str:
        return f"{self.address}, {self.city}, {self.state} {self.zip_code}"

    @property
    def key(self) -> str:
        """The cache key; spacing and letter case do not matter."""
        return " ".join(str(self).lower().split())[:400]


class GeocodingResult(NamedTuple):
    """A point, or None. `how` is a translated sentence: where the point comes from, or why there is none."""

    point: Point | None
    how: str

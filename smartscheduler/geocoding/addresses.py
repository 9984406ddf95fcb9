"""What a geocoder is asked, and what it answers. Pure."""

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
        """The same for every way to write it with other blanks and capitals."""
        return " ".join(str(self).lower().split())[:400]


class Found(NamedTuple):
    """A point, or None and why there is none: `how` is a sentence for people."""

    point: Point | None
    how: str

"""Spatial index of contractors: one plane with a region for each type and rating band. Pure.

The ranking needs the best rated and the nearest contractors at once, but the spatial index of PostgreSQL has two
dimensions. Therefore each type and rating band gets a map of its own: the map of region r is shifted by r × 1,000
degrees of longitude. One index then answers "rated 4.9 or better within four miles, 4.8 or better within three".
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from contractors.types import Type

# Lower edges of the rating bands, finer at the top, where most candidates come from.
BAND_EDGES = tuple(map(Decimal, ("4", "4.25", "4.5", "4.7", "4.8", "4.9")))
HIGHEST = 500
# The position of a type is part of the index: add new types at the end.
TYPES = tuple(Type.values)
BANDS_A_TYPE = 16
DEGREES_APART = 1_000.0


class Region(NamedTuple):
    """Region of the plane: offset in degrees of longitude, and the highest rating in it in hundredths of a star."""

    east: float
    top_rating: int


def regions(job_type: str) -> Iterator[Region]:
    """Regions of the contractors who can do jobs of a type (the type itself and `multi`), best ratings first."""
    tops = [*(int(edge * 100) for edge in BAND_EDGES), HIGHEST]
    for band in reversed(range(len(tops))):
        for kind in (job_type, "multi"):
            yield Region(DEGREES_APART * (TYPES.index(kind) * BANDS_A_TYPE + band), tops[band])


def place_sql(table: str = "") -> str:
    """SQL expression for the point of a contractor on the plane; `table` is a prefix such as `c.`."""
    kinds = " ".join(f"WHEN '{name}' THEN {number}" for number, name in enumerate(TYPES))
    edges = ", ".join(map(str, BAND_EDGES))
    return (
        f"point({table}longitude::float8 + {DEGREES_APART:g} * ("
        f"{BANDS_A_TYPE} * (CASE {table}type {kinds} END) + width_bucket({table}rating, ARRAY[{edges}]::numeric[])), "
        f"{table}latitude::float8)"
    )

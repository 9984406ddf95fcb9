"""How contractors are laid out for the ranking's search: one plane, a region for each type and rating band. Pure.

A site asks for the best rated and the nearest at once, and PostgreSQL's own spatial index has two dimensions.
So contractors of one type and of one band of ratings stand on a map of their own: the map of region r lies
r × 1,000 degrees to the east. One index then finds "4.9 and better within four miles, 4.8 within three".
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

# Finer towards the top, where the best are looked for.
BAND_EDGES = tuple(map(Decimal, ("4", "4.25", "4.5", "4.7", "4.8", "4.9")))
HIGHEST = 500
TYPES = ("flooring", "tile", "carpet", "multi")
BANDS_A_TYPE = 16
DEGREES_APART = 1_000.0


class Region(NamedTuple):
    """One map: how far east it lies in degrees, and the highest rating on it in hundredths of a star."""

    east: float
    top_rating: int


def regions(job_type: str) -> Iterator[Region]:
    """The regions of those who can do jobs of a type: its own and multi, best ratings first."""
    tops = [*(int(edge * 100) for edge in BAND_EDGES), HIGHEST]
    for band in reversed(range(len(tops))):
        for kind in (job_type, "multi"):
            yield Region(DEGREES_APART * (TYPES.index(kind) * BANDS_A_TYPE + band), tops[band])


def place_sql(table: str = "") -> str:
    """The point of a contractor on the plane, in SQL; `table` is a prefix such as `c.`."""
    kinds = " ".join(f"WHEN '{name}' THEN {number}" for number, name in enumerate(TYPES))
    edges = ", ".join(map(str, BAND_EDGES))
    return (
        f"point({table}longitude::float8 + {DEGREES_APART:g} * ("
        f"{BANDS_A_TYPE} * (CASE {table}type {kinds} END) + width_bucket({table}rating, ARRAY[{edges}]::numeric[])), "
        f"{table}latitude::float8)"
    )

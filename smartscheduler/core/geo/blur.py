"""Coordinates rounded to the center of a grid cell of about one kilometer, for roles that may not see them exactly.

Pure. The grid is fixed: repeated requests, two records at one address, and a move within a cell give the same center,
so the exact point cannot be averaged from many answers (docs/adr/028-places-blurred-to-a-grid.md).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from smartscheduler.places import Point

# A cell is 0.01° high and wide: 1.1 km from south to north, 0.7 to 1.0 km from west to east in the lower 48 states.
DECIMALS = 2
STEP = Decimal(1).scaleb(-DECIMALS)
HALF_CELL_DEGREES = float(STEP) / 2 + 1e-9
# Upper bound on the distance of a point from the center of its cell.
HALF_CELL_MILES = 0.5

# Whether the present reader gets blurred places. A function, because the API authenticates after this is set.
_is_limited: ContextVar[Callable[[], bool] | None] = ContextVar("blurred_places", default=None)


def cell_center(degrees: Any) -> Any:
    """A latitude or longitude at the center of its cell, in its own type; as PostgreSQL's round(numeric, 2)."""
    if isinstance(degrees, Decimal):
        return degrees.quantize(STEP, ROUND_HALF_UP)
    return float(Decimal(repr(float(degrees))).quantize(STEP, ROUND_HALF_UP))


def places_are_blurred() -> bool:
    """Whether the present reader may see blurred places only."""
    is_limited = _is_limited.get()
    return is_limited is not None and is_limited()


@contextmanager
def blurring(is_limited: Callable[[], bool]) -> Iterator[None]:
    """Blur every place that is read inside, provided that `is_limited()` is true at that time."""
    token = _is_limited.set(is_limited)
    try:
        yield
    finally:
        _is_limited.reset(token)


def blurred(point: Point) -> Point:
    """The center of the grid cell that contains `point`."""
    return Point(cell_center(point.latitude), cell_center(point.longitude))


def seen_points() -> Callable[[float, float], Point]:
    """The constructor of points for the present reader: exact, or blurred."""
    return _blurred_point if places_are_blurred() else Point


def _blurred_point(latitude: float, longitude: float) -> Point:
    return blurred(Point(latitude, longitude))

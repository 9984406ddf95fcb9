"""Places blurred to the center of a grid cell of about a kilometer, for readers who may not see them exactly. Pure.

The grid is the same for all places and never drawn anew: two records at one address, a second question or a move
within a cell give the same center, so nothing can be averaged (docs/adr/028-places-blurred-to-a-grid.md).
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
# No point is farther from the center of its cell.
HALF_CELL_MILES = 0.5

# Whether whoever reads what is being worked out gets blurred places; asked late, since the API signs in late.
_is_limited: ContextVar[Callable[[], bool] | None] = ContextVar("blurred_places", default=None)


def cell_center(degrees: Any) -> Any:
    """A latitude or longitude at the center of its cell, in its own type; as PostgreSQL's round(numeric, 2)."""
    if isinstance(degrees, Decimal):
        return degrees.quantize(STEP, ROUND_HALF_UP)
    return float(Decimal(repr(float(degrees))).quantize(STEP, ROUND_HALF_UP))


def places_are_blurred() -> bool:
    """Whether places that are read now are for somebody who may not see them exactly."""
    is_limited = _is_limited.get()
    return is_limited is not None and is_limited()


@contextmanager
def blurring(is_limited: Callable[[], bool]) -> Iterator[None]:
    """Inside, every place is blurred while `is_limited()` says so."""
    token = _is_limited.set(is_limited)
    try:
        yield
    finally:
        _is_limited.reset(token)


def blurred(point: Point) -> Point:
    """The center of the cell of the grid that holds `point`."""
    return Point(cell_center(point.latitude), cell_center(point.longitude))


def seen_points() -> Callable[[float, float], Point]:
    """The constructor of points for the present reader: exact, or blurred."""
    return _blurred_point if places_are_blurred() else Point


def _blurred_point(latitude: float, longitude: float) -> Point:
    return blurred(Point(latitude, longitude))

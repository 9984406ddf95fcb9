"""The blur of a place depends on its grid cell only."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.geo.blur import HALF_CELL_DEGREES, HALF_CELL_MILES, STEP, blurred, cell_center
from smartscheduler.places import Point, great_circle_miles

latitudes = st.decimals(18, 71, places=7)
longitudes = st.decimals(-179, -65, places=7)


@given(latitudes, longitudes)
def test_a_place_becomes_the_center_of_its_cell(latitude: Decimal, longitude: Decimal) -> None:
    point = Point(float(latitude), float(longitude))
    center = blurred(point)
    assert blurred(center) == center
    assert max(abs(center[0] - point[0]), abs(center[1] - point[1])) <= HALF_CELL_DEGREES
    assert great_circle_miles(point, center) <= HALF_CELL_MILES


@given(st.integers(1_800, 7_100), st.decimals("-0.0049999", "0.0049999", places=7))
def test_all_places_of_a_cell_have_one_center(cell: int, offset: Decimal) -> None:
    center = cell * STEP
    assert cell_center(center + offset) == center
    assert cell_center(float(center + offset)) == float(center)
    assert cell_center(-center + offset) == -center

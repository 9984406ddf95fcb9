"""Whether the parts of a place agree: its point, its state and its ZIP code."""

import math
from decimal import Decimal

from smartscheduler.core.geo.locations import Location
from smartscheduler.core.geo.zip_codes import middle_of, middles_in, state_of
from smartscheduler.errors import InvalidInput
from smartscheduler.places import Origin, Point, state_choices

PLACE_FIELDS = frozenset({"latitude", "longitude", "state", "zip_code"})
# The tolerance at borders: no place of a state is farther than this from all of its ZIP codes.
FARTHEST_MILES = 75
MILITARY = {"AA", "AE", "AP"}  # anywhere
FARTHEST_MILES_IN = {"AK": 300, "AS": 300, "FM": 300, "GU": 300, "HI": 150, "MH": 300, "MP": 300, "PW": 300}


def check_location(location: Location) -> None:
    """Raise InvalidInput (by field) for a point that cannot be that of the address."""
    check_place(location.latitude, location.longitude, state=location.state, zip_code=location.zip_code)


def check_place(latitude: Decimal | float, longitude: Decimal | float, *, state: str = "", zip_code: str = "") -> None:
    """The same of single values; a state or ZIP code that is not given is not compared."""
    if errors := _errors(Point(float(latitude), float(longitude)), state, zip_code):
        raise InvalidInput(next(iter(errors.values()))[0], errors=errors)


def _errors(point: Point, state: str, zip_code: str) -> dict[str, list[str]]:
    if point == (0, 0):
        message = "Latitude 0 and longitude 0 are no place in the United States: give the coordinates of the address."
        return {"latitude": [message], "longitude": [message]}
    of_zip = state_of(zip_code)
    if state and of_zip and of_zip != state:
        return {"zip_code": [f"ZIP code {zip_code} is in {_named(of_zip)}, not in {_named(state)}."]}
    miles = miles_to_state(point, state or of_zip, zip_code)
    if miles > farthest(state or of_zip):
        where = f"{miles:,.0f} miles from the nearest ZIP code of {_named(state or of_zip)}"
        message = f"The coordinates lie {where}: correct them, or the state."
        return {"latitude": [message], "longitude": [message]}
    return {}


def farthest(state: str) -> float:
    if state in MILITARY:
        return math.inf
    return FARTHEST_MILES_IN.get(state, FARTHEST_MILES)


def miles_to_state(point: Point, state: str, zip_code: str = "") -> float:
    """To the nearest ZIP code of a state; 0 near `zip_code`, and where no ZIP code of the state has a known place."""
    origin, middle = Origin(point), middle_of(zip_code)
    if middle and middle.state == state:
        near = origin.miles_to(Point(float(middle.latitude), float(middle.longitude)))
        if near <= FARTHEST_MILES:
            return 0
    return min((origin.miles_to(Point(*one)) for one in middles_in(state)), default=0)


def _named(state: str) -> str:
    return f"{dict(state_choices()).get(state, state)} ({state})"

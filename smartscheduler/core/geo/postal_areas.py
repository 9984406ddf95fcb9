"""Consistency check of the coordinates, the state, and the ZIP code of a place."""

import math
from decimal import Decimal

from django.utils.translation import gettext

from smartscheduler.core.geo.locations import Location
from smartscheduler.core.geo.zip_codes import middle_of, middles_in, state_of
from smartscheduler.errors import InvalidInput
from smartscheduler.places import Origin, Point, state_choices

PLACE_FIELDS = frozenset({"latitude", "longitude", "state", "zip_code"})
# Tolerance at borders: every place of a state is within this distance of one of its ZIP codes.
FARTHEST_MILES = 75
MILITARY = {"AA", "AE", "AP"}  # military addresses lie anywhere in the world
FARTHEST_MILES_IN = {"AK": 300, "AS": 300, "FM": 300, "GU": 300, "HI": 150, "MH": 300, "MP": 300, "PW": 300}


def check_location(location: Location) -> None:
    """Raise InvalidInput, by field, when the coordinates cannot belong to the address."""
    check_place(location.latitude, location.longitude, state=location.state, zip_code=location.zip_code)


def check_place(latitude: Decimal | float, longitude: Decimal | float, *, state: str = "", zip_code: str = "") -> None:
    """Raise InvalidInput, by field, when the values contradict each other; an empty state or ZIP code is skipped."""
    if errors := _errors(Point(float(latitude), float(longitude)), state, zip_code):
        raise InvalidInput(next(iter(errors.values()))[0], errors=errors)


def _errors(point: Point, state: str, zip_code: str) -> dict[str, list[str]]:
    if point == (0, 0):
        message = gettext("Latitude 0, longitude 0 is not in the United States. Enter the coordinates of the address.")
        return {"latitude": [message], "longitude": [message]}
    of_zip = state_of(zip_code)
    if state and of_zip and of_zip != state:
        message = gettext("ZIP code {zip_code} is in {actual_state}, not in {state}.")
        return {"zip_code": [message.format(zip_code=zip_code, actual_state=_named(of_zip), state=_named(state))]}
    miles = miles_to_state(point, state or of_zip, zip_code)
    if miles > farthest(state or of_zip):
        message = gettext(
            "The coordinates are {miles} miles from the nearest ZIP code of {state}. Correct them or the state."
        ).format(miles=f"{miles:,.0f}", state=_named(state or of_zip))
        return {"latitude": [message], "longitude": [message]}
    return {}


def farthest(state: str) -> float:
    """The tolerance of a state in miles."""
    if state in MILITARY:
        return math.inf
    return FARTHEST_MILES_IN.get(state, FARTHEST_MILES)


def miles_to_state(point: Point, state: str, zip_code: str = "") -> float:
    """Miles to the nearest ZIP code of a state; 0 near `zip_code`, and for a state without known ZIP code centers."""
    origin, middle = Origin(point), middle_of(zip_code)
    if middle and middle.state == state:
        near = origin.miles_to(Point(float(middle.latitude), float(middle.longitude)))
        if near <= FARTHEST_MILES:
            return 0
    return min((origin.miles_to(Point(*middle)) for middle in middles_in(state)), default=0)


def _named(state: str) -> str:
    return f"{dict(state_choices()).get(state, state)} ({state})"

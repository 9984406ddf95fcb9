"""Conversion of a row to a payload of the API."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.translation import gettext

from smartscheduler.core.entry.phone_numbers import read_phone
from smartscheduler.core.geo.cities import contradiction, suggestion
from smartscheduler.core.geo.locations import Location
from smartscheduler.core.geo.zip_codes import middle_of, state_of
from smartscheduler.errors import InvalidInput
from smartscheduler.geocoding.addresses import Address, GeocodingResult
from smartscheduler.imports.cell_formats import (
    read_duration,
    read_instant,
    read_list,
    read_week,
)
from smartscheduler.imports.columns import PLACE
from smartscheduler.imports.file_reader import Row
from smartscheduler.places import Point, known_time_zones, state_choices, time_zone_at, zone

USUAL_WEEK = "Mon-Fri 08:00-17:00"
COORDINATES = ("latitude", "longitude")
POSTAL = ("address", "city", "state", "zip_code")


class Body(NamedTuple):
    """Payload of a row, and notes about assumed or looked-up values."""

    values: dict[str, Any]
    notes: list[str]


def body_of_contractor(row: Row, present: Location | None, geocoded: GeocodingResult | None) -> Body:
    """Payload of a new contractor, or of changes to the `present` one. Raises InvalidInput by column."""
    body: dict[str, Any] = {name: row[name] for name in ("email", "name") if name in row}
    body |= {name: row[name].lower() for name in ("type",) if name in row}
    if "phone_number" in row:
        body["phone_number"] = read_phone(row["phone_number"])
    if "skills" in row:
        body["skills"] = read_list(row["skills"])
    if "service_radius_miles" in row:
        body["service_radius_miles"] = row["service_radius_miles"] or None
    if present is None or row.get("working_hours"):
        body["working_hours"] = read_week(row.get("working_hours") or USUAL_WEEK)
    place = place_of(row, present, geocoded)
    return Body(body | place.values, place.notes)


def body_of_job(row: Row, present: Location | None, geocoded: GeocodingResult | None) -> Body:
    """Payload of a new job, or of changes to the `present` one. Dates without an offset are local times of the site."""
    names = ("special_requirements", "customer_name")
    body: dict[str, Any] = {name: row[name] for name in names if name in row}
    body |= {name: row[name].lower() for name in ("type", "priority") if row.get(name)}
    if "customer_phone" in row:
        body["customer_phone"] = read_phone(row["customer_phone"])
    if "required_skills" in row:
        body["required_skills"] = read_list(row["required_skills"])
    if row.get("duration"):
        body["duration"] = read_duration(row["duration"])
    place = place_of(row, present, geocoded)
    body |= place.values
    for name in ("desired_date", "window_start", "window_end", "start", "end"):
        if row.get(name):
            body[name] = read_instant(row[name], _site(body, present))
    return Body(body, place.notes)


def place_of(row: Row, present: Location | None, geocoded: GeocodingResult | None) -> Body:
    """The location. Without coordinates, from the geocoding result (`geocoded`) or the center of the ZIP code.

    An existing record keeps its coordinates if its address is unchanged. Without a geocoding result, it also keeps
    them if the ZIP code is unchanged, because the center of the ZIP code would be less exact.
    """
    location: dict[str, Any] = {name: row[name] for name in PLACE if name in row}
    zone_of_row = {"time_zone": row["time_zone"]} if row.get("time_zone") else {}
    notes = _tidy(location)
    if lacks_point(row):
        for name in COORDINATES:
            location.pop(name, None)
        moved = present is None or any(location.get(name, was) != was for name, was in _postal(present).items())
        if moved:
            notes += _set_point(location, present, geocoded)
    notes += _doubts_of_city(location, present, is_decided=not lacks_point(row) or bool(geocoded and geocoded.point))
    return Body(({"location": location} if location else {}) | zone_of_row, notes)


def lacks_point(row: Row) -> bool:
    return not any(row.get(name) for name in COORDINATES)


def address_of(row: Row, present: Location | None) -> Address | None:
    """The address to geocode for a row. None if the row has coordinates, is unchanged, or has no complete address."""
    if not lacks_point(row):
        return None
    location: dict[str, Any] = {name: row[name] for name in POSTAL if row.get(name)}
    _tidy(location)
    was = _postal(present) if present else {}
    if present and all(location.get(name, value) == value for name, value in was.items()):
        return None
    whole = was | location
    return Address(**whole) if whole.keys() >= set(POSTAL) and state_of(whole["zip_code"]) else None


def _set_point(location: dict[str, Any], present: Location | None, geocoded: GeocodingResult | None) -> list[str]:
    """Set the coordinates of `location`. Returns notes about their source."""
    if geocoded and geocoded.point:
        location["latitude"], location["longitude"] = (f"{degrees:.7f}" for degrees in geocoded.point)
        return [geocoded.how]
    zip_code = location.get("zip_code", "")
    if present and zip_code in {"", present.zip_code}:
        return []
    center = middle_of(zip_code)
    if center is None:
        return []
    location["latitude"], location["longitude"] = str(center.latitude), str(center.longitude)
    note = gettext("The coordinates are the center of ZIP code {zip_code}.").format(zip_code=zip_code)
    return [geocoded.how, note] if geocoded else [note]


def _doubts_of_city(location: dict[str, Any], present: Location | None, *, is_decided: bool) -> list[str]:
    """The remark on a city that contradicts its ZIP code. Raises InvalidInput if the place would be far from the city.

    `is_decided`: the point does not come from the ZIP code.
    """
    if not location.keys() & {"city", "zip_code"}:
        return []
    was = _postal(present) if present else dict.fromkeys(POSTAL, "")
    if present and all(location.get(name, value) == value for name, value in was.items()):
        return []
    doubt = contradiction(*((was | location)[name] for name in ("city", "state", "zip_code")))
    if doubt and doubt.is_refused and not is_decided:
        raise InvalidInput.of("zip_code", doubt.message)
    return [doubt.message] if doubt else []


def suggestion_of(row: Row) -> str:
    """What the ZIP code of a rejected row could have been; empty if nothing is known."""
    location: dict[str, Any] = {name: row.get(name, "") for name in POSTAL}
    _tidy(location)
    return suggestion(location["city"], location["state"], location["zip_code"])


def _tidy(location: dict[str, Any]) -> list[str]:
    """Normalize state and ZIP code. Restores leading zeros that spreadsheets drop."""
    notes = []
    if location.get("state"):
        location["state"] = _states().get(location["state"].lower(), location["state"])
    zip_code = location.get("zip_code", "")
    if len(zip_code) == 10 and zip_code[5] == "-" and zip_code[6:].isdigit():
        location["zip_code"] = zip_code[:5]
    if zip_code.isdigit() and len(zip_code) in {3, 4}:
        whole = zip_code.zfill(5)
        state = state_of(whole)
        if state and state == location.get("state", state if len(zip_code) == 4 else ""):
            location["zip_code"] = whole
            notes.append(gettext("ZIP code {text} was read as {zip_code}.").format(text=zip_code, zip_code=whole))
    return notes


@lru_cache(maxsize=1)
def _states() -> dict[str, str]:
    """State codes by lower-case code and name."""
    return {text.lower(): code for code, name in state_choices() for text in (code, name)}


def _postal(present: Location) -> dict[str, str]:
    return {name: getattr(present, name) for name in POSTAL}


def _site(body: Mapping[str, Any], present: Location | None) -> Any:
    """Time zone of the row (by name or coordinates), else of the record; None if unknown."""
    named = body.get("time_zone", "")
    if named:
        return zone(named) if named in known_time_zones() else None
    place = body.get("location", {})
    try:
        point = Point(float(place["latitude"]), float(place["longitude"]))
        return zone(time_zone_at(point)) if abs(point.latitude) <= 90 and abs(point.longitude) <= 180 else None
    except (KeyError, ValueError):
        return present.zone if present else None

"""Conversion of a row to a payload of the API."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, NamedTuple

from django.utils.translation import gettext

from customers.services import LONGEST_NOTES
from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.addresses import read_zip_code, state_code
from smartscheduler.core.entry.phone_numbers import compact_number, read_phones
from smartscheduler.core.entry.written_dates import Order
from smartscheduler.core.geo.cities import contradiction, is_far_from_state, suggestion
from smartscheduler.core.geo.locations import Location
from smartscheduler.core.geo.zip_codes import middle_of, state_of
from smartscheduler.geocoding.addresses import Address, GeocodingResult
from smartscheduler.imports.cell_formats import (
    LacksSite,
    Value,
    read_duration,
    read_instant,
    read_list,
    read_miles,
    read_notes,
    read_week,
)
from smartscheduler.imports.columns import NOTES, PLACE, POSTAL
from smartscheduler.imports.file_reader import Row
from smartscheduler.imports.work_types import read_contractor_type, read_job_type
from smartscheduler.places import Point, known_time_zones, time_zone_at, zone

USUAL_WEEK = "Mon-Fri 08:00-17:00"
COORDINATES = ("latitude", "longitude")
INSTANTS = ("desired_date", "window_start", "window_end", "start", "end")
# A text of a cell in a remark is cut after so many characters.
LONGEST_SHOWN = 200
Faults = dict[str, list[str]]


class Body(NamedTuple):
    """Payload of a row, notes about assumed or looked-up values, and the faults of cells by column.

    `skipped`: the columns whose cells are not in the payload, because they could not be read.
    """

    values: dict[str, Any]
    notes: list[str]
    faults: Faults = {}
    skipped: Collection[str] = frozenset()


class Cells:
    """The cells of a row. Reading one collects its remarks, or its fault, so that all faults are reported at once."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.values: dict[str, Any] = {}
        self.remarks: list[str] = []
        self.faults: Faults = {}
        self.skipped: set[str] = set()

    def read(self, name: str, reader: Callable[[str], Value | Any], *, also_empty: bool = False) -> None:
        """Add the value of a cell that the file has; an empty one only if it means something (`also_empty`)."""
        if not (self.row.get(name) or (also_empty and name in self.row)):
            return
        try:
            read = reader(self.row[name])
        except UnreadableText as fault:
            self.skipped.add(name)
            if not isinstance(fault, LacksSite):  # then the place is at fault, and reported at its own columns
                self.faults[name] = [str(fault)]
            return
        if isinstance(read, Value):
            self.remarks += read.remarks
            read = read.value
        self.values[name] = read

    def body(self) -> Body:
        return Body(self.values, self.remarks, self.faults, self.skipped)


def body_of_contractor(row: Row, present: Location | None, geocoded: GeocodingResult | None) -> Body:
    """Payload of a new contractor, or of changes to the `present` one."""
    cells = Cells(row)
    for name in ("email", "name"):
        cells.read(name, str, also_empty=True)
    cells.read("type", lambda text: _type(read_contractor_type(text)), also_empty=True)
    cells.read("phone_number", partial(_phone, "phone_number", only_at_home=True), also_empty=True)
    cells.read("skills", read_list, also_empty=True)
    cells.read("service_radius_miles", lambda text: read_miles(text) if text else None, also_empty=True)
    cells.read("working_hours", read_week)
    if present is None:
        cells.values.setdefault("working_hours", read_week(USUAL_WEEK))
    _add_place(cells, present, geocoded)
    return cells.body()


def _type(type_and_remark: tuple[str, str]) -> Value:
    name, remark = type_and_remark
    return Value(name, (remark,) if remark else ())


def body_of_job(row: Row, present: Location | None, geocoded: GeocodingResult | None, order: Order = "mdy") -> Body:
    """Payload of a new job, or of changes to the `present` one. Dates without an offset are local times of the site."""
    remarks = list[str]()
    if _says_more(row.get("customer_phone", "")):
        row, remarks = keep_as_notes(row, {"customer_phone": row["customer_phone"]}, NOTES["jobs"], present)
    cells = Cells(row)
    cells.remarks += remarks
    cells.read("special_requirements", read_notes, also_empty=True)
    cells.read("customer_name", str, also_empty=True)
    cells.read("type", lambda text: _type(read_job_type(text)))
    cells.read("priority", str.lower)
    cells.read("customer_phone", partial(_phone, "customer_phone"), also_empty=True)
    cells.read("required_skills", read_list, also_empty=True)
    cells.read("duration", read_duration)
    _add_place(cells, present, geocoded)
    site = _site(cells.values, present)
    for name in INSTANTS:
        cells.read(name, partial(read_instant, site=site, order=order))
    return cells.body()


def _phone(name: str, text: str, *, only_at_home: bool = False) -> Value:
    """The first number of a cell in the form of jobs. Text without a number stays, and is refused by the field."""
    numbers, leftover = read_phones(text)
    first = next((phone for phone in numbers if phone.number.startswith("+1") or not only_at_home), None)
    if first is None:
        return Value(text)
    number = compact_number(first.number)
    if len(numbers) == 1 and not (first.extension or leftover):
        return Value(number)
    remark = gettext("{column} “{text}” was read as {number}.")
    return Value(number, (remark.format(column=name, text=text[:LONGEST_SHOWN], number=number),))


def _says_more(text: str) -> bool:
    """Whether the cell of a phone number has more than one number: an extension, further numbers, or other words."""
    numbers, leftover = read_phones(text)
    return bool(numbers) and bool(len(numbers) > 1 or numbers[0].extension or leftover)


def keep_as_notes(row: Row, texts: Mapping[str, str], column: str, present: Any) -> tuple[Row, list[str]]:
    """`row` with the texts of cells, by their column, added to its notes. A note that is there already stays once.

    A remark says that the notes would be too long and were cut.
    """
    notes = row.get(column) or (getattr(present, column) if present else "")
    lines = notes.splitlines()
    for name, text in texts.items():
        line = f"{name.replace('_', ' ').capitalize()}: {' '.join(text.split())}"
        if line not in lines:
            notes = f"{notes}\n{line}".strip()
    was = len(row.get(column, ""))
    cut = notes[: max(LONGEST_NOTES, was)].strip()
    return row | {column: cut}, [notes_were_cut()] if len(cut) < len(notes) else []


def notes_were_cut() -> str:
    return gettext("The notes were cut after {count} characters.").format(count=f"{LONGEST_NOTES:,}")


def _add_place(cells: Cells, present: Location | None, geocoded: GeocodingResult | None) -> None:
    place = place_of(cells.row, present, geocoded)
    cells.values |= place.values
    cells.remarks += place.notes
    cells.faults |= place.faults


def place_of(row: Row, present: Location | None, geocoded: GeocodingResult | None) -> Body:
    """The location. Without coordinates, from the geocoding result (`geocoded`) or the center of the ZIP code.

    An existing record keeps its coordinates if its address is unchanged. Without a geocoding result, it also keeps
    them if the ZIP code is unchanged, because the center of the ZIP code would be less exact.
    """
    location: dict[str, Any] = {name: row[name] for name in PLACE if name in row}
    zone_of_row = {"time_zone": row["time_zone"]} if row.get("time_zone") else {}
    notes = _tidy(location) + _set_state(location)
    if lacks_point(row):
        for name in COORDINATES:
            location.pop(name, None)
        moved = present is None or any(location.get(name, was) != was for name, was in _postal(present).items())
        if moved:
            notes += _set_point(location, present, geocoded)
    doubts = _doubts_of_city(location, present, is_decided=not lacks_point(row) or bool(geocoded and geocoded.point))
    values = ({"location": location} if location else {}) | zone_of_row
    return Body(values, [*notes, *doubts.notes], doubts.faults)


def lacks_point(row: Row) -> bool:
    return not any(row.get(name) for name in COORDINATES)


def address_of(row: Row, present: Location | None) -> Address | None:
    """The address to geocode for a row. None if the row has coordinates, is unchanged, or has no complete address."""
    if not lacks_point(row):
        return None
    location: dict[str, Any] = {name: row[name] for name in POSTAL if row.get(name)}
    _tidy(location)
    _set_state(location)
    was = _postal(present) if present else {}
    if present and all(location.get(name, value) == value for name, value in was.items()):
        return None
    whole = was | location
    return Address(**whole) if whole.keys() >= set(POSTAL) and state_of(whole["zip_code"]) else None


def _set_state(location: dict[str, Any]) -> list[str]:
    """Set the state to that of the ZIP code if the row has another one that is not far away. Returns notes about it.

    The coordinates come from the ZIP code, and the place that is stored agrees with itself.
    """
    city, state, zip_code = (location.get(name, "") for name in ("city", "state", "zip_code"))
    of_zip = state_of(zip_code)
    if not state or not of_zip or of_zip == state or is_far_from_state(city, state, zip_code):
        return []
    location["state"] = of_zip
    note = gettext("The state is {state}, from ZIP code {zip_code}, instead of {typed}.")
    text = note.format(state=of_zip, zip_code=zip_code, typed=state)
    return [" ".join(filter(None, [text, suggestion(city, state, zip_code)]))]


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


def _doubts_of_city(location: dict[str, Any], present: Location | None, *, is_decided: bool) -> Body:
    """The remark on a city that contradicts its ZIP code. A fault if the place would be far from the city.

    `is_decided`: the point does not come from the ZIP code.
    """
    if not location.keys() & {"city", "zip_code"}:
        return Body({}, [])
    was = _postal(present) if present else dict.fromkeys(POSTAL, "")
    if present and all(location.get(name, value) == value for name, value in was.items()):
        return Body({}, [])
    doubt = contradiction(*((was | location)[name] for name in ("city", "state", "zip_code")))
    if doubt and doubt.is_refused and not is_decided:
        return Body({}, [], {"zip_code": [doubt.message]})
    return Body({}, [doubt.message] if doubt else [])


def suggestion_of(row: Row) -> str:
    """What the ZIP code of a rejected row could have been; empty if nothing is known."""
    location: dict[str, Any] = {name: row.get(name, "") for name in POSTAL}
    _tidy(location)
    return suggestion(location["city"], location["state"], location["zip_code"])


def _tidy(location: dict[str, Any]) -> list[str]:
    """Normalize state and ZIP code. Restores leading zeros that spreadsheets drop."""
    if location.get("state"):
        location["state"] = state_code(location["state"]) or location["state"]
    written = location.get("zip_code", "")
    zip_code = read_zip_code(written, location.get("state", "")) if written else None
    if zip_code is None:
        return []
    location["zip_code"] = zip_code
    if written.startswith(zip_code):
        return []
    return [gettext("ZIP code {text} was read as {zip_code}.").format(text=written, zip_code=zip_code)]


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

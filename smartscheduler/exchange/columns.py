"""Which columns a file has, and what stands in their cells."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from contractors.models import Contractor
from contractors.shifts import DAYS
from jobs.models import Job
from smartscheduler.backoffice.places import middle_of
from smartscheduler.errors import InvalidInput
from smartscheduler.exchange.tables import Row
from smartscheduler.places import Point, time_zone_at, zone

PLACE = ("address", "city", "state", "zip_code", "latitude", "longitude")
CONTRACTOR_COLUMNS = (
    *("email", "name", "type", "phone_number", "skills", "service_radius_miles"),
    *(*PLACE, "time_zone", "working_hours"),
)
JOB_COLUMNS = (
    *("job_number", "type", "priority", "desired_date", "duration", "required_skills", "special_requirements"),
    *(*PLACE, "time_zone", "customer_name", "customer_phone"),
)
# Exported, and passed over when they come back.
READ_ONLY = {"contractors": ("status", "rating", "rating_count"), "jobs": ("status", "contractor")}
USUAL_WEEK = "Mon-Fri 08:00-17:00"
SHORT = [day[:3].lower() for day in DAYS]
SHIFTS = re.compile(r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+(.+)", re.IGNORECASE)
HOURS = re.compile(r"(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)")
DURATION = re.compile(r"(?:(\d{1,2}):(\d\d)(?::(\d\d))?|(\d{1,2}(?:\.\d{1,2})?)\s*h?)", re.IGNORECASE)


def body_of_contractor(row: Row, *, new: bool) -> dict[str, Any]:
    """The body that the API would take for a row. Raises InvalidInput by column."""
    body: dict[str, Any] = {name: row[name] for name in ("email", "name", "type", "phone_number") if name in row}
    if "skills" in row:
        body["skills"] = _list(row["skills"])
    if "service_radius_miles" in row:
        body["service_radius_miles"] = row["service_radius_miles"] or None
    if new or row.get("working_hours"):
        body["working_hours"] = working_week(row.get("working_hours") or USUAL_WEEK)
    return body | _place(row)


def body_of_job(row: Row, *, new: bool) -> dict[str, Any]:
    """The same for a job; a date without an offset is read by the clock at the site."""
    names = ("type", "priority", "special_requirements", "customer_name", "customer_phone")
    body: dict[str, Any] = {name: row[name] for name in names if name in row and (row[name] or name in names[2:])}
    if "required_skills" in row:
        body["required_skills"] = _list(row["required_skills"])
    if row.get("duration"):
        body["duration"] = _duration(row["duration"])
    body |= _place(row)
    if row.get("desired_date"):
        body["desired_date"] = _instant(row["desired_date"], body, row.get("time_zone", ""))
    return body


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _place(row: Row) -> dict[str, Any]:
    """The location, from the ZIP code's middle where the coordinates are missing."""
    location: dict[str, Any] = {name: row[name] for name in PLACE if name in row}
    if location.get("zip_code") and not (location.get("latitude") or location.get("longitude")):
        found = middle_of(location["zip_code"])
        if found:
            location["latitude"], location["longitude"] = (str(value) for value in found)
    found_zone = {"time_zone": row["time_zone"]} if row.get("time_zone") else {}
    return ({"location": location} if location else {}) | found_zone


def _instant(text: str, body: Mapping[str, Any], named: str) -> str:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise InvalidInput.of("desired_date", "A date and time such as 2026-12-01 09:00.") from None
    if moment.tzinfo is None:
        place = body.get("location", {})
        try:
            point = Point(float(place["latitude"]), float(place["longitude"]))
            moment = moment.replace(tzinfo=zone(named or time_zone_at(point)))
        except (KeyError, ValueError):
            raise InvalidInput.of(
                "desired_date", "Without a place the date needs an offset: 2026-12-01T09:00-06:00."
            ) from None
    return moment.isoformat()


def _duration(text: str) -> str:
    """`2:30`, `02:30:00`, `2.5` or `2.5 h` as the API writes it."""
    found = DURATION.fullmatch(text.strip())
    if not found:
        raise InvalidInput.of("duration", "Hours and minutes such as 2:30, or hours such as 2.5.")
    hours, minutes, seconds, decimal = found.groups()
    if decimal is not None:
        return str(timedelta(hours=float(decimal)))
    return f"{int(hours):02}:{minutes}:{seconds or '00'}"


def working_week(text: str) -> list[dict[str, Any]]:
    """`Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-13:00` as shifts. Raises InvalidInput."""
    shifts = []
    for part in _list(text):
        found = SHIFTS.fullmatch(part)
        hours = [HOURS.fullmatch(one.strip()) for one in found[3].split(",")] if found else []
        if not found or not all(hours):
            raise InvalidInput.of("working_hours", f"“{part[:60]}” is not like Mon-Fri 08:00-12:00, 13:00-17:00.")
        for day in _days(found[1].lower(), (found[2] or found[1]).lower()):
            for one in hours:
                assert one is not None  # noqa: S101  (checked above)
                start, end = (f"{moment:0>5}" for moment in one.groups())
                shifts.append({"day_of_week": day, "start_time": start, "end_time": "00:00" if end == "24:00" else end})
    return shifts


def _days(first: str, last: str) -> list[int]:
    for name in (first, last):
        if name not in SHORT:
            raise InvalidInput.of("working_hours", f"“{name}” is no day: Mon, Tue, Wed, Thu, Fri, Sat, Sun.")
    start, end = SHORT.index(first), SHORT.index(last)
    return [(start + n) % 7 for n in range((end - start) % 7 + 1)]


def week_as_text(contractor: Contractor) -> str:
    """The working week as `working_week` reads it; reads `working_hours` as prefetched."""
    days: dict[int, list[str]] = {}
    for shift in contractor.shifts:
        end = "24:00" if shift.end_time.isoformat("minutes") == "00:00" else shift.end_time.isoformat("minutes")
        days.setdefault(shift.day_of_week, []).append(f"{shift.start_time.isoformat('minutes')}-{end}")
    return "; ".join(f"{DAYS[day][:3]} {', '.join(hours)}" for day, hours in days.items())


def contractor_cells(contractor: Contractor) -> list[str]:
    """The cells of an export, in the order of the headings."""
    radius = contractor.service_radius_miles
    special: dict[str, Callable[[], str]] = {
        "skills": lambda: "; ".join(contractor.skills),
        "working_hours": lambda: week_as_text(contractor),
        "service_radius_miles": lambda: "" if radius is None else f"{radius:f}",
    }
    names = (*CONTRACTOR_COLUMNS, *READ_ONLY["contractors"])
    return [special[name]() if name in special else str(getattr(contractor, name)) for name in names]


def job_cells(job: Job) -> list[str]:
    special: dict[str, Callable[[], str]] = {
        "required_skills": lambda: "; ".join(job.required_skills),
        "desired_date": lambda: job.desired_date.astimezone(job.zone).isoformat(),
        "duration": lambda: f"{job.duration // timedelta(hours=1)}:{job.duration // timedelta(minutes=1) % 60:02}",
        "contractor": lambda: next((one.contractor.name for one in job.live), ""),  # type: ignore[attr-defined]
    }
    names = (*JOB_COLUMNS, *READ_ONLY["jobs"])
    return [special[name]() if name in special else str(getattr(job, name)) for name in names]

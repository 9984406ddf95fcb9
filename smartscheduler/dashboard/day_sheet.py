"""Day sheet of a contractor: the jobs of one day in order, with drives, to print or to send."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from assignments.calendars import Drive, delays_of_days, drives_of_days, schedule
from assignments.lateness import late_sentence
from assignments.local_time import day_at
from assignments.models import Assignment
from contractors.models import Contractor
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import redact_record
from smartscheduler.core.formatting import local_hours, long_day, zone_name
from smartscheduler.rules.values import Rules


@dataclass(frozen=True)
class Visit:
    """A booking, with the drive to it if there is one on this day.

    `site_hours` is empty if the clocks of site and contractor agree, `lateness` if the booking is expected on time.
    """

    booking: Assignment
    hours: str
    site_hours: str
    drive: Drive | None
    lateness: str


def context(contractor: Contractor, day: date, reader: User, rules: Rules) -> dict[str, Any]:
    """Template context of a day in the contractor's time zone, redacted for `reader`.

    Raises InvalidInput for a day more than five years away.
    """
    zone = contractor.zone
    (schedule_of_day,) = schedule(contractor=contractor, start=day, end=day, rules=rules)
    bookings = schedule_of_day.assignments
    # A drive ends when its booking starts.
    drives = {drive.slot.end: drive for drives in drives_of_days([bookings], rules) for drive in drives}
    (delays,) = delays_of_days([bookings], rules)
    return {
        "contractor": contractor,
        "day": day,
        "heading": f"{long_day(day)}, {day.year}",
        "zone": zone_name(day_at(day, zone).start, zone),
        "working_hours": [local_hours(slot, zone) for slot in schedule_of_day.working_hours],
        "absences": [local_hours(slot, zone) for slot in schedule_of_day.absences],
        "visits": [
            Visit(
                booking,
                local_hours(booking.slot, zone),
                _site_hours(booking),
                drives.get(booking.slot.start),
                late_sentence(booking, delay, zone) if delay else "",
            )
            for booking, delay in zip((_redacted(booking, reader) for booking in bookings), delays, strict=True)
        ],
    }


def _redacted(booking: Assignment, reader: User) -> Assignment:
    redact_record(booking, reader)
    return booking


def _site_hours(booking: Assignment) -> str:
    """The hours on the clock of the site, if that differs from the contractor's."""
    site, own = booking.job.zone, booking.contractor.zone
    start = booking.slot.start
    if start.astimezone(site).utcoffset() == start.astimezone(own).utcoffset():
        return ""
    return f"{local_hours(booking.slot, site)} {zone_name(start, site)}"

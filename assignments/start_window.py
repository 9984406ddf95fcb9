"""From when on the work of a booking may be started. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from assignments.local_time import day_at, day_of
from smartscheduler.core.formatting import local_time
from smartscheduler.core.json_values import instant
from smartscheduler.errors import TooEarly
from smartscheduler.timeslots import TimeSlot


def earliest_start(slot: TimeSlot, zone: ZoneInfo) -> datetime:
    """The midnight that begins the slot's day at the site, or EARLY_START before the slot where that is earlier.

    A crew that is done early may go on to its next job of the day.
    """
    midnight = day_at(day_of(slot.start, zone), zone).start
    return min(midnight, slot.start - settings.EARLY_START)


def check_time_of_work(slot: TimeSlot, zone: ZoneInfo, *, act: str, now: datetime) -> None:
    """Raise TooEarly when the work of `slot` cannot be `act` (started, completed) yet at `now`."""
    earliest = earliest_start(slot, zone)
    if now < earliest:
        raise TooEarly(
            f"The work is booked for {local_time(slot.start, zone)} and can be {act} "
            f"from {local_time(earliest, zone)} on.",
            extra={"earliest": instant(earliest)},
        )

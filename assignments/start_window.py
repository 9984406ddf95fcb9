"""Earliest time at which the work of an assignment can be started, completed or reported late. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from assignments.local_time import day_at, day_of
from smartscheduler.core.formatting import local_time
from smartscheduler.core.json_values import instant
from smartscheduler.errors import TooEarly
from smartscheduler.timeslots import TimeSlot

TOO_EARLY = {
    "started": _("The work is booked for {booked} and can be started from {earliest} on."),
    "completed": _("The work is booked for {booked} and can be completed from {earliest} on."),
    "reported late": _("The work is booked for {booked} and can be reported late from {earliest} on."),
}


def earliest_start(slot: TimeSlot, zone: ZoneInfo) -> datetime:
    """Start of the slot's day at the site, or EARLY_START before the slot if that is earlier.

    So a contractor who finishes a job early can start the next one of the day.
    """
    midnight = day_at(day_of(slot.start, zone), zone).start
    return min(midnight, slot.start - settings.EARLY_START)


def check_time_of_work(slot: TimeSlot, zone: ZoneInfo, *, act: str, now: datetime) -> None:
    """Raise TooEarly if it is too early at `now` for the work of `slot` to be `act`: a key of TOO_EARLY."""
    earliest = earliest_start(slot, zone)
    if now < earliest:
        message = TOO_EARLY[act].format(booked=local_time(slot.start, zone), earliest=local_time(earliest, zone))
        raise TooEarly(message, extra={"earliest": instant(earliest)})

"""Weekly shifts of a contractor and their validation. Pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from functools import lru_cache
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext

from smartscheduler.core.formatting import hours_of_day, time_of_day
from smartscheduler.errors import InvalidInput

# Sunday is 0. These names are part of the file format of imports; screens show DAY_CHOICES, which are translated.
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
LONGEST_SHIFT = timedelta(hours=16)
MIDNIGHT = time(0)
ONE_DAY, ONE_MINUTE = timedelta(days=1), timedelta(minutes=1)
# Django counts weekdays from Monday.
DAY_CHOICES = [(day, WEEKDAYS[(day - 1) % 7]) for day in range(7)]


@lru_cache(maxsize=4_096)
def day_offset(moment: time) -> timedelta:
    """Duration from midnight at the start of the day to a time of day."""
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """Weekly shift in the contractor's time zone; an end of 00:00 is midnight at the end of the day."""

    day_of_week: int
    start_time: time
    end_time: time

    @property
    def starts(self) -> timedelta:
        return day_offset(self.start_time)

    @property
    def ends(self) -> timedelta:
        return ONE_DAY if self.end_time == MIDNIGHT else day_offset(self.end_time)

    def as_json(self) -> dict[str, Any]:
        return {
            "day_of_week": self.day_of_week,
            "start_time": _clock(self.start_time),
            "end_time": _clock(self.end_time),
        }

    def __str__(self) -> str:
        return f"{DAY_CHOICES[self.day_of_week][1]} {self._hours()}"

    def _hours(self) -> str:
        if self.start_time.second or self.end_time.second:
            return f"{time_of_day(self.start_time)}–{time_of_day(self.end_time)}"
        return hours_of_day(self.starts // ONE_MINUTE, self.ends // ONE_MINUTE)


def _clock(moment: time) -> str:
    return moment.isoformat("minutes") if moment.second == moment.microsecond == 0 else moment.isoformat()


def check_week(shifts: Sequence[Shift]) -> list[Shift]:
    """Validate the shifts and return them in the order of the week, Sunday first.

    Raises InvalidInput (field `working_hours`) for an empty week, a shift that does not start before it ends, lasts
    longer than 16 hours or has an unknown day, and for two shifts of a day that overlap.
    """
    if not shifts:
        raise _refused(gettext("Enter at least one shift."))
    for shift in shifts:
        _check_shift(shift)
    ordered = sorted(shifts)
    for earlier, later in itertools.pairwise(ordered):
        if earlier.day_of_week == later.day_of_week and later.starts < earlier.ends:
            message = gettext("Shifts of a day must not overlap: {first} and {second}.")
            raise _refused(message.format(first=earlier, second=later))
    return ordered


def _check_shift(shift: Shift) -> None:
    if not 0 <= shift.day_of_week <= 6:
        message = gettext("day_of_week must be between 0 (Sunday) and 6 (Saturday), not {day}.")
        raise _refused(message.format(day=shift.day_of_week))
    if shift.starts >= shift.ends:
        raise _refused(gettext("A shift must start before it ends: {shift}.").format(shift=shift))
    if shift.ends - shift.starts > LONGEST_SHIFT:
        raise _refused(gettext("A shift can last at most 16 hours: {shift}.").format(shift=shift))


def _refused(message: str) -> InvalidInput:
    return InvalidInput.of("working_hours", message)

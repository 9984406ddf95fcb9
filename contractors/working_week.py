"""A contractor's working week: weekly shifts and the rules they obey. Pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from functools import lru_cache
from typing import Any

from smartscheduler.errors import InvalidInput

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
LONGEST_SHIFT = timedelta(hours=16)
MIDNIGHT = time(0)
ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=4_096)
def day_offset(moment: time) -> timedelta:
    """How far a time of day is from the midnight that begins the day."""
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """A weekly shift in the contractor's own zone; an end of 00:00 is midnight at the end of the day."""

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
        return f"{DAYS[self.day_of_week]} {_clock(self.start_time)}–{_clock(self.end_time)}"


def _clock(moment: time) -> str:
    return moment.isoformat("minutes") if moment.second == moment.microsecond == 0 else moment.isoformat()


def check_week(shifts: Sequence[Shift]) -> list[Shift]:
    """The shifts in order of the week.

    Raises InvalidInput (field `working_hours`) when there is none, when one does not start before it
    ends, is longer than 16 hours or on no day of the week, or when two of a day overlap.
    """
    if not shifts:
        raise _refused("At least one shift is needed.")
    for shift in shifts:
        _check_shift(shift)
    ordered = sorted(shifts)
    for earlier, later in itertools.pairwise(ordered):
        if earlier.day_of_week == later.day_of_week and later.starts < earlier.ends:
            raise _refused(f"Shifts of a day may not overlap: {earlier} and {later}.")
    return ordered


def _check_shift(shift: Shift) -> None:
    if not 0 <= shift.day_of_week <= 6:
        raise _refused(f"day_of_week is 0 (Sunday) to 6 (Saturday), not {shift.day_of_week}.")
    if shift.starts >= shift.ends:
        raise _refused(f"A shift starts before it ends: {shift}.")
    if shift.ends - shift.starts > LONGEST_SHIFT:
        raise _refused(f"A shift lasts at most 16 hours: {shift}.")


def _refused(message: str) -> InvalidInput:
    return InvalidInput.of("working_hours", message)

"""Arrival windows: the rules for their bounds, and the windows that free time allows. Pure.

A window is what the customer was told: the work starts in it, both ends included. It lasts 1 to 4 hours, and both ends
are on the half hour by the clock at the site.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from jobs.arrival import HALF_HOUR
from smartscheduler.timeslots import TimeSlot, unchecked


def nearest_window(window: TimeSlot, starts: Iterable[datetime]) -> TimeSlot:
    """The window nearest to `window` that contains one of `starts`, moved by whole half hours; the earlier of two.

    `starts` must not be empty.
    """
    moves = min((abs(steps), steps) for steps in (_steps_to(window, start) for start in starts))
    return unchecked((window.start + moves[1] * HALF_HOUR, window.end + moves[1] * HALF_HOUR))


def _steps_to(window: TimeSlot, start: datetime) -> int:
    """Half hours by which `window` has to move to contain `start`; negative to an earlier time."""
    if start < window.start:
        return (start - window.start) // HALF_HOUR  # rounds down: further away from the window
    if start > window.end:
        return -((window.end - start) // HALF_HOUR)
    return 0


def safe_windows(
    free: Iterable[TimeSlot], duration: timedelta, length: timedelta, zone: ZoneInfo
) -> Iterator[TimeSlot]:
    """Windows of `length` on the half hour in `zone` of which every start leaves `duration` of free time.

    `free` is a normal list of free time, drives included. Windows of one stretch follow each other by half an hour.
    """
    for stretch in free:
        start = next_half_hour(stretch.start, zone)
        while start + length + duration <= stretch.end:
            yield unchecked((start, start + length))
            start += HALF_HOUR


def next_half_hour(moment: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at or after `moment` at which the clock in `zone` shows a half hour."""
    there = moment.astimezone(zone)
    past = timedelta(minutes=there.minute % 30, seconds=there.second, microseconds=there.microsecond)
    return moment + (HALF_HOUR - past if past else timedelta(0))


def spread(windows: Sequence[TimeSlot], aim: datetime, most: int) -> list[TimeSlot]:
    """At most `most` of `windows` that do not overlap, those nearest to `aim` first chosen, sorted by start."""
    chosen: list[TimeSlot] = []
    for window in sorted(windows, key=lambda window: (abs(window.start - aim), window.start)):
        if len(chosen) == most:
            break
        if not any(window.overlaps(other) for other in chosen):
            chosen.append(window)
    return sorted(chosen)

"""Half-open intervals `[start, end)` of instants, and their arithmetic. Pure.

A list of slots is *normal* when it is sorted and its slots neither overlap nor touch. All functions return such lists.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import NamedTuple


class _Pair(NamedTuple):
    start: datetime
    end: datetime


class TimeSlot(_Pair):
    """The time from `start` up to but not including `end`, both aware. Sorts by start, then end."""

    __slots__ = ()

    def __new__(cls, start: datetime, end: datetime) -> "TimeSlot":
        if start.tzinfo is None or end.tzinfo is None:
            raise ValueError("A time slot needs datetimes with a time zone.")
        if not start < end:
            raise ValueError("A time slot must start before it ends.")
        return super().__new__(cls, start, end)

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: _Pair) -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: _Pair) -> bool:
        return self.start <= other.start and other.end <= self.end

    def widened(self, gap: timedelta) -> "TimeSlot":
        """The same slot with `gap` (0 or more) added before and after."""
        return unchecked((self.start - gap, self.end + gap))


# Creates a slot from a valid pair without the checks, which take longer than the creation.
unchecked = partial(tuple.__new__, TimeSlot)


NOON = time(12)


def noon_of(day: date, zone: tzinfo) -> datetime:
    """The instant that a day without a time of day means: its noon in `zone`, in UTC."""
    return datetime.combine(day, NOON, zone).astimezone(UTC)


def is_past(moment: datetime, zone: tzinfo, *, now: datetime) -> bool:
    """Whether a desired date at a site in `zone` is past. The noon of today is not, because it means today."""
    return moment < now and moment != noon_of(now.astimezone(zone).date(), zone)


# Dates further away are treated as typing errors.
FARTHEST = timedelta(days=5 * 366)


def within_reach(moment: datetime, *, now: datetime) -> bool:
    """Whether `moment` is at most five years before or after `now`."""
    # No arithmetic on `moment`: it would overflow near datetime.min and datetime.max.
    return now - FARTHEST <= moment <= now + FARTHEST


def union(slots: Iterable[TimeSlot]) -> list[TimeSlot]:
    """The covered time as a normal list: overlapping and adjacent slots are merged."""
    merged: list[TimeSlot] = []
    for slot in sorted(slots):
        if merged and slot[0] <= merged[-1][1]:
            if slot[1] > merged[-1][1]:
                merged[-1] = unchecked((merged[-1][0], slot[1]))
        else:
            merged.append(slot)
    return merged


def without(slots: Sequence[TimeSlot], holes: Sequence[TimeSlot]) -> list[TimeSlot]:
    """The time in `slots` outside all `holes`; both must be normal lists."""
    return [piece for slot in slots for piece in _pieces(slot, holes)]


def _pieces(slot: TimeSlot, holes: Sequence[TimeSlot]) -> Iterator[TimeSlot]:
    start, end = slot
    for hole in holes:
        if hole[1] <= start:
            continue
        if hole[0] >= end:
            break
        if hole[0] > start:
            yield unchecked((start, hole[0]))
        start = hole[1]
    if start < end:
        yield unchecked((start, end))


def clip(slots: Iterable[TimeSlot], window: TimeSlot) -> list[TimeSlot]:
    """The time in `slots` inside `window`."""
    return [
        TimeSlot(max(slot.start, window.start), min(slot.end, window.end))
        for slot in union(slots)
        if slot.overlaps(window)
    ]


def containing(slots: Iterable[TimeSlot], requested: TimeSlot) -> TimeSlot | None:
    """The slot of a normal list that contains `requested`, or None."""
    return next((slot for slot in slots if slot.contains(requested)), None)

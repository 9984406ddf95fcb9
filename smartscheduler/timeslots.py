"""Half-open intervals `[start, end)` of instants, and their arithmetic. Pure.

A list of slots is *normal* when it is sorted, disjoint and without gaps of zero length between
neighbours; every function here returns normal lists.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple


class _Pair(NamedTuple):
    start: datetime
    end: datetime


class TimeSlot(_Pair):
    """A stretch of time from `start` up to, not including, `end`; both aware. Sorts by start, then end."""

    __slots__ = ()

    def __new__(cls, start: datetime, end: datetime) -> "TimeSlot":
        if start.tzinfo is None or end.tzinfo is None:
            raise ValueError("A time slot needs instants with a time zone.")
        if not start < end:
            raise ValueError("A time slot starts before it ends.")
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


# A slot from a pair that is known to be one: the checks cost more than the slot.
unchecked = partial(tuple.__new__, TimeSlot)


# Beyond this a date is a slip of the keyboard.
FARTHEST = timedelta(days=5 * 366)


def within_reach(moment: datetime, *, now: datetime) -> bool:
    """Whether `moment` is at most five years from `now`, either way."""
    # Compared without arithmetic on `moment`: the first and last days of the calendar allow none.
    return now - FARTHEST <= moment <= now + FARTHEST


def union(slots: Iterable[TimeSlot]) -> list[TimeSlot]:
    """The same time as a normal list: overlapping and adjoining slots become one."""
    merged: list[TimeSlot] = []
    for slot in sorted(slots):
        if merged and slot[0] <= merged[-1][1]:
            if slot[1] > merged[-1][1]:
                merged[-1] = unchecked((merged[-1][0], slot[1]))
        else:
            merged.append(slot)
    return merged


def without(slots: Sequence[TimeSlot], holes: Sequence[TimeSlot]) -> list[TimeSlot]:
    """The time in `slots` that is in none of `holes`, both normal lists."""
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
    """The time in `slots` that lies inside `window`."""
    return [
        TimeSlot(max(slot.start, window.start), min(slot.end, window.end))
        for slot in union(slots)
        if slot.overlaps(window)
    ]


def containing(slots: Iterable[TimeSlot], wanted: TimeSlot) -> TimeSlot | None:
    """The slot of a normal list that holds all of `wanted`, or None."""
    return next((slot for slot in slots if slot.contains(wanted)), None)

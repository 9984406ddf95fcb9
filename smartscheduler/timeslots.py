"""Half-open intervals `[start, end)` of instants, and their arithmetic. Pure.

A list of slots is *normal* when it is sorted, disjoint and without gaps of zero length between
neighbours; every function here returns normal lists.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class TimeSlot:
    """A stretch of time from `start` up to, not including, `end`; both aware."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("A time slot needs instants with a time zone.")
        if not self.start < self.end:
            raise ValueError("A time slot starts before it ends.")

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: "TimeSlot") -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: "TimeSlot") -> bool:
        return self.start <= other.start and other.end <= self.end

    def widened(self, gap: timedelta) -> "TimeSlot":
        """The same slot with `gap` (0 or more) added before and after."""
        return TimeSlot(self.start - gap, self.end + gap)


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
        if merged and slot.start <= merged[-1].end:
            if slot.end > merged[-1].end:
                merged[-1] = TimeSlot(merged[-1].start, slot.end)
        else:
            merged.append(slot)
    return merged


def subtract(slots: Iterable[TimeSlot], holes: Iterable[TimeSlot]) -> list[TimeSlot]:
    """The time in `slots` that is in none of `holes`."""
    busy = union(holes)
    return [piece for slot in union(slots) for piece in _without(slot, busy)]


def _without(slot: TimeSlot, busy: list[TimeSlot]) -> Iterator[TimeSlot]:
    start = slot.start
    for hole in busy:
        if hole.end <= start:
            continue
        if hole.start >= slot.end:
            break
        if hole.start > start:
            yield TimeSlot(start, hole.start)
        start = hole.end
    if start < slot.end:
        yield TimeSlot(start, slot.end)


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

"""Time axis of the board: its days, the hours that they show, and where instants lie on them. Pure.

A position is a number of minutes. On a board in one time zone it counts the time since the first midnight, so a day of
a clock change has 23 or 25 hours. On a board in the local time of each row it is read off the wall clock of the row,
since the rows then share one scale but no instants.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from assignments.local_time import MINUTES_A_DAY, day_at, local_instant
from smartscheduler.core.formatting import hour_of_axis, hours_and_minutes, short_day
from smartscheduler.timeslots import TimeSlot

HOURS_A_DAY, HALVES_A_DAY = 24, 48
ONE_MINUTE, HALF_AN_HOUR, ONE_HOUR = timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=1)
ONE_DAY = timedelta(days=1)
# The hours of a board without working hours and bookings.
USUAL_HOURS = (8, 17)
# Hours in which fewer rows than one in so many work do not extend the axis: one night shift would else halve all
# blocks. Bookings always extend it.
RARE = 10
# Hours between two labels of the axis, by the number of days; twice as many if a day is long.
HOURS_BETWEEN_LABELS = {1: 1, 3: 3, 7: 6}
LONG_DAY_HOURS = 13


@dataclass(frozen=True)
class Axis:
    """`days` consecutive days from `first`, in `zone`; None stands for the local time of each row."""

    first: date
    days: int
    zone: ZoneInfo | None
    today: date

    @property
    def dates(self) -> list[date]:
        return [self.first + ONE_DAY * number for number in range(self.days)]

    @property
    def last(self) -> date:
        return self.dates[-1]

    @property
    def is_today(self) -> bool:
        return self.first <= self.today <= self.last

    def zone_for(self, own: ZoneInfo) -> ZoneInfo:
        """The time zone in which a row is drawn; `own` is that of its contractor."""
        return self.zone or own

    def window(self, own: ZoneInfo) -> TimeSlot:
        """The time that a row shows."""
        zone = self.zone_for(own)
        return TimeSlot(day_at(self.first, zone).start, day_at(self.last, zone).end)

    def minute(self, moment: datetime, own: ZoneInfo) -> int:
        """Position of an instant in the row of a contractor, limited to the days of the axis."""
        if self.zone is None:
            local = moment.astimezone(own)
            minute = (local.date() - self.first).days * MINUTES_A_DAY + local.hour * 60 + local.minute
        else:
            minute = (moment - self.window(self.zone).start) // ONE_MINUTE
        return min(max(minute, 0), self._halves[-1][-1])

    @cached_property
    def _halves(self) -> list[list[int]]:
        """Positions of the local half hours 0 to 48 of each day."""
        if self.zone is None:
            return [
                [number * MINUTES_A_DAY + half * 30 for half in range(HALVES_A_DAY + 1)] for number in range(self.days)
            ]
        start = self.window(self.zone).start
        return [
            [
                (local_instant(day, half * HALF_AN_HOUR, self.zone) - start) // ONE_MINUTE
                for half in range(HALVES_A_DAY + 1)
            ]
            for day in self.dates
        ]

    def halves_of(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The local half hours, such as (16, 34), that the positions from `start` to `end` touch on each day."""
        for halves in self._halves:
            since, until = max(start, halves[0]), min(end, halves[-1])
            if since < until:
                yield bisect_right(halves, since) - 1, bisect_left(halves, until)

    def columns(self, first_hour: float, last_hour: float) -> list["Column"]:
        """The part from `first_hour` to `last_hour`, a full or half hour, of each day."""
        return [
            Column(self, day, halves[int(2 * first_hour)], halves[int(2 * last_hour)])
            for day, halves in zip(self.dates, self._halves, strict=True)
        ]


@dataclass(frozen=True)
class Column:
    """The shown part of a day, from one position to another."""

    axis: Axis
    day: date
    first: int
    last: int

    @property
    def name(self) -> str:
        return short_day(self.day)

    @property
    def labels(self) -> list[tuple[int, str]]:
        """Positions and texts of the hours. On the day of a clock change, an hour is missing or appears twice."""
        step = HOURS_BETWEEN_LABELS[self.axis.days]
        if self.last - self.first > LONG_DAY_HOURS * 60:
            step *= 2
        clocks = ((minute, self._hour(minute)) for minute in range(self.first, self.last + 1, 60))
        return [
            (minute, hour_of_axis(hour or (HOURS_A_DAY if minute == self.last else 0)))
            for minute, hour in clocks
            # A label at the end of a column would cover the first one of the next.
            if hour % step == 0 and (minute < self.last or self.axis.days == 1)
        ]

    def _hour(self, minute: int) -> int:
        if self.axis.zone is None:
            return minute // 60 % HOURS_A_DAY
        start = self.axis.window(self.axis.zone).start
        return (start + minute * ONE_MINUTE).astimezone(self.axis.zone).hour


def shown_hours(
    axis: Axis, working: Iterable[list[tuple[int, int]]], booked: Iterable[tuple[int, int]]
) -> tuple[float, float]:
    """The first local hour of the axis, and the last one or the half hour after it, such as (8, 17.5).

    They contain the working time of the rows, given as stretches of positions for each row, and all bookings. Half
    hours in which only few rows work are left out, unless something is booked then.
    """
    rows = [
        {half for stretch in row for halves in axis.halves_of(*stretch) for half in range(*halves)} for row in working
    ]
    counts = Counter(half for row in rows for half in row)
    needed = sum(map(bool, rows)) / RARE
    shown = [half for half, count in counts.items() if count >= needed]
    for stretch in booked:
        for first, last in axis.halves_of(*stretch):
            shown += [first, last - 1]
    return (min(shown) // 2, (max(shown) + 1) / 2) if shown else USUAL_HOURS


def offset_text(own: ZoneInfo, axis: Axis) -> str:
    """How far the clock of a contractor is ahead of the board's: `+1 h`, `−1 h 30 min`; empty for the same time."""
    if axis.zone is None:
        return ""
    noon = local_instant(axis.first, 12 * ONE_HOUR, axis.zone)
    there, here = (noon.astimezone(zone).utcoffset() or timedelta() for zone in (own, axis.zone))
    if there == here:
        return ""
    return f"{'+' if there > here else '−'}{hours_and_minutes(abs(there - here))}"

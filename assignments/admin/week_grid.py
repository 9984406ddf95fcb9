"""A contractor's week as bars: what lies where on each day, by the contractor's own clock. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from assignments.calendars import DaySchedule, Drive
from assignments.local_time import day_at, local_instant, minute_of_day
from assignments.models import Assignment
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import ROAD

DAYS = 7
USUAL_HOURS = (6, 20)
ONE_MINUTE, ONE_HOUR, ONE_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Bar:
    """A stretch of a day, in per cent of the hours that are shown.

    `start` is that of a free one still to come; a live booking that no longer holds is a `conflict`.
    """

    kind: str
    left: float
    width: float
    text: str
    assignment: Assignment | None = None
    start: datetime | None = None
    conflict: bool = False


@dataclass(frozen=True)
class Row:
    """One day. Where the clock moves, `note` says so and `marks` are the hours of this day alone."""

    day: date
    is_today: bool
    bars: list[Bar]
    free: str
    note: str
    marks: list[tuple[str, float]]


def rows_of(
    days: Sequence[DaySchedule], drives: Sequence[Sequence[Drive]], zone: ZoneInfo, now: datetime
) -> tuple[list[Row], list[tuple[int, float]]]:
    """The days, each with its drives, as rows, and the hours above them with their places in per cent."""
    first, last = _hours(days, zone)
    marks = [(hour, (hour - first) / (last - first) * 100) for hour in range(first, last + 1)]
    rows = [_row(day, ways, zone, (first, last), now) for day, ways in zip(days, drives, strict=True)]
    return rows, marks


def _hours(days: Sequence[DaySchedule], zone: ZoneInfo) -> tuple[int, int]:
    """The hours that show everything, whole ones."""
    first, last = USUAL_HOURS[0] * 60, USUAL_HOURS[1] * 60
    for day in days:
        for slot in (*day.working_hours, *(assignment.slot for assignment in day.assignments)):
            first = min(first, minute_of_day(slot.start, zone, day.date))
            last = max(last, minute_of_day(slot.end, zone, day.date))
    return first // 60, -(-last // 60)


def _row(day: DaySchedule, drives: Sequence[Drive], zone: ZoneInfo, hours: tuple[int, int], now: datetime) -> Row:
    start, end = (local_instant(day.date, timedelta(hours=hour), zone) for hour in hours)
    shown = TimeSlot(start, end)
    whole = day_at(day.date, zone)
    return Row(
        day=day.date,
        is_today=whole.start <= now < whole.end,
        bars=list(_bars(day, drives, zone, shown, now)),
        free=_what_is_left(day, zone),
        note=_note(whole),
        marks=[] if shown.duration == (hours[1] - hours[0]) * ONE_HOUR else list(_marks(shown, zone)),
    )


def _bars(day: DaySchedule, drives: Sequence[Drive], zone: ZoneInfo, shown: TimeSlot, now: datetime) -> Iterator[Bar]:
    place = partial(_place, shown=shown)
    span = partial(_span, zone=zone)
    for slot in day.working_hours:
        yield Bar("work", *place(slot), f"works {span(slot)}")
    for slot in day.free:
        yield Bar("free", *place(slot), f"free {span(slot)}", start=slot.start if slot.end > now else None)
    for slot in day.absences:
        yield Bar("absence", *place(slot), f"absent {span(slot)}")
    for slot, route in drives:
        by_road = ", by road" if route.source == ROAD else ""
        short = f", but it takes {route.minutes} minutes" if route.minutes > slot.duration / ONE_MINUTE else ""
        yield Bar("drive", *place(slot), f"drive {span(slot)}{by_road}{short}")
    for assignment in day.assignments:
        conflict = assignment.is_live and hasattr(assignment, "conflict") and assignment.conflict.is_told
        yield Bar(assignment.status, *place(assignment.slot), span(assignment.slot), assignment, conflict=conflict)


def _place(slot: TimeSlot, shown: TimeSlot) -> tuple[float, float]:
    """Left and width in per cent of the time that is shown: by instants, so that every hour is as long as another."""
    start, end = (min(max(edge, shown.start), shown.end) for edge in (slot.start, slot.end))
    return (start - shown.start) / shown.duration * 100, (end - start) / shown.duration * 100


def _marks(shown: TimeSlot, zone: ZoneInfo) -> Iterator[tuple[str, float]]:
    """What the clock shows at each hour of a day on which it moves: one hour comes twice, or never."""
    moment = shown.start
    while moment <= shown.end:
        yield f"{moment.astimezone(zone):%H}", (moment - shown.start) / shown.duration * 100
        moment += ONE_HOUR


def _note(whole: TimeSlot) -> str:
    """What is special about the length of a day; nothing on most days."""
    if whole.duration == ONE_DAY:
        return ""
    way = "back" if whole.duration > ONE_DAY else "forward"
    return f"{whole.duration / ONE_HOUR:g} hours long: the clock goes {way}"


def _what_is_left(day: DaySchedule, zone: ZoneInfo) -> str:
    if not day.working_hours:
        return "does not work"
    return f"free {', '.join(_span(slot, zone) for slot in day.free)}" if day.free else "nothing free"


def _span(slot: TimeSlot, zone: ZoneInfo) -> str:
    """`08:00–10:30`; with the names of the zone's two times where the clock moves in between."""
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    until = "24:00" if end.date() > start.date() and not (end.hour or end.minute) else f"{end:%H:%M}"
    if start.utcoffset() == end.utcoffset():
        return f"{start:%H:%M}–{until}"
    return f"{start:%H:%M %Z}–{until} {end:%Z}"

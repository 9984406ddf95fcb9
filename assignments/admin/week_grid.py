"""Layout of a contractor's week: bars for each day in the contractor's time zone. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from assignments.calendars import DaySchedule, Drive
from assignments.local_time import day_at, local_instant, minute_of_day
from assignments.models import Assignment
from smartscheduler.core.formatting import hour_of_axis, hours_and_minutes, local_hours
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import ROAD

DAYS = 7
USUAL_HOURS = (6, 20)
ONE_MINUTE, ONE_HOUR, ONE_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Bar:
    """Bar of a day; `left` and `width` are in percent of the displayed hours.

    `start` is set for free time that is not over yet. `conflict` marks a live booking that the rules would reject
    today.
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
    """Row of a day. On the day of a clock change, `note` is a text about it, and `marks` are the hours of this day."""

    day: date
    is_today: bool
    bars: list[Bar]
    free: str
    note: str
    marks: list[tuple[str, float]]


def rows_of(
    days: Sequence[DaySchedule], drives: Sequence[Sequence[Drive]], zone: ZoneInfo, now: datetime
) -> tuple[list[Row], list[tuple[str, float]]]:
    """Rows of the days, and the hours of the axis with their positions in percent."""
    first, last = _hours(days, zone)
    marks = [(hour_of_axis(hour), (hour - first) / (last - first) * 100) for hour in range(first, last + 1)]
    rows = [_row(day, ways, zone, (first, last), now) for day, ways in zip(days, drives, strict=True)]
    return rows, marks


def _hours(days: Sequence[DaySchedule], zone: ZoneInfo) -> tuple[int, int]:
    """First and last full hour of the axis, so that all bars fit."""
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
    span = partial(local_hours, zone=zone)
    for slot in day.working_hours:
        yield Bar("work", *place(slot), gettext("works {hours}").format(hours=span(slot)))
    for slot in day.free:
        yield Bar(
            "free",
            *place(slot),
            gettext("free {hours}").format(hours=span(slot)),
            start=slot.start if slot.end > now else None,
        )
    for slot in day.absences:
        yield Bar("absence", *place(slot), gettext("absent {hours}").format(hours=span(slot)))
    for slot, route in drives:
        too_short = route.minutes > slot.duration / ONE_MINUTE
        message = _drive_text(by_road=route.source == ROAD, too_short=too_short)
        yield Bar(
            "drive",
            *place(slot),
            message.format(hours=span(slot), duration=hours_and_minutes(route.minutes * ONE_MINUTE)),
        )
    for assignment in day.assignments:
        conflict = assignment.is_live and hasattr(assignment, "conflict") and assignment.conflict.is_told
        yield Bar(assignment.status, *place(assignment.slot), span(assignment.slot), assignment, conflict=conflict)


def _drive_text(*, by_road: bool, too_short: bool) -> str:
    if by_road and too_short:
        return gettext("drive {hours}, by road, but it takes {duration}")
    if by_road:
        return gettext("drive {hours}, by road")
    if too_short:
        return gettext("drive {hours}, but it takes {duration}")
    return gettext("drive {hours}")


def _place(slot: TimeSlot, shown: TimeSlot) -> tuple[float, float]:
    """Left and width in percent of the displayed time, computed from instants so that all hours have the same width."""
    start, end = (min(max(edge, shown.start), shown.end) for edge in (slot.start, slot.end))
    return (start - shown.start) / shown.duration * 100, (end - start) / shown.duration * 100


def _marks(shown: TimeSlot, zone: ZoneInfo) -> Iterator[tuple[str, float]]:
    """Hours of the axis on the day of a clock change, where one hour is repeated or skipped."""
    moment = shown.start
    while moment <= shown.end:
        yield hour_of_axis(moment.astimezone(zone).hour), (moment - shown.start) / shown.duration * 100
        moment += ONE_HOUR


def _note(whole: TimeSlot) -> str:
    """Text about a clock change; empty on other days."""
    if whole.duration == ONE_DAY:
        return ""
    message = (
        gettext("{hours} hours long: clocks go back")
        if whole.duration > ONE_DAY
        else gettext("{hours} hours long: clocks go forward")
    )
    return message.format(hours=f"{whole.duration / ONE_HOUR:g}")


def _what_is_left(day: DaySchedule, zone: ZoneInfo) -> str:
    if not day.working_hours:
        return gettext("does not work")
    if not day.free:
        return gettext("nothing free")
    return gettext("free {hours}").format(hours=", ".join(local_hours(slot, zone) for slot in day.free))

"""A later moment as typed: a length of time (`25 min`) or a time of day (`3:30 PM`)."""

from datetime import datetime, time, timedelta, tzinfo

from django.utils.translation import gettext

from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.durations import LONGEST_TEXT, read_duration
from smartscheduler.core.entry.moments import CLOCK

LEADING = ("until ", "till ", "by ", "at ")
HALF_A_DAY = 12


def read_later(text: str, *, after: datetime, zone: tzinfo) -> datetime:
    """The instant after `after` that `text` names: a length of time from then, or a time of day in `zone`.

    A time of day is the first one after `after`; without AM or PM, the first of both halves of the day. Raises
    UnreadableText.
    """
    words = " ".join(text.lower().split())
    if not words or len(words) > LONGEST_TEXT:
        raise _unreadable()
    for word in LEADING:
        words = words.removeprefix(word)
    clock = CLOCK.fullmatch(words.replace("noon", "12pm"))
    if clock and (clock["minute"] or clock["half"]):
        return _next(_times(int(clock["hour"]), int(clock["minute"] or 0), clock["half"]), after, zone)
    try:
        return after + read_duration(words)
    except UnreadableText:
        raise _unreadable() from None


def _times(hour: int, minute: int, half: str | None) -> list[time]:
    """The times of day with these digits: one with AM or PM, or from 13 on; else one in each half of the day."""
    if hour > 23 or (half and not 1 <= hour <= HALF_A_DAY):
        raise _unreadable()
    if half:
        return [time(hour % HALF_A_DAY + (HALF_A_DAY if half.startswith("p") else 0), minute)]
    if hour == 0 or hour > HALF_A_DAY:
        return [time(hour, minute)]
    return [time(hour % HALF_A_DAY, minute), time(hour % HALF_A_DAY + HALF_A_DAY, minute)]


def _next(times: list[time], after: datetime, zone: tzinfo) -> datetime:
    today = after.astimezone(zone).date()
    days = [today, today + timedelta(days=1)]
    moments = [datetime.combine(day, clock, zone).astimezone(after.tzinfo) for day in days for clock in times]
    return min(moment for moment in moments if moment > after)


def _unreadable() -> UnreadableText:
    rule = gettext("Enter a length of time or a time of day, for example 25 min, 1 h 30 min or 3:30 PM.")
    return UnreadableText(rule)

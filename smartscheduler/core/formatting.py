"""Instants, time slots, times of day, dates and durations as text for people, in one form everywhere.

`Mon, Nov 30, 9:00–11:00 AM CST`: US English with a 12-hour clock, or a 24-hour clock for readers who choose it. A time
always has the abbreviation of its time zone, unless it stands below a heading that names the zone. The functions take
the clock as an argument; without one they use the clock that `reading_clock` has set, else the default.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from smartscheduler.timeslots import TimeSlot

MINUTES_A_DAY = 24 * 60
NOON = 12 * 60


class Clock(TextChoices):
    """How times of day are written."""

    TWELVE_HOURS = "12", _("12-hour, such as 2:30 PM")
    TWENTY_FOUR_HOURS = "24", _("24-hour, such as 14:30")


# For readers without a setting: API clients, contractors who get a message, stored texts.
DEFAULT_CLOCK = Clock.TWELVE_HOURS
# A function, because the API authenticates after this is set.
_reading: ContextVar[Callable[[], Clock] | None] = ContextVar("clock", default=None)


@contextmanager
def reading_clock(clock: Callable[[], Clock]) -> Iterator[None]:
    """Write times inside with the clock that `clock()` returns at that time."""
    token = _reading.set(clock)
    try:
        yield
    finally:
        _reading.reset(token)


def active_clock() -> Clock:
    """The clock of the present reader, or the default."""
    clock = _reading.get()
    return clock() if clock else DEFAULT_CLOCK


# --- Times of day ---------------------------------------------------------------------------------


@lru_cache(maxsize=4 * MINUTES_A_DAY)
def _time_parts(minute: int, clock: Clock, language: str | None) -> tuple[str, str]:
    """A minute of the day, from 0 to 1440, as digits and as AM or PM, which a 24-hour clock does not have."""
    hours, minutes = divmod(minute, 60)
    if clock == Clock.TWENTY_FOUR_HOURS:
        return f"{hours:02}:{minutes:02}", ""
    return f"{hours % 12 or 12}:{minutes:02}", _half(minute)


def _half(minute: int) -> str:
    return gettext("AM") if minute % MINUTES_A_DAY < NOON else gettext("PM")


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))


def time_of_minute(minute: int, clock: Clock | None = None) -> str:
    """A minute of the day: 570 is `9:30 AM`, or `09:30`."""
    return _joined(*_time_parts(minute, clock or active_clock(), get_language()))


def time_of_day(moment: datetime | time, clock: Clock | None = None) -> str:
    """`9:30 AM`, or `09:30`; with seconds if there are any."""
    digits, half = _time_parts(moment.hour * 60 + moment.minute, clock or active_clock(), get_language())
    return _joined(f"{digits}:{moment.second:02}" if moment.second else digits, half)


def hours_of_day(start: int, end: int, clock: Clock | None = None) -> str:
    """A range of minutes of the day: `9:00–11:00 AM`, `11:00 AM–1:00 PM`, `09:00–11:00`, `20:00–24:00`.

    AM or PM stands once if both ends have the same. `end` can be 1440, midnight at the end of the day.
    """
    clock, language = clock or active_clock(), get_language()
    first, first_half = _time_parts(start, clock, language)
    last, last_half = _time_parts(end, clock, language)
    is_one_half = first_half == last_half and start <= end < MINUTES_A_DAY
    return f"{first if is_one_half else _joined(first, first_half)}–{_joined(last, last_half)}"


def hour_of_axis(hour: int, clock: Clock | None = None) -> str:
    """A full hour on an axis, where space is short: `8 AM`, or `08`."""
    if (clock or active_clock()) == Clock.TWENTY_FOUR_HOURS:
        return f"{hour:02}"
    return f"{hour % 12 or 12} {_half(hour * 60)}"


def zone_name(moment: datetime, zone: tzinfo) -> str:
    """The abbreviation of a time zone at an instant: `CST`."""
    return f"{moment.astimezone(zone):%Z}"


# --- Dates ----------------------------------------------------------------------------------------


# A ranking has many texts with few days, and Django needs 20 µs for a date.
@lru_cache(maxsize=4_000)
def _date(day: date, form: str, language: str | None) -> str:
    return date_format(day, form)


def _written(day: date, form: str) -> str:
    # A datetime is a date too, and would be a key of its own for each time.
    return _date(day.date() if isinstance(day, datetime) else day, form, get_language())


def long_day(day: date) -> str:
    """A date without its year, in full: `Wednesday, November 25`."""
    return _written(day, "l, F j")


def long_date(day: date) -> str:
    """A date in full: `Wednesday, November 25, 2026`."""
    return _written(day, "l, F j, Y")


def short_day(day: date) -> str:
    """A date without its year: `Wed, Nov 25`."""
    return _written(day, "D, M j")


def calendar_day(day: date, today: date) -> str:
    """A date, with the year unless it is the year of `today`: `Wed, Nov 25`, `Sat, Jan 23, 2027`."""
    return _written(day, "D, M j" if day.year == today.year else "D, M j, Y")


def day_of_month(day: date) -> str:
    """A date as the label of a column or a bar: `Nov 25`."""
    return _written(day, "M j")


def day_of_year(day: date) -> str:
    """A date with its year and without its day of the week: `Nov 25, 2026`."""
    return _written(day, "M j, Y")


def day_of_week(day: date) -> str:
    """A date of the coming week as the label of a bar: `Wed 25`."""
    return _written(day, "D j")


def weekday(day: date) -> str:
    """The day of the week in full: `Wednesday`."""
    return _written(day, "l")


def local_day(moment: datetime, zone: tzinfo) -> str:
    """The local date of an instant in `zone`, with the year unless it is the current one: `Wed, Nov 25`."""
    return calendar_day(moment.astimezone(zone), timezone.now().astimezone(zone))


# --- Instants and slots ---------------------------------------------------------------------------


def local_clock(moment: datetime, zone: tzinfo, clock: Clock | None = None) -> str:
    """The time of day of an instant in `zone`: `9:00 AM CST`."""
    there = moment.astimezone(zone)
    return f"{time_of_day(there.replace(second=0), clock)} {there:%Z}"


def local_time(moment: datetime, zone: tzinfo, clock: Clock | None = None) -> str:
    """An instant in local time of `zone`, to the minute: `Wed, Nov 25, 9:00 AM CST`."""
    return f"{local_day(moment, zone)}, {local_clock(moment, zone, clock)}"


def exact_time(moment: datetime, zone: tzinfo, clock: Clock | None = None) -> str:
    """An instant in local time of `zone`, to the second: `Wed, Nov 25, 9:00:05 AM CST`."""
    there = moment.astimezone(zone)
    digits, half = _time_parts(there.hour * 60 + there.minute, clock or active_clock(), get_language())
    return f"{local_day(moment, zone)}, {_joined(f'{digits}:{there.second:02}', half)} {there:%Z}"


def local_hours(slot: TimeSlot, zone: tzinfo, clock: Clock | None = None) -> str:
    """The hours of a slot in local time of `zone`, without the zone: `9:00–11:00 AM`.

    An end on a later day has its weekday. If the clocks change in between, both ends have their zone.
    """
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    if start.utcoffset() != end.utcoffset():
        return f"{local_clock(start, zone, clock)}–{_weekday_of_end(start, end)}{local_clock(end, zone, clock)}"
    first, last = (moment.hour * 60 + moment.minute for moment in (start, end))
    if end.date() == start.date():
        return hours_of_day(first, last, clock)
    if last == 0 and (end.date() - start.date()).days == 1:
        return hours_of_day(first, MINUTES_A_DAY, clock)
    return f"{time_of_minute(first, clock)}–{_weekday_of_end(start, end)}{time_of_minute(last, clock)}"


def _weekday_of_end(start: datetime, end: datetime) -> str:
    return "" if end.date() == start.date() else f"{_written(end, 'D')} "


def local_slot(slot: TimeSlot, zone: tzinfo, clock: Clock | None = None) -> str:
    """A time slot in local time of `zone`: `Wed, Nov 25, 9:00–11:00 AM CST`."""
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    hours = local_hours(slot, zone, clock)
    with_zone = hours if start.utcoffset() != end.utcoffset() else f"{hours} {start:%Z}"
    return f"{local_day(slot.start, zone)}, {with_zone}"


# --- In a language of its own, whatever that of the page ------------------------------------------

_DAY_IN = {"en": "l, F j", "es": r"l j \d\e F"}
_HALVES_IN = {"en": ("AM", "PM"), "es": ("a. m.", "p. m.")}


def day_in(language: str, day: date) -> str:
    """A date without its year, in full: `Wednesday, November 25`, `miércoles 25 de noviembre`."""
    with override(language):
        return _written(day, _DAY_IN[language])


def time_in(language: str, moment: datetime, zone: tzinfo) -> str:
    """The time of day of an instant in `zone`, on a 12-hour clock: `9:00 AM`, `9:00 a. m.`."""
    there = moment.astimezone(zone)
    return f"{there.hour % 12 or 12}:{there.minute:02} {_HALVES_IN[language][there.hour >= 12]}"


# --- Durations ------------------------------------------------------------------------------------


def hours_and_minutes(duration: timedelta) -> str:
    """A duration as `2 h`, `45 min` or `1 h 30 min`; with seconds if there are any."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [
        (hours, gettext("{hours} h").format(hours=hours)),
        (minutes, gettext("{minutes} min").format(minutes=minutes)),
        (seconds, gettext("{seconds} s").format(seconds=seconds)),
    ]
    return " ".join(text for number, text in parts if number) or gettext("{minutes} min").format(minutes=0)


def rough_duration(duration: timedelta | None) -> str:
    """A duration of unknown size with two units at most: `3 d 5 h`, `10 h 30 min`, `40 s`; a dash for None."""
    if duration is None:
        return "–"
    seconds = round(duration.total_seconds())
    if seconds < 90:
        return gettext("{seconds} s").format(seconds=seconds)
    minutes = round(seconds / 60)
    if minutes < 2 * MINUTES_A_DAY:
        return hours_and_minutes(timedelta(minutes=minutes))
    days, hours = divmod(round(minutes / 60), 24)
    days_text, hours_text = gettext("{days} d").format(days=days), gettext("{hours} h").format(hours=hours)
    return f"{days_text} {hours_text}" if hours else days_text


def relative(moment: datetime, now: datetime) -> str:
    """How far `moment` is from `now`: `in 45 min`, `2 h ago`, `in 3 days`, `just now`."""
    minutes = round((moment - now).total_seconds() / 60)
    size, is_ahead = abs(minutes), minutes > 0
    if size == 0:
        return gettext("just now")
    if size < 60:
        text = gettext("in {count} min") if is_ahead else gettext("{count} min ago")
        return text.format(count=size)
    hours = (size + 30) // 60
    if hours < 24:
        text = gettext("in {count} h") if is_ahead else gettext("{count} h ago")
        return text.format(count=hours)
    days = (hours + 12) // 24
    text = (
        ngettext("in {count} day", "in {count} days", days)
        if is_ahead
        else ngettext("{count} day ago", "{count} days ago", days)
    )
    return text.format(count=days)

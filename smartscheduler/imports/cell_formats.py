"""Formats of single cells: lists, working weeks, durations, instants. Pure functions.

Readers accept many notations, writers produce one. Reading a written cell returns the same value.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Any, NamedTuple, get_args
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_duration
from django.utils.translation import gettext

from contractors import written_week
from contractors.working_week import DAYS, Shift
from smartscheduler.core.entry import UnreadableText, durations
from smartscheduler.core.entry.written_dates import Order, WrittenDate, read_written_date
from smartscheduler.core.text import UnsuitableText, many_lines, visible_lines
from smartscheduler.timeslots import NOON

BLANKS = re.compile(r"\s*+")
# A name never starts directly after a quote. Without this lookbehind, a long run of quotes takes quadratic time.
IN_QUOTES = {sign: re.compile(rf'(?<!")"([^"]*+(?:""[^"]*+)*+)"\s*+({sign}|\Z)') for sign in ";,"}
QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
NEEDS_QUOTES = re.compile(r'[;,"]|\A\s|\s\Z')
BARE_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,15})?|\.\d{1,15}", re.ASCII)
CLOCK_OF_DURATION = re.compile(
    r"\d{1,2}:[0-5]\d(?::[0-5]\d)?(?=\s{0,3}(?:am?|h|hr|hrs|hours?)\.?\Z)", re.IGNORECASE | re.ASCII
)
MILES = re.compile(r"(\d{1,6}(?:,\d{3})?(?:\.\d{1,10})?)\s{0,3}(?:mi|mile|miles)?\.?", re.ASCII | re.IGNORECASE)
SERIAL = re.compile(r"\d{5}(?:\.\d{1,15})?", re.ASCII)
FIRST_SERIAL = datetime(1899, 12, 30)  # noqa: DTZ001  (local time; the time zone follows)
ZONES = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}
# A job lasts at most 8 hours. So a smaller number may be a part of a day, and a larger one is no number of hours.
LONGEST_PART_OF_A_DAY, MOST_HOURS, NUMBERS_OF_MINUTES = Decimal(8) / 24, 12, range(60, 481)
# The tenth decimal of a number of hours, in minutes.
NOISE = Decimal("0.001")
# The same limit as in the API.
LONGEST_DURATION = 40


class LacksSite(UnreadableText):
    """A local date and time whose site, and so its time zone, is unknown."""


class Value(NamedTuple):
    """The value of a cell as text of the API, and remarks on what the reader assumed."""

    value: str
    remarks: tuple[str, ...] = ()


def read_list(text: str) -> list[str]:
    """Split names at semicolons, or at commas if there is no semicolon. Quotes protect separators in names."""
    return [name for name in _parts(text, ";" if ";" in QUOTED.sub("", text) else ",") if name]


def _parts(text: str, separator: str) -> Iterator[str]:
    at = 0
    while at <= len(text):
        if quoted := IN_QUOTES[separator].match(text, BLANKS.match(text, at).end()):  # type: ignore[union-attr]
            yield quoted[1].replace('""', '"')
            at = quoted.end() if quoted[2] else len(text) + 1
            continue
        end = text.find(separator, at)
        end = len(text) if end < 0 else end
        yield text[at:end].strip()
        at = end + 1


def write_list(names: Iterable[str]) -> str:
    return "; ".join('"' + name.replace('"', '""') + '"' if NEEDS_QUOTES.search(name) else name for name in names)


def read_week(text: str) -> list[dict[str, Any]]:
    """Parse `Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-13:00` into shifts of the API. Raises UnreadableText."""
    return [shift.as_json() for shift in written_week.read_week(text)]


def write_week(shifts: Sequence[Shift]) -> str:
    """Format shifts in the order of the week for `read_week`. Consecutive days with the same hours are merged."""
    hours = [
        (day, ", ".join(f"{_clock(shift.start_time)}-{_clock(shift.end_time, '24:00')}" for shift in of_day))
        for day, of_day in groupby(sorted(shifts), key=lambda shift: shift.day_of_week)
    ]
    # Consecutive days have a constant difference between day number and position.
    runs = groupby(enumerate(hours), key=lambda entry: (entry[1][0] - entry[0], entry[1][1]))
    return "; ".join(_run([day for _, (day, _) in run], text) for (_, text), run in runs)


def _run(days: list[int], hours: str) -> str:
    first, last = DAYS[days[0]][:3], DAYS[days[-1]][:3]
    return f"{first}-{last} {hours}" if len(days) > 1 else f"{first} {hours}"


def _clock(moment: time, midnight: str = "00:00") -> str:
    return midnight if moment == time(0) else moment.isoformat("seconds" if moment.second else "minutes")


def read_duration(text: str) -> Value:
    """Parse `2:30`, `2.5`, `2h 30m`, `90 mins`, or a time cell of a spreadsheet, into the format of the API.

    Raises UnreadableText.
    """
    text = " ".join(text[: LONGEST_DURATION + 1].split())
    if BARE_NUMBER.fullmatch(text):
        return _hours(Decimal(text))
    if match := CLOCK_OF_DURATION.match(text):
        text = match[0]
    if text[:1] in {"P", "p"} and len(text) <= LONGEST_DURATION:
        duration = parse_duration(text.upper()) if any(sign.isdigit() for sign in text) else None
        if duration is None or duration < timedelta(0):
            raise UnreadableText(_no_duration())
        return Value(write_duration(duration))
    return Value(write_duration(durations.read_duration(text)))


def _hours(number: Decimal) -> Value:
    """A number without a unit: hours, or the part of a day by which spreadsheets store a time, or minutes."""
    minutes = number * 60
    whole = int(minutes.to_integral_value(ROUND_HALF_UP))
    if 0 < number <= LONGEST_PART_OF_A_DAY:
        return _assumed(number, whole if minutes == whole else round(number * 24 * 60))
    if number <= MOST_HOURS:
        is_exact = abs(minutes - whole) < NOISE
        return Value(write_duration(timedelta(minutes=whole))) if is_exact else _assumed(number, whole)
    if number == int(number) and int(number) in NUMBERS_OF_MINUTES:
        return _assumed(number, int(number))
    raise UnreadableText(gettext("Add the unit: {number} min or {number} h.").format(number=number))


def _assumed(number: Decimal, minutes: int) -> Value:
    duration = timedelta(minutes=minutes)
    text = gettext("The duration {number} was read as {duration}.")
    return Value(write_duration(duration), (text.format(number=number, duration=durations.write_duration(duration)),))


def _no_duration() -> str:
    return gettext("Enter hours and minutes, for example 2 h, 2:30, 90 min or 1.5.")


def write_duration(duration: timedelta) -> str:
    """Format as `2:30:00`, with seconds, so that spreadsheets do not read it as minutes and seconds."""
    seconds = round(duration.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def read_notes(text: str) -> Value:
    """Notes with their line breaks. Characters that notes cannot have become spaces, with a remark."""
    try:
        return Value(many_lines(text))
    except UnsuitableText:
        return Value(visible_lines(text), (gettext("Invisible characters of the notes became spaces."),))


def read_miles(text: str) -> str:
    """A number of miles with or without its unit: `40`, `40 mi`, `40.5 miles`, `1,000`. Raises UnreadableText."""
    match = MILES.fullmatch(text.strip()) if len(text) <= LONGEST_DURATION else None
    if match is None:
        raise UnreadableText(gettext("Enter a number of miles, for example 40."))
    return match[1].replace(",", "")


def read_instant(text: str, site: tzinfo | None, order: Order = "mdy") -> Value:
    """Parse an instant with an offset, or in local time of the site. A date without a time means noon.

    The value is ISO 8601. Raises UnreadableText, also for local times that a clock change skips or repeats, and
    without an offset if `site` is unknown.
    """
    written = _written_date(text, order)
    moment = datetime.combine(written.day, written.clock or NOON)
    if written.offset is not None:
        return Value(moment.replace(tzinfo=written.offset).isoformat(), written.notes)
    if site is None:
        raise LacksSite(gettext("The location is unknown, so the date needs an offset: 2026-12-01T09:00-06:00."))
    here = _at_the_site(moment, site)
    is_local = written.zone_name in {"", (here.tzname() or "").lower()}
    if not is_local and here.utcoffset() != _offset_of(written.zone_name, moment):
        message = gettext("Enter the local time of the site: {own}, not {typed}.")
        raise UnreadableText(message.format(own=here.tzname(), typed=written.zone_name.upper()))
    return Value(here.isoformat(), written.notes)


def _offset_of(zone_name: str, moment: datetime) -> timedelta | None:
    """The UTC offset of a zone that is written without standard or daylight time, such as `ct`; None for others."""
    name = ZONES.get(zone_name)
    return moment.replace(tzinfo=ZoneInfo(name)).utcoffset() if name else None


def day_of(text: str, order: Order = "mdy") -> date | None:
    """The day of an instant as it is written; None if it cannot be read."""
    written = _readable(text, order)
    return written.day if written else None


def lacks_time(text: str, order: Order = "mdy") -> bool:
    """Whether a text is a day without a time of day. False if it cannot be read."""
    written = _readable(text, order)
    return written is not None and written.clock is None


def has_time(text: str) -> bool:
    """Whether a date is written with a time, in either order of day and month."""
    return any(written.clock is not None for order in get_args(Order) if (written := _readable(text, order)))


def _readable(text: str, order: Order) -> WrittenDate | None:
    try:
        return _written_date(text, order)
    except UnreadableText:
        return None


def _written_date(text: str, order: Order) -> WrittenDate:
    text = text.strip()
    return _serial(text) if SERIAL.fullmatch(text) else read_written_date(text, order)


def _serial(text: str) -> WrittenDate:
    """Parse a serial date of a spreadsheet. Rounded to seconds, because the fraction of the day is not exact."""
    moment = FIRST_SERIAL + timedelta(days=float(text), milliseconds=500)
    is_day = not text.partition(".")[2].strip("0")
    return WrittenDate(moment.date(), None if is_day else moment.time().replace(microsecond=0))


def _at_the_site(moment: datetime, site: tzinfo) -> datetime:
    here = moment.replace(tzinfo=site)
    try:
        back = here.astimezone(UTC).astimezone(site).replace(tzinfo=None)
    except OverflowError:
        raise UnreadableText(gettext("The year must be from 1970 to 2100.")) from None
    if back != moment:
        raise UnreadableText(gettext("This local time does not exist: clocks at the site are set forward that night."))
    if here.utcoffset() != here.replace(fold=1).utcoffset():
        message = gettext("This local time occurs twice: clocks at the site are set back that night. Add an offset.")
        raise UnreadableText(message)
    return here

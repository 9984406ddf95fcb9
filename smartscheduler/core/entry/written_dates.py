"""Dates and times as other programs and spreadsheets write them: `12/15/2026 9:00:00 AM`, `15-Dec-26`, ISO 8601.

Stricter than `moments`, which reads what a person types about a day ahead: a date has its year, a time without AM or PM
is on the 24-hour clock, and a date in numbers has the order of its file.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, time, timedelta, timezone, tzinfo
from typing import Literal

from django.utils.translation import gettext

from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.moments import MONTH_NAMES, check_weekday, existing_date, hour_of, weekday_of, words_of

Order = Literal["mdy", "dmy"]
# JavaScript writes the longest: Tue Dec 15 2026 09:00:00 GMT-0600 (Central Standard Time).
LONGEST_TEXT = 80
END = r"(?=\s|$)"
YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})(?:t(?=\d)|(?=\s|$))", re.ASCII
)
DIGITS_ALONE = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:t(?=\d)|(?=\s|$))", re.ASCII)
YEAR_LAST = re.compile(
    r"(?P<first>\d{1,2})(?P<sign>[-/.])(?P<second>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})(?=\s|$)", re.ASCII
)
MONTH_FIRST = re.compile(
    r"(?P<name>[a-z]{3,9})\.?+[\s/-]?(?P<day>\d{1,2})(?:st|nd|rd|th)?+[\s/-](?P<year>\d{4})(?=\s|$)", re.ASCII
)
DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?+[\s/-]?(?P<name>[a-z]{3,9})\.?+[\s/-](?P<year>\d{4}|\d{2})(?=\s|$)", re.ASCII
)
CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?::?+(?P<minute>[0-5]\d)(?::?+(?P<second>[0-5]\d)(?:[.,](?P<fraction>\d{1,9}))?+)?+)?+"
    r"\s?(?P<half>[ap](?:\.?m\.?)?+)?+(?=[\sz+-]|$)",
    re.ASCII,
)
OFFSET = re.compile(
    r"(?:utc|gmt)?+\s?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?+(?:\s?\([a-z ]{1,60}\))?+", re.ASCII
)
AT_GREENWICH = {"z", "utc", "gmt", "(utc)", "(gmt)"}
ABBREVIATION = re.compile(r"\(?([a-z]{2,5})\)?", re.ASCII)
NUMBERS = re.compile(r"\D{0,12}(\d{1,2})[/.-](\d{1,2})[/.-](?:\d{4}|\d{2})(?!\d)", re.ASCII)
LAST_NIGHT_HOUR = 6


@dataclass(frozen=True)
class WrittenDate:
    """A day, and the time on it with its UTC offset where the text has them. `notes` are the reader's assumptions."""

    day: date
    clock: time | None = None
    offset: tzinfo | None = None
    zone_name: str = ""
    notes: tuple[str, ...] = ()


def read_written_date(text: str, order: Order = "mdy") -> WrittenDate:
    """The date, and the time if there is one, that `text` names. Raises UnreadableText.

    `zone_name` is an abbreviation such as `cst`, which the caller compares with that of the site.
    """
    if len(text) > LONGEST_TEXT:
        raise UnreadableText(_example())
    words = words_of(text)
    clock = CLOCK.match(words)
    if clock and (clock["half"] or ":" in clock[0]):
        if not (words := words[clock.end() :].strip()):
            raise UnreadableText(gettext("Add the date, for example 12/15/2026 9:00 AM."))
        day, rest = _dated(words, order)
    else:
        day, rest = _dated(words, order)
        clock = CLOCK.match(rest) if rest else None
        if clock is None and rest:
            raise UnreadableText(_example())
        rest = rest[clock.end() :].strip() if clock else ""
    if clock is None:
        return WrittenDate(day)
    if not clock["minute"] and not clock["half"]:
        raise UnreadableText(_example())
    moment = _time(clock)
    offset, name = _zone(rest)
    return WrittenDate(day, moment, offset, name, () if clock["half"] or offset else _notes(moment))


def date_order_of(cells: Iterable[str]) -> Order:
    """The order of day and month in the dates of a file: `dmy` if more dates are only possible so, else `mdy`."""
    day_first = month_first = 0
    for cell in cells:
        if match := NUMBERS.match(cell[:LONGEST_TEXT]):
            day_first += int(match[1]) > 12 >= int(match[2])
            month_first += int(match[2]) > 12 >= int(match[1])
    return "dmy" if day_first > month_first else "mdy"


def _dated(words: str, order: Order) -> tuple[date, str]:
    """The date at the start of `words`, and the words after it. A weekday before it must be that of the date."""
    weekday, words = weekday_of(words)
    day, rest = _date(words, order)
    if weekday is not None:
        check_weekday(day, weekday)
    return day, rest


def _date(words: str, order: Order) -> tuple[date, str]:
    for pattern in (YEAR_FIRST, DIGITS_ALONE, YEAR_LAST, MONTH_FIRST, DAY_FIRST):
        match = pattern.match(words)
        month = match and _month(match, order)
        if match is None or month is None:
            continue
        parts = match.groupdict()
        day = parts["second" if order == "mdy" else "first"] if "second" in parts else parts["day"]
        year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
        return existing_date(year, month, int(day)), words[match.end() :].strip()
    raise UnreadableText(_without_year() if _lacks_year(words) else _example())


def _month(match: "re.Match[str]", order: Order) -> int | None:
    """The number of the month; None for another word. Raises UnreadableText for a month that does not exist."""
    parts = match.groupdict()
    if "name" in parts:
        return MONTH_NAMES.get(parts["name"])
    month = int(parts["month"] if "month" in parts else parts["first" if order == "mdy" else "second"])
    if 1 <= month <= 12:
        return month
    rule = gettext("Dates are month/day/year.") if order == "mdy" else gettext("Dates are day/month/year.")
    message = gettext("There is no month {month}.").format(month=month)
    raise UnreadableText(f"{message} {rule}" if "first" in parts else message)


def _time(clock: "re.Match[str]") -> time:
    microsecond = int(f"{clock['fraction'] or '':0<6}"[:6])
    return time(hour_of(clock), int(clock["minute"] or 0), int(clock["second"] or 0), microsecond)


def _notes(moment: time) -> tuple[str, ...]:
    """The remark on a time of the night that may be meant for the afternoon."""
    if not 1 <= moment.hour <= LAST_NIGHT_HOUR:
        return ()
    note = gettext("{time} was read as {time} in the morning. Add PM for the afternoon.")
    return (note.format(time=f"{moment.hour}:{moment.minute:02}"),)


def _zone(rest: str) -> tuple[tzinfo | None, str]:
    """The UTC offset or the abbreviation of a zone after a time."""
    if not rest:
        return None, ""
    if rest in AT_GREENWICH:
        return UTC, ""
    if match := OFFSET.fullmatch(rest):
        offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
        if offset < timedelta(hours=24):
            return timezone(-offset if match["sign"] == "-" else offset), ""
    if match := ABBREVIATION.fullmatch(rest):
        return None, match[1]
    raise UnreadableText(_example())


def _lacks_year(words: str) -> bool:
    return WITHOUT_YEAR.match(words) is not None


WITHOUT_YEAR = re.compile(r"(?:\d{1,2}[/.-]\d{1,2}|[a-z]{3,9}\.?+\s?\d{1,2}|\d{1,2}\s?[a-z]{3,9})(?=\s|$)", re.ASCII)


def _without_year() -> str:
    return gettext("Add the year, for example 12/15/2026.")


def _example() -> str:
    return gettext("Enter a date and time, for example 2026-12-01 09:00 or 12/01/2026 9:00 AM.")

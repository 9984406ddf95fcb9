"""A date and a time as typed: `tomorrow 9`, `mon 7:30a`, `12/3 2pm`, `Dec 3, 2:30 PM`, `2026-12-03 14:30`.

US order: the month comes before the day. A date without a year lies ahead; for a day, a direction can say otherwise.
`02:30` and `14:30` are on the 24-hour clock. From 1 to 6 without AM or PM is the afternoon, and a note says so.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import Enum

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext

from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.formatting import day_of_month, day_of_year

LONGEST_TEXT = 60
# A date without a year that passed at most so many days ago may be a slip: the reader asks for the year.
JUST_PASSED_DAYS = 90
ONE_DAY = timedelta(days=1)
# From this hour on, a bare hour is in the morning; before it, in the afternoon.
FIRST_MORNING_HOUR = 7
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY_NAMES = {
    name: number
    for number, names in enumerate(
        (
            ("mon", "monday"),
            ("tue", "tues", "tuesday"),
            ("wed", "weds", "wednesday"),
            ("thu", "thur", "thurs", "thursday"),
            ("fri", "friday"),
            ("sat", "saturday"),
            ("sun", "sunday"),
        )
    )
    for name in names
}
RELATIVE_DAYS = {"today": 0, "tod": 0, "tomorrow": 1, "tmrw": 1, "tom": 1, "yesterday": -1, "yest": -1}

FILLERS = re.compile(r"\b(?:at|on|the|of|this)\b|[,;@]")
ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?=\s|t\d|$)t?+", re.ASCII)
NUMBERS = re.compile(r"(?P<month>\d{1,2})[/-](?P<day>\d{1,2})(?:[/-](?P<year>\d{4}|\d{2}))?+(?=\s|$)", re.ASCII)
YEAR = r"(?:\s(?P<year>20\d\d)(?=\s|$))?+"
MONTH_DAY = re.compile(rf"(?P<name>[a-z]{{3,9}})\.?+\s?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?+(?=\s|$){YEAR}", re.ASCII)
DAY_MONTH = re.compile(rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?+\s?(?P<name>[a-z]{{3,9}})\.?+(?=\s|$){YEAR}", re.ASCII)
WORD = re.compile(r"([a-z]{3,9})\.?+(?=\s|$)", re.ASCII)
CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?+)?+\s?(?P<half>[ap](?:\.?m\.?)?)?+(?=\s|$)",
    re.ASCII,
)
ABBREVIATION = re.compile(r"[a-z]{2,5}|[+-]\d{2,4}", re.ASCII)


class Direction(Enum):
    """Where a date without a year and a day of the week lie, as seen from today."""

    AHEAD = "ahead"
    BACK = "back"
    NEAREST = "nearest"


class Edge(Enum):
    """What a date without a time means: the start of the day, its noon, or its end."""

    START = "start"
    NOON = "noon"
    END = "end"


@dataclass(frozen=True)
class Reading:
    """A local date and time without a time zone, and the assumptions of the reader as sentences."""

    moment: datetime
    notes: tuple[str, ...] = ()


def read_moment(text: str, *, now: datetime, zone: tzinfo, edge: Edge | None = None) -> Reading:
    """The local date and time in `zone` that `text` names. `now` is an aware instant.

    With `edge`, the time can be left out. Raises UnreadableText for text without a date or a time, for a date that does
    not exist, contradicts its weekday or can be one of two, and for the abbreviation of another time zone.
    """
    if len(text) > LONGEST_TEXT:
        raise UnreadableText(_example())
    words = words_of(text)
    today = now.astimezone(zone).date()
    notes: list[str] = []
    clock = CLOCK.match(words)
    if clock and (clock["minute"] or clock["half"]):
        day, rest = _some_day(words[clock.end() :].strip(), today, notes)
    else:
        day, rest = _some_day(words, today, notes)
        clock = CLOCK.match(rest)
        if clock is None and not rest and edge:
            return _whole_day(day, edge, notes)
        if clock is None:
            raise UnreadableText(_example() if rest else _without_time(day))
        rest = rest[clock.end() :].strip()
    moment = datetime.combine(day, _time(clock, notes))
    _check_zone(rest, moment, zone)
    return Reading(moment, tuple(notes))


def read_day(text: str, *, today: date, direction: Direction = Direction.AHEAD) -> date:
    """The date that `text` names. Raises UnreadableText as `read_moment` does."""
    dated = _read_day(words_of(text), today, [], direction) if len(text) <= LONGEST_TEXT else None
    if dated is None or dated[1]:
        raise UnreadableText(gettext("Enter a date, for example tomorrow, Mon, 12/3 or 2026-12-03."))
    return dated[0]


def write_day(day: date) -> str:
    """The text of a date, which `read_day` reads as the same one: `Mon, Nov 30, 2026`."""
    return f"{DAYS[day.weekday()]}, {MONTHS[day.month - 1]} {day.day}, {day.year}"


def write_moment(moment: datetime, *, has_24_hours: bool = False) -> str:
    """The text of a local date and time, which `read_moment` reads as the same one: `Mon, Nov 30, 2026, 9:00 AM`."""
    seconds = f":{moment.second:02}" if moment.second else ""
    half = "" if has_24_hours else " AM" if moment.hour < 12 else " PM"
    hour = f"{moment.hour:02}" if has_24_hours else moment.hour % 12 or 12
    return f"{write_day(moment)}, {hour}:{moment.minute:02}{seconds}{half}"


def words_of(text: str) -> str:
    """The words of a typed date in lower case, without commas and fillers such as `at`."""
    return " ".join(FILLERS.sub(" ", text.lower()).replace("noon", "12pm").split())


def _whole_day(day: date, edge: Edge, notes: list[str]) -> Reading:
    if edge is Edge.START:
        return Reading(datetime.combine(day, time()), tuple(notes))
    if edge is Edge.NOON:
        notes.append(gettext("A date without a time means noon."))
        return Reading(datetime.combine(day, time(12)), tuple(notes))
    notes.append(gettext("This is the end of {day}.").format(day=day_of_month(day)))
    return Reading(datetime.combine(day + ONE_DAY, time()), tuple(notes))


def _some_day(words: str, today: date, notes: list[str]) -> tuple[date, str]:
    """As `_read_day`. Raises UnreadableText for text that starts with no date."""
    dated = _read_day(words, today, notes)
    if dated is None:
        raise UnreadableText(_example())
    return dated


def _read_day(
    words: str, today: date, notes: list[str], direction: Direction = Direction.AHEAD
) -> tuple[date, str] | None:
    """The date at the start of `words`, and the words after it; None if they start with no date."""
    word = WORD.match(words)
    name = word[1] if word else ""
    rest = words[word.end() :].strip() if word else ""
    if name in RELATIVE_DAYS:
        return today + timedelta(days=RELATIVE_DAYS[name]), rest
    if name in DAY_NAMES:
        dated = _read_date(rest, today, notes, direction)
        if dated:
            check_weekday(dated[0], DAY_NAMES[name])
            return dated
        return _of_week(DAY_NAMES[name], today, direction), rest
    if name == "next":
        _refuse_next(rest, today)
    return _read_date(words, today, notes, direction)


def _read_date(words: str, today: date, notes: list[str], direction: Direction) -> tuple[date, str] | None:
    for pattern in (ISO, NUMBERS, MONTH_DAY, DAY_MONTH):
        match = pattern.match(words)
        if match is None:
            continue
        parts = match.groupdict()
        month = MONTH_NAMES.get(parts["name"]) if "name" in parts else int(parts["month"])
        if month is not None:
            day = _date(parts["year"], month, int(parts["day"]), today, notes, direction)
            return day, words[match.end() :].strip()
    return None


def _date(year: str | None, month: int, day: int, today: date, notes: list[str], direction: Direction) -> date:
    if not 1 <= month <= 12:
        message = gettext("There is no month {month}. Dates are month/day, for example 12/3.")
        raise UnreadableText(message.format(month=month))
    if year is not None:
        return existing_date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    if direction is not Direction.AHEAD:
        return _date_around(month, day, today, direction)
    this_year = existing_date(today.year, month, day)
    if this_year >= today:
        return this_year
    next_year = existing_date(today.year + 1, month, day)
    if (today - this_year).days <= JUST_PASSED_DAYS:
        message = gettext("{day} has passed. If you mean next year, type {example}.")
        example = f"{month}/{day}/{next_year.year}"
        raise UnreadableText(message.format(day=day_of_month(this_year), example=example))
    notes.append(gettext("Read as a date in {year}.").format(year=next_year.year))
    return next_year


def _date_around(month: int, day: int, today: date, direction: Direction) -> date:
    """The last such date up to today, or the nearest one."""
    days = [
        existing_date(year, month, day) for year in range(today.year - 1, today.year + 2) if _exists(year, month, day)
    ]
    if direction is Direction.BACK:
        days = [candidate for candidate in days if candidate <= today]
    if not days:
        return existing_date(today.year, month, day)
    return min(days, key=lambda candidate: abs(candidate - today))


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= day <= monthrange(year, month)[1]


def existing_date(year: int, month: int, day: int) -> date:
    """The date. Raises UnreadableText for one that does not exist."""
    try:
        return date(year, month, day)
    except ValueError:
        message = gettext("{month} {year} has no day {day}.")
        raise UnreadableText(message.format(month=MONTHS[month - 1], year=year, day=day)) from None


def _of_week(weekday: int, today: date, direction: Direction) -> date:
    """The next such weekday, or the last one. Raises UnreadableText when that is today: a week apart is likely too."""
    sign = -1 if direction is Direction.BACK else 1
    days = sign * (weekday - today.weekday()) % 7
    if days:
        return today + sign * timedelta(days=days)
    raise _either(WEEKDAYS[weekday], today, today + sign * timedelta(days=7))


def _refuse_next(rest: str, today: date) -> None:
    """`next Monday` means the coming one to some people, and the one in the week after to others."""
    word = WORD.match(rest)
    if word and word[1] in DAY_NAMES:
        days = (DAY_NAMES[word[1]] - today.weekday()) % 7 or 7
        first = today + timedelta(days=days)
        name = gettext("next {weekday}").format(weekday=WEEKDAYS[DAY_NAMES[word[1]]])
        raise _either(name, first, first + timedelta(days=7))


def _either(name: object, first: date, second: date) -> UnreadableText:
    message = gettext("“{name}” can be {first} or {second}. Type the date, for example {example}.")
    days = {"first": day_of_month(first), "second": day_of_month(second)}
    return UnreadableText(message.format(name=name, example=f"{second.month}/{second.day}", **days))


def weekday_of(words: str) -> tuple[int | None, str]:
    """The number of the weekday at the start of `words`, and the words after it."""
    word = WORD.match(words)
    if word is None or word[1] not in DAY_NAMES:
        return None, words
    return DAY_NAMES[word[1]], words[word.end() :].strip()


def check_weekday(day: date, weekday: int) -> None:
    """Raise UnreadableText when `day` is not that weekday."""
    if day.weekday() != weekday:
        message = gettext("{day} is a {actual}, not a {typed}.")
        names = {"actual": WEEKDAYS[day.weekday()], "typed": WEEKDAYS[weekday]}
        raise UnreadableText(message.format(day=day_of_year(day), **names))


def hour_of(clock: "re.Match[str]") -> int:
    """The hour of a matched time on the 24-hour clock. Raises UnreadableText for an hour that does not exist."""
    hour = int(clock["hour"])
    if clock["half"]:
        if not 1 <= hour <= 12:
            raise UnreadableText(gettext("With AM or PM, the hour is from 1 to 12, for example 2:30 PM."))
        return hour % 12 + (12 if clock["half"].startswith("p") else 0)
    if hour > 23:
        raise UnreadableText(gettext("The hour is from 0 to 23, for example 14:30, or from 1 to 12 with AM or PM."))
    return hour


def _time(clock: "re.Match[str]", notes: list[str]) -> time:
    hour = hour_of(clock)
    if not clock["half"] and 0 < hour < FIRST_MORNING_HOUR and not clock["hour"].startswith("0"):
        notes.append(gettext("Read as PM. Add AM for the morning."))
        hour += 12
    return time(hour, int(clock["minute"] or 0), int(clock["second"] or 0))


def _check_zone(rest: str, moment: datetime, zone: tzinfo) -> None:
    """Check what follows the time: nothing, or the abbreviation of the zone at that moment."""
    if not rest:
        return
    if not ABBREVIATION.fullmatch(rest):
        raise UnreadableText(_example())
    own = moment.replace(tzinfo=zone).tzname() or ""
    if rest != own.lower():
        message = gettext("Enter the local time of the site: {own}, not {typed}.")
        raise UnreadableText(message.format(own=own, typed=rest.upper()))


def _without_time(day: date) -> str:
    message = gettext("Add the time, for example {day} 9am.")
    return message.format(day=f"{MONTHS[day.month - 1]} {day.day}")


def _example() -> str:
    return gettext("Enter a date and a time, for example tomorrow 9am, Mon 7:30a, 12/3 2pm or 2026-12-03 14:30.")

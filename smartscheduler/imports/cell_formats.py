"""Formats of single cells: lists, working weeks, durations, instants. Pure functions.

Readers accept many notations, writers produce one. Reading a written cell returns the same value.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import groupby
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl.utils.datetime import from_excel

from contractors import written_week
from contractors.working_week import DAYS, Shift
from smartscheduler.core.entry import UnreadableText
from smartscheduler.errors import InvalidInput

BLANKS = re.compile(r"\s*+")
# A name never starts directly after a quote. Without this lookbehind, a long run of quotes takes quadratic time.
IN_QUOTES = {sign: re.compile(rf'(?<!")"([^"]*+(?:""[^"]*+)*+)"\s*+({sign}|\Z)') for sign in ";,"}
QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
NEEDS_QUOTES = re.compile(r'[;,"]|\A\s|\s\Z')
DURATION = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")
DECIMAL_HOURS = re.compile(r"(\d{1,2}(?:\.\d{1,4})?)\s*+(?:h|hours?)?", re.IGNORECASE)
MINUTES = re.compile(r"(\d{1,3})\s*+min(?:utes)?", re.IGNORECASE)
SERIAL = re.compile(r"\d{5}(?:\.\d{1,15})?")
US_DATES = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p")
DAY_ALONE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{4}|\d{5}(?:\.0{1,15})?")
NOON = time(12)
# The same limit as in the API.
LONGEST_DATE = 40
DATES = _("Enter a date and time, for example 2026-12-01 09:00 or 12/01/2026 9:00 AM.")


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
    """Parse `Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-13:00` into shifts of the API. Raises InvalidInput."""
    try:
        return [shift.as_json() for shift in written_week.read_week(text)]
    except UnreadableText as refusal:
        raise InvalidInput.of("working_hours", str(refusal)) from refusal


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


def read_duration(text: str) -> str:
    """Parse `2:30`, `02:30:15`, `2.5`, `2.5 h` or `150 min` into the format of the API. Raises InvalidInput."""
    text = text.strip()
    if match := DURATION.fullmatch(text):
        return f"{match[1]:0>2}:{match[2]}:{match[3] or '00'}"
    if match := DECIMAL_HOURS.fullmatch(text):
        return write_duration(timedelta(hours=float(match[1])))
    if match := MINUTES.fullmatch(text):
        return write_duration(timedelta(minutes=int(match[1])))
    raise InvalidInput.of("duration", gettext("Enter hours and minutes, for example 2:30, or hours, for example 2.5."))


def write_duration(duration: timedelta) -> str:
    """Format as `2:30:00`, with seconds, so that spreadsheets do not read it as minutes and seconds."""
    seconds = round(duration.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def read_instant(text: str, site: tzinfo | None) -> str:
    """Parse an instant with an offset, or in local time of the site. A date without a time means noon.

    Returns ISO 8601. Raises InvalidInput, also for local times that a clock change skips or repeats, and without an
    offset if `site` is unknown.
    """
    text = text.strip()
    if len(text) > LONGEST_DATE:
        raise InvalidInput.of("desired_date", str(DATES))
    moment = _moment(text)
    if moment.tzinfo is None:
        if site is None:
            message = gettext("The location is unknown, so the date needs an offset: 2026-12-01T09:00-06:00.")
            raise InvalidInput.of("desired_date", message)
        moment = _at_the_site(moment, site)
    return moment.isoformat()


def _moment(text: str) -> datetime:
    moment = _serial(text) if SERIAL.fullmatch(text) else _written(text)
    return datetime.combine(moment, NOON) if DAY_ALONE.fullmatch(text) else moment


def _serial(text: str) -> datetime:
    """Parse a serial date of a spreadsheet. Rounded to seconds, because the fraction of the day is not exact."""
    moment: datetime = from_excel(float(text))
    return (moment + timedelta(milliseconds=500)).replace(microsecond=0)


def _written(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for shape in US_DATES:
        try:
            return datetime.strptime(text.upper(), shape)  # noqa: DTZ007  (local time; the time zone follows)
        except ValueError:
            continue
    raise InvalidInput.of("desired_date", str(DATES))


def _at_the_site(moment: datetime, site: tzinfo) -> datetime:
    here = moment.replace(tzinfo=site)
    try:
        back = here.astimezone(UTC).astimezone(site).replace(tzinfo=None)
    except OverflowError:
        raise InvalidInput.of("desired_date", str(DATES)) from None
    if back != moment:
        message = gettext("This local time does not exist: clocks at the site are set forward that night.")
        raise InvalidInput.of("desired_date", message)
    if here.utcoffset() != here.replace(fold=1).utcoffset():
        message = gettext("This local time occurs twice: clocks at the site are set back that night. Add an offset.")
        raise InvalidInput.of("desired_date", message)
    return here

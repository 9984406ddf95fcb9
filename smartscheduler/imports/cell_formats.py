"""What stands in single cells, read and written: lists, working weeks, durations, instants, telephone numbers. Pure.

Readers are generous, writers exact: what a writer makes is read as the very same value.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import groupby
from typing import Any

from openpyxl.utils.datetime import from_excel

from contractors.working_week import DAYS, Shift
from smartscheduler.errors import InvalidInput

SHORT = [day[:3].lower() for day in DAYS]
BLANKS = re.compile(r"\s*+")
# Where a name begins no quote stands before it; without that, a search would try each quote of a long row of them.
IN_QUOTES = {sign: re.compile(rf'(?<!")"([^"]*+(?:""[^"]*+)*+)"\s*+({sign}|\Z)') for sign in ";,"}
QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
NEEDS_QUOTES = re.compile(r'[;,"]|\A\s|\s\Z')
CLOCK = r"(\d{1,2}:\d\d(?::\d\d)?)"
HOURS = re.compile(rf"{CLOCK}\s*+[-–]\s*+{CLOCK}")
DURATION = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")
DECIMAL_HOURS = re.compile(r"(\d{1,2}(?:\.\d{1,4})?)\s*+(?:h|hours?)?", re.IGNORECASE)
MINUTES = re.compile(r"(\d{1,3})\s*+min(?:utes)?", re.IGNORECASE)
SERIAL = re.compile(r"\d{5}(?:\.\d{1,15})?")
US_DATES = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p")
DAY_ALONE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{4}|\d{5}(?:\.0{1,15})?")
NOON = time(12)
# As the API takes them.
MOST_SHIFTS = 200
LONGEST_DATE = 40
DATES = "A date and time such as 2026-12-01 09:00, or 12/01/2026 9:00 AM."
WEEKS = "is not like Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-13:00."


def read_list(text: str) -> list[str]:
    """Names between semicolons, or commas when there is no semicolon; one that has either in it stands in quotes."""
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
    """`Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-13:00` as the API's shifts. Raises InvalidInput."""
    shifts: list[dict[str, Any]] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        days, hours = _days_and_hours(part)
        spans = [HOURS.fullmatch(one.strip()) for one in hours.split(",")]
        if not all(spans):
            raise _bad_week(f"“{part[:60]}” {WEEKS}")
        for day in _days(days):
            shifts += [_shift(day, *span.groups()) for span in spans if span]
            if len(shifts) > MOST_SHIFTS:
                raise _bad_week(f"There are more than {MOST_SHIFTS} shifts in this week.")
    return shifts


def _days_and_hours(part: str) -> tuple[str, str]:
    """Hours begin at the first digit, after a blank."""
    first = next((at for at, sign in enumerate(part) if sign.isdigit()), 0)
    days = part[:first].rstrip()
    if not days or len(days) == first:
        raise _bad_week(f"“{part[:60]}” {WEEKS}")
    return days, part[first:]


def _shift(day: int, start: str, end: str) -> dict[str, Any]:
    start, end = (f"{clock:0>5}" if clock.count(":") == 1 else f"{clock:0>8}" for clock in (start, end))
    if end in {"24:00", "24:00:00"}:
        end = "00:00"
    elif end < start and not end.startswith("00:00"):
        tomorrow = DAYS[(day + 1) % 7][:3]
        raise _bad_week(
            f"{start}-{end} ends before it starts. A night is two shifts: "
            f"{DAYS[day][:3]} {start}-24:00; {tomorrow} 00:00-{end}."
        )
    return {"day_of_week": day, "start_time": start, "end_time": end}


def _days(text: str) -> Iterator[int]:
    """`Mon`, `Mon-Fri`, `Mon, Wed, Fri`; names may be written out."""
    for part in text.split(","):
        first, _, last = part.replace("–", "-").partition("-")
        start, end = _day(first), _day(last or first)
        yield from ((start + later) % 7 for later in range((end - start) % 7 + 1))


def _day(text: str) -> int:
    name = text.strip().lower()
    for number, day in enumerate(DAYS):
        if len(name) >= 3 and day.lower().startswith(name):
            return number
    raise _bad_week(f"“{name[:60]}” is no day: Mon, Tue, Wed, Thu, Fri, Sat, Sun.")


def _bad_week(message: str) -> InvalidInput:
    return InvalidInput.of("working_hours", message)


def write_week(shifts: Sequence[Shift]) -> str:
    """The shifts, in order of the week, as `read_week` reads them; days with the same hours together."""
    hours = [
        (day, ", ".join(f"{_clock(shift.start_time)}-{_clock(shift.end_time, '24:00')}" for shift in of_day))
        for day, of_day in groupby(sorted(shifts), key=lambda shift: shift.day_of_week)
    ]
    # Days that follow each other have the same difference of number and place.
    runs = groupby(enumerate(hours), key=lambda one: (one[1][0] - one[0], one[1][1]))
    return "; ".join(_run([day for _, (day, _) in run], text) for (_, text), run in runs)


def _run(days: list[int], hours: str) -> str:
    first, last = DAYS[days[0]][:3], DAYS[days[-1]][:3]
    return f"{first}-{last} {hours}" if len(days) > 1 else f"{first} {hours}"


def _clock(moment: time, midnight: str = "00:00") -> str:
    return midnight if moment == time(0) else moment.isoformat("seconds" if moment.second else "minutes")


def read_duration(text: str) -> str:
    """`2:30`, `02:30:15`, `2.5`, `2.5 h` or `150 min` as the API writes it. Raises InvalidInput."""
    text = text.strip()
    if found := DURATION.fullmatch(text):
        return f"{found[1]:0>2}:{found[2]}:{found[3] or '00'}"
    if found := DECIMAL_HOURS.fullmatch(text):
        return write_duration(timedelta(hours=float(found[1])))
    if found := MINUTES.fullmatch(text):
        return write_duration(timedelta(minutes=int(found[1])))
    raise InvalidInput.of("duration", "Hours and minutes such as 2:30, or hours such as 2.5.")


def write_duration(duration: timedelta) -> str:
    """`2:30:00`; in full, so that no spreadsheet takes it for minutes and seconds."""
    seconds = round(duration.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def read_instant(text: str, site: tzinfo | None) -> str:
    """An instant with its offset; without one, by the clock at the site. A day alone is its noon.

    Raises InvalidInput, also for a time that the site's clock skips or repeats, and when `site` is not known.
    """
    text = text.strip()
    if len(text) > LONGEST_DATE:
        raise InvalidInput.of("desired_date", DATES)
    moment = _moment(text)
    if moment.tzinfo is None:
        if site is None:
            raise InvalidInput.of("desired_date", "Without a place the date needs an offset: 2026-12-01T09:00-06:00.")
        moment = _at_the_site(moment, site)
    return moment.isoformat()


def _moment(text: str) -> datetime:
    moment = _serial(text) if SERIAL.fullmatch(text) else _written(text)
    return datetime.combine(moment, NOON) if DAY_ALONE.fullmatch(text) else moment


def _serial(text: str) -> datetime:
    """A spreadsheet's own number of a day; the fraction is the time, which binary fractions miss by microseconds."""
    found: datetime = from_excel(float(text))
    return (found + timedelta(milliseconds=500)).replace(microsecond=0)


def _written(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for shape in US_DATES:
        try:
            return datetime.strptime(text.upper(), shape)  # noqa: DTZ007  (by the clock at the site, which comes later)
        except ValueError:
            continue
    raise InvalidInput.of("desired_date", DATES)


def _at_the_site(moment: datetime, site: tzinfo) -> datetime:
    here = moment.replace(tzinfo=site)
    try:
        back = here.astimezone(UTC).astimezone(site).replace(tzinfo=None)
    except OverflowError:
        raise InvalidInput.of("desired_date", DATES) from None
    if back != moment:
        raise InvalidInput.of("desired_date", "The clock at the site skips this time: it is set forward that night.")
    if here.utcoffset() != here.replace(fold=1).utcoffset():
        raise InvalidInput.of(
            "desired_date", "The clock at the site shows this time twice that night: write it with its offset."
        )
    return here


def read_phone(text: str) -> str:
    """`(512) 555-0143` from ten digits however they are grouped, with or without +1; anything else as it stands."""
    digits = re.sub(r"[\s().+/·-]", "", text)
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()):
        return text
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"

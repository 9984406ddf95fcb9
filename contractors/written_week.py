"""Working hours as text: `Mon–Fri 8–5, Sat 9am–1pm`, or `Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-13:00`. Pure."""

import re
from collections.abc import Iterator
from datetime import time

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contractors.working_week import DAYS, Shift
from smartscheduler.core.entry import UnreadableText

# The same limit as in the API.
MOST_SHIFTS = 200
# A bare start before this hour is in the afternoon.
FIRST_MORNING_HOUR = 6
NOON_HOUR = 12
DAY_LETTERS = {"m": 1, "w": 3, "f": 5}
DAY_GROUPS = {"weekdays": range(1, 6), "weekend": (6, 0), "weekends": (6, 0), "daily": range(7), "every day": range(7)}
CLOCK = r"(\d{1,2})(?::([0-5]\d)(?::([0-5]\d))?)?+\s?([ap](?:\.?m\.?)?)?+"
SPAN = re.compile(rf"{CLOCK}\s*+(?:[-–—]|to\b)\s*+{CLOCK}", re.IGNORECASE | re.ASCII)
DASH = re.compile(r"[-–—]|\bto\b", re.IGNORECASE)
FORMAT = _("“{text}” is not valid. Use the format Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-13:00.")


def read_week(text: str, *, assumes_daytime: bool = False) -> list[Shift]:
    """The shifts that `text` names, in its order. An end of 24:00 is stored as 00:00. Raises UnreadableText.

    With `assumes_daytime`, times without AM or PM lie in the usual day: `8–5` ends at 17:00, and `1–5` starts at 13:00.
    Otherwise they are on the 24-hour clock.
    """
    shifts: list[Shift] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        for days, spans in _groups(part):
            hours = [_hours(span, assumes_daytime) for span in spans]
            for day in days:
                shifts += [_shift(day, start, end) for start, end in hours]
                if len(shifts) > MOST_SHIFTS:
                    message = gettext("A week can have at most {most} shifts.")
                    raise UnreadableText(message.format(most=MOST_SHIFTS))
    return shifts


def _groups(part: str) -> Iterator[tuple[list[int], list[str]]]:
    """Days and spans of `Mon, Wed 8-12, 13-17, Sat 9-13`. The hours of a group start at its first digit."""
    days: list[int] = []
    spans: list[str] = []
    if not any(sign.isdigit() for sign in part):
        raise _unreadable(part)
    for piece in part.split(","):
        first = next((at for at, sign in enumerate(piece) if sign.isdigit()), len(piece))
        names, span = piece[:first].strip(), piece[first:].strip()
        if names and spans:
            yield days, spans
            days, spans = [], []
        if names:
            days += _days(names)
        if span:
            spans.append(span)
        if not days or not (names or span) or (names and span and piece[first - 1] not in " \t:"):
            raise _unreadable(part)
    if not spans:
        raise _unreadable(part)
    yield days, spans


def _days(text: str) -> list[int]:
    """The day numbers of `Mon`, `Mon-Fri`, `weekdays`, with short or full names."""
    text = text.strip(" :").lower()
    if text in DAY_GROUPS:
        return list(DAY_GROUPS[text])
    first, *others = DASH.split(text, maxsplit=1)
    start, end = _day(first), _day(others[0] if others else first)
    return [(start + later) % 7 for later in range((end - start) % 7 + 1)]


def _day(text: str) -> int:
    name = text.strip(" .").lower()
    if name in DAY_LETTERS:
        return DAY_LETTERS[name]
    for number, day in enumerate(DAYS):
        if len(name) >= 3 and day.lower().startswith(name):
            return number
    message = gettext("“{name}” is not a day. Use Mon, Tue, Wed, Thu, Fri, Sat, Sun.")
    raise UnreadableText(message.format(name=text.strip()[:60]))


def _hours(span: str, assumes_daytime: bool) -> tuple[time, time]:
    """Start and end; an end at midnight is 00:00."""
    match = SPAN.fullmatch(span)
    if match is None:
        raise _unreadable(span)
    start, end = _clock(match.groups()[:4], span), _clock(match.groups()[4:], span)
    if assumes_daytime:
        if not match[4] and 0 < start[0] < FIRST_MORNING_HOUR and not match[1].startswith("0"):
            start = (start[0] + 12, *start[1:])
        if not match[8] and end <= start and 0 < end[0] < NOON_HOUR and not match[5].startswith("0"):
            end = (end[0] + 12, *end[1:])
    if start[0] == 24:
        raise _unreadable(span)
    return time(*start), time(*end) if end[0] != 24 else time(0)


def _clock(parts: tuple[str | None, ...], span: str) -> tuple[int, int, int]:
    """Hour, minute and second of the groups of a time; midnight at the end of a day is 24:00."""
    hour, minute, second = (int(part or 0) for part in parts[:3])
    if half := parts[3]:
        if not 1 <= hour <= 12:
            raise _unreadable(span)
        hour = hour % 12 + (12 if half.lower().startswith("p") else 0)
    elif hour > 24 or (hour == 24 and (minute or second)):
        raise _unreadable(span)
    return hour, minute, second


def _shift(day: int, start: time, end: time) -> Shift:
    if end < start and end != time(0):
        message = gettext(
            "{start}-{end} ends before it starts. Enter a night as two shifts: "
            "{day} {start}-24:00; {next_day} 00:00-{end}."
        )
        times = {"start": _text(start), "end": _text(end)}
        raise UnreadableText(message.format(day=DAYS[day][:3], next_day=DAYS[(day + 1) % 7][:3], **times))
    return Shift(day, start, end)


def _text(moment: time) -> str:
    return moment.isoformat("seconds" if moment.second else "minutes")


def _unreadable(text: str) -> UnreadableText:
    return UnreadableText(FORMAT.format(text=text[:60]))

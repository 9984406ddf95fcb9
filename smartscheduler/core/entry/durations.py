"""Lengths of time as typed: `2h`, `2:30`, `90 min`, `1.5`, `1 h 30 min`; and as programs write them: `PT2H30M`."""

import re
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext

from smartscheduler.core.entry import UnreadableText

LONGEST_TEXT = 40
# A number without a unit up to this one is a number of hours.
MOST_BARE_HOURS = 12
CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
AMOUNT = re.compile(
    r"\s*+(\d{1,4}+(?:\.\d{1,4}+)?+|\.\d{1,4}+)(?![\d.])\s*+(?:([a-z]++)\.?+\s*+(?:,|and\b)?+)?+", re.ASCII
)
# Hours, minutes and seconds of ISO 8601. Days are left out: work is planned in hours.
ISO = re.compile(r"PT(?=\d)(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,5})S)?", re.ASCII | re.IGNORECASE)
UNITS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
}


def read_duration(text: str) -> timedelta:
    """The length of time that `text` names. Raises UnreadableText."""
    text = text.strip().lower()
    if not text or len(text) > LONGEST_TEXT:
        raise _unreadable()
    if match := CLOCK.fullmatch(text) or ISO.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timedelta(seconds=_total(_amounts(text)))


def write_duration(duration: timedelta) -> str:
    """The text of a duration, which `read_duration` reads as the same whole seconds: `2 h 30 min`."""
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (seconds, "s")]
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount) or "0 min"


def _amounts(text: str) -> list[tuple[Decimal, int]]:
    """Amounts and the seconds of their units, the largest unit first, as in `1 h 30 min` and `1h30`."""
    amounts: list[tuple[Decimal, int]] = []
    named = True
    at = 0
    while at < len(text):
        match = AMOUNT.match(text, at)
        if match is None or not named or (match[2] is None and match.end() < len(text)):
            raise _unreadable()
        amounts.append((Decimal(match[1]), _unit(match[2] or "", [unit for _, unit in amounts], Decimal(match[1]))))
        named = match[2] is not None
        at = match.end()
    return amounts


def _unit(name: str, before: list[int], amount: Decimal) -> int:
    """Seconds of a unit. A bare number is hours, or minutes after hours. Raises UnreadableText."""
    if not name and not before and amount > MOST_BARE_HOURS:
        raise _unreadable(gettext("Add the unit: {number} min or {number} h.").format(number=amount))
    unit = UNITS.get(name) if name else UNITS["min"] if before == [UNITS["h"]] else UNITS["h"]
    if unit is None or (before and unit >= before[-1]):
        raise _unreadable()
    return unit


def _total(amounts: list[tuple[Decimal, int]]) -> int:
    seconds = sum((amount * unit for amount, unit in amounts), Decimal(0))
    parts_below = [amount for amount, unit in amounts[1:] if amount >= 60]
    if parts_below or seconds != seconds.to_integral_value():
        raise _unreadable()
    return int(seconds)


def _unreadable(detail: str = "") -> UnreadableText:
    rule = gettext("Enter hours and minutes, for example 2 h, 2:30, 90 min or 1.5.")
    return UnreadableText(f"{detail} {rule}" if detail else rule)

"""Critical times for software that handles days and hours. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

CHICAGO = ZoneInfo("America/Chicago")
SATURDAY, SUNDAY = 5, 6
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# From the first Sunday of a November to that of the next it can be 371 days.
LONGEST_YEAR = 374
# A run takes longer than this, so the day or the clock changes during the run.
SHORTLY = timedelta(minutes=4)


@dataclass(frozen=True)
class Moment:
    """When a run begins, and in which time zone the machine is."""

    name: str
    at: datetime
    zone: str


def moments(now: datetime) -> list[Moment]:
    """The next of each after `now`; the zones of the machine differ too."""
    spring, autumn = sorted(_clock_changes(now), key=lambda change: change.month)
    return [
        Moment("sunday-morning", _next_weekday(now, SUNDAY, time(8)), "UTC"),
        Moment("saturday-night", _next_weekday(now, SATURDAY, time(23, 30)), "Asia/Kolkata"),
        Moment("year-end", _next_yearly(now, 12, 31) - SHORTLY, "America/New_York"),
        Moment("february-end", _next_yearly(now, 2, 28) - SHORTLY, "Pacific/Auckland"),
        # Just before the hour that is left out, and within the hour that comes twice.
        Moment("clock-forward", spring - SHORTLY, "America/Chicago"),
        Moment("clock-back", autumn + SHORTLY, "America/Los_Angeles"),
    ]


def _days_after(now: datetime) -> Iterator[date]:
    return (now.date() + DAY * count for count in range(1, LONGEST_YEAR))


def _next_weekday(now: datetime, weekday: int, hour: time) -> datetime:
    day = next(day for day in _days_after(now) if day.weekday() == weekday)
    return datetime.combine(day, hour, UTC)


def _next_yearly(now: datetime, month: int, day: int) -> datetime:
    """The end of the next such day."""
    last_day = next(each for each in _days_after(now) if (each.month, each.day) == (month, day))
    return datetime.combine(last_day + DAY, time(0), UTC)


def _clock_changes(now: datetime) -> Iterator[datetime]:
    """The next two instants at which clocks change in Chicago."""
    noons = (datetime.combine(day, time(12), UTC) for day in _days_after(now))
    for noon in islice((noon for noon in noons if _offset(noon) != _offset(noon - DAY)), 2):
        yield next(hour for hour in _hours_before(noon) if _offset(hour) != _offset(hour - HOUR))


def _hours_before(noon: datetime) -> Iterator[datetime]:
    return (noon - HOUR * count for count in range(24))


def _offset(moment: datetime) -> timedelta | None:
    return moment.astimezone(CHICAGO).utcoffset()

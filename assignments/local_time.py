"""Conversion between local times and instants, including days with a clock change. Pure."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from smartscheduler.timeslots import TimeSlot

ONE_DAY = timedelta(days=1)
MINUTES_A_DAY = 24 * 60


@lru_cache(maxsize=16_384)
def local_instant(day: date, offset: timedelta, zone: ZoneInfo) -> datetime:
    """Instant (UTC) of the local time `offset` (0–24 h) after midnight of `day` in `zone`.

    A repeated local time means the first of the two instants. A skipped local time means the instant of the clock
    change. Therefore the result never decreases when the time of day increases.
    """
    wall = datetime.combine(day, datetime.min.time()) + offset
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _moment_of_jump(wall, zone)


def _moment_of_jump(wall: datetime, zone: ZoneInfo) -> datetime:
    """Instant of the clock change that skips the local time `wall`, by binary search."""
    # A skipped time lies before the change if read with the offset after it, and after the change if read with the
    # offset before it. So these two instants enclose the change.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


@lru_cache(maxsize=16_384)
def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Local date of an instant in `zone`."""
    return moment.astimezone(zone).date()


@lru_cache(maxsize=4_096)
def day_at(day: date, zone: ZoneInfo) -> TimeSlot:
    """Time slot of `day` in `zone`, from midnight to midnight: 23, 24 or 25 hours."""
    return TimeSlot(local_instant(day, timedelta(0), zone), local_instant(day, ONE_DAY, zone))


def minute_of_day(moment: datetime, zone: ZoneInfo, day: date) -> int:
    """Minutes from midnight of `day` in local time, limited to 0–1440."""
    local = moment.astimezone(zone)
    minutes = (local.date() - day).days * MINUTES_A_DAY + local.hour * 60 + local.minute
    return min(max(minutes, 0), MINUTES_A_DAY)

"""From the clock on a wall to instants, on every day of the year. Pure."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from smartscheduler.timeslots import TimeSlot

ONE_DAY = timedelta(days=1)
MINUTES_A_DAY = 24 * 60


@lru_cache(maxsize=16_384)
def local_instant(day: date, offset: timedelta, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which the clock in `zone` shows midnight of `day` plus `offset` (0 … 24 h).

    A time that comes twice counts as the first; a time that the clock skips, as the moment of the jump.
    So a later time of day is never an earlier instant.
    """
    wall = datetime.combine(day, datetime.min.time()) + offset
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _moment_of_jump(wall, zone)


def _moment_of_jump(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clock jumps over `wall`."""
    # Read with the offset after the jump, a skipped time lies before it; with the one before, after it.
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
    """The day that the clock in `zone` shows at an instant."""
    return moment.astimezone(zone).date()


@lru_cache(maxsize=4_096)
def day_at(day: date, zone: ZoneInfo) -> TimeSlot:
    """The day `day` in `zone`, midnight to midnight: 23, 24 or 25 hours."""
    return TimeSlot(local_instant(day, timedelta(0), zone), local_instant(day, ONE_DAY, zone))


def minute_of_day(moment: datetime, zone: ZoneInfo, day: date) -> int:
    """Minutes from midnight of `day` as the clock shows them; 0 before it, 1440 after."""
    local = moment.astimezone(zone)
    minutes = (local.date() - day).days * MINUTES_A_DAY + local.hour * 60 + local.minute
    return min(max(minutes, 0), MINUTES_A_DAY)

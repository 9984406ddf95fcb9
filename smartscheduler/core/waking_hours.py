"""The hours of the day in which people may get messages, by the clock of their place. Pure."""

from datetime import datetime, time, timedelta, tzinfo
from typing import NamedTuple


class WakingHours(NamedTuple):
    """From `begin`, included, to `end`, excluded, on every day."""

    begin: time
    end: time

    @classmethod
    def of(cls, text: str) -> "WakingHours":
        """The hours of `08:00-21:00`. Raises ValueError, also for an end that is not after the begin."""
        begin, _dash, end = text.partition("-")
        hours = cls(time.fromisoformat(begin.strip()), time.fromisoformat(end.strip()))
        if hours.begin >= hours.end or hours.begin.tzinfo or hours.end.tzinfo:
            raise ValueError(text)
        return hours

    def first(self, moment: datetime, zone: tzinfo) -> datetime:
        """The first moment of the waking hours in `zone` that is not before `moment`."""
        there = moment.astimezone(zone)
        if there.time() < self.begin:
            return self._opening(there, zone)
        return moment if there.time() < self.end else self._opening(there + timedelta(days=1), zone)

    def last_on_day_before(self, moment: datetime, zone: tzinfo) -> datetime:
        """The time of day of `moment` on the day before in `zone`, moved into the waking hours of that day."""
        there = moment.astimezone(zone)
        latest = (datetime.combine(there, self.end) - timedelta(minutes=1)).time()
        time_of_day = min(max(there.time(), self.begin), latest)
        return datetime.combine(there.date() - timedelta(days=1), time_of_day, zone)

    def _opening(self, day: datetime, zone: tzinfo) -> datetime:
        return datetime.combine(day.date(), self.begin, zone)

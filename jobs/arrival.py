"""Rules for the arrival window of a job. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from smartscheduler.errors import InvalidInput
from smartscheduler.timeslots import within_reach

HALF_HOUR = timedelta(minutes=30)
SHORTEST_WINDOW, LONGEST_WINDOW, USUAL_WINDOW = timedelta(hours=1), timedelta(hours=4), timedelta(hours=2)


def check_window(start: datetime | None, end: datetime | None, zone: ZoneInfo) -> None:
    """Raise InvalidInput, which names the field, unless this is a possible arrival window at a site in `zone`."""
    if start is None and end is None:
        return
    if start is None or end is None:
        field = "window_start" if start is None else "window_end"
        raise InvalidInput.of(field, gettext("An arrival window needs a start and an end."))
    for field, moment in (("window_start", start), ("window_end", end)):
        if not is_half_hour(moment, zone):
            message = gettext("Both ends of an arrival window are on the half hour, in the local time of the site.")
            raise InvalidInput.of(field, message)
    if not SHORTEST_WINDOW <= end - start <= LONGEST_WINDOW:
        raise InvalidInput.of("window_end", gettext("An arrival window lasts 1 to 4 hours."))


def check_not_over(end: datetime, *, now: datetime) -> None:
    """Raise InvalidInput for a window that is over, or more than five years ahead."""
    if end <= now:
        raise InvalidInput.of("window_end", gettext("This arrival window is over. Choose a later one."))
    if not within_reach(end, now=now):
        raise InvalidInput.of("window_end", gettext("An arrival window can be at most five years ahead."))


def is_half_hour(moment: datetime, zone: ZoneInfo) -> bool:
    there = moment.astimezone(zone)
    return there.minute % 30 == 0 and there.second == there.microsecond == 0

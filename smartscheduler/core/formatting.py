"""Instants and time slots as readable text, in the time zone of a site or contractor."""

from datetime import date, datetime, timedelta, tzinfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from smartscheduler.timeslots import TimeSlot


def long_day(day: date) -> str:
    """A date without its year, in full: `Wednesday, November 25`."""
    return date_format(day, "l, F j")


def local_day(moment: datetime, zone: tzinfo) -> str:
    """The local date of an instant in `zone`, with the year unless it is the current one: `Wed, Nov 25`."""
    there = moment.astimezone(zone)
    return date_format(there, "D, M j" if there.year == timezone.now().astimezone(zone).year else "D, M j, Y")


def local_time(moment: datetime, zone: tzinfo) -> str:
    """The local time of an instant in `zone`, with the zone's abbreviation: `Wed, Nov 25, 09:00 CST`."""
    return f"{local_day(moment, zone)}, {moment.astimezone(zone):%H:%M %Z}"


def local_slot(slot: TimeSlot, zone: tzinfo) -> str:
    """A time slot in local time of `zone`: `Wed, Nov 25, 09:00–11:00 CST`."""
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{date_format(end, 'D')} {end:%H:%M}"
    return f"{local_day(slot.start, zone)}, {start:%H:%M}–{until} {start:%Z}"


def hours_and_minutes(duration: timedelta) -> str:
    """A duration as `2 h`, `45 min` or `1 h 30 min`."""
    hours, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    if hours and minutes:
        return gettext("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    return gettext("{hours} h").format(hours=hours) if hours else gettext("{minutes} min").format(minutes=minutes)


def ago(moment: datetime, now: datetime) -> str:
    """The time since `moment` as text: `a minute ago`, `3 hours ago`."""
    minutes = max(0, round((now - moment).total_seconds() / 60))
    if days := minutes // (24 * 60):
        several = ngettext("{count} day ago", "{count} days ago", days).format(count=days)
        return gettext("a day ago") if days == 1 else several
    if hours := minutes // 60:
        several = ngettext("{count} hour ago", "{count} hours ago", hours).format(count=hours)
        return gettext("an hour ago") if hours == 1 else several
    if minutes:
        several = ngettext("{count} minute ago", "{count} minutes ago", minutes).format(count=minutes)
        return gettext("a minute ago") if minutes == 1 else several
    return gettext("just now")

"""Instants and time slots as readable text, in the time zone of a site or contractor."""

from datetime import datetime, tzinfo

from django.utils import timezone

from smartscheduler.timeslots import TimeSlot


def local_day(moment: datetime, zone: tzinfo) -> str:
    """The local date of an instant in `zone`, with the year unless it is the current one: `Wed 25 Nov`."""
    there = moment.astimezone(zone)
    year = "" if there.year == timezone.now().astimezone(zone).year else f" {there.year}"
    return f"{there:%a} {there.day} {there:%b}{year}"


def local_time(moment: datetime, zone: tzinfo) -> str:
    """The local time of an instant in `zone`, with the zone's abbreviation: `Wed 25 Nov, 09:00 CST`."""
    return f"{local_day(moment, zone)}, {moment.astimezone(zone):%H:%M %Z}"


def local_slot(slot: TimeSlot, zone: tzinfo) -> str:
    """A time slot in local time of `zone`: `Wed 25 Nov, 09:00–11:00 CST`."""
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a %H:%M}"
    return f"{local_day(slot.start, zone)}, {start:%H:%M}–{until} {start:%Z}"


def ago(moment: datetime, now: datetime) -> str:
    """The time since `moment` as text: `a minute ago`, `3 hours ago`."""
    minutes = max(0, round((now - moment).total_seconds() / 60))
    for unit, size in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        if minutes >= size:
            count = minutes // size
            one = "an" if unit == "hour" else "a"
            return f"{one} {unit} ago" if count == 1 else f"{count} {unit}s ago"
    return "just now"

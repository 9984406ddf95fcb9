"""Times by the clock of a job's site."""

from datetime import timedelta

from django import template
from django.utils import timezone

from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.dashboard import event_text
from smartscheduler.dashboard.board import Block

register = template.Library()
UNITS = {"d": 24 * 3600, "h": 3600}


@register.filter
def wanted(job: Job) -> str:
    """When the customer wants it: `Tue, Nov 24, 9:00 AM CST`."""
    local = job.desired_date.astimezone(job.zone)
    return f"{event_text.day(local)}, {event_text.clock(local)} {local:%Z}"


@register.filter
def is_overdue(job: Job) -> bool:
    """Whether an open job should have been done by now."""
    return job.desired_date < timezone.now()


@register.filter
def site_span(booking: Assignment) -> str:
    """The slot of a booking: `9:00–11:00 AM CST`."""
    site = booking.job.zone
    return event_text.span(booking.slot.start.astimezone(site), booking.slot.end.astimezone(site))


@register.filter
def local_span(block: Block) -> str:
    """The hours of a block by the clock of its lane: `09:00–11:00`."""
    return "–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (block.stretch.start, block.stretch.end))


@register.filter
def percent(share: float | None) -> str:
    """A share as `41 %`; a dash when there is none."""
    return "–" if share is None else f"{round(share * 100)} %"


@register.filter
def wait(duration: timedelta | None) -> str:
    """A wait in the unit that suits it: `3.2 d`, `10.5 h`, `12 min`, `40 s`; a dash when there is none."""
    if duration is None:
        return "–"
    seconds = duration.total_seconds()
    for unit, length in (("d", 48 * 3600), ("h", 90 * 60)):
        if seconds >= length:
            return f"{seconds / UNITS[unit]:.1f} {unit}"
    return f"{round(seconds / 60)} min" if seconds >= 90 else f"{round(seconds)} s"


@register.filter
def minutes(duration: timedelta) -> int:
    """A duration in whole minutes."""
    return int(duration.total_seconds()) // 60


@register.filter
def hours(duration: timedelta) -> str:
    """A duration as `2 h` or `1 h 30 min`."""
    whole, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    return " ".join(part for part in (f"{whole} h" if whole else "", f"{minutes} min" if minutes else "") if part)

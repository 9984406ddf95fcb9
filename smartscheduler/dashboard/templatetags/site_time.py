"""Template filters for times, durations, percentages, and short descriptions of jobs."""

from datetime import timedelta

from django import template
from django.utils import timezone
from django.utils.translation import gettext

from jobs.models import Job
from smartscheduler.core.formatting import hours_and_minutes
from smartscheduler.dashboard import event_text
from smartscheduler.dashboard.board import Block

register = template.Library()


@register.filter
def local_desired_date(job: Job) -> str:
    """The desired date in local time at the site: `Tue, Nov 24, 9:00 AM CST`."""
    local = job.desired_date.astimezone(job.zone)
    return f"{event_text.day(local)}, {event_text.clock(local)} {local:%Z}"


@register.filter
def is_overdue(job: Job) -> bool:
    """Whether the desired date of an open job has passed."""
    return job.desired_date < timezone.now()


@register.filter
def type_and_city(job: Job) -> str:
    """`Carpet in Tucker`. A filter, since it costs less per row of the board than a template tag."""
    return gettext("{type} in {city}").format(type=job.get_type_display(), city=job.city)


@register.filter
def type_and_place(job: Job) -> str:
    """`Carpet in Tucker, GA`."""
    return gettext("{type} in {city}, {state}").format(type=job.get_type_display(), city=job.city, state=job.state)


@register.filter
def local_span(block: Block) -> str:
    """The hours of a block in local time of its row: `09:00–11:00`."""
    return "–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (block.stretch.start, block.stretch.end))


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 as `41%`; a dash for None."""
    return "–" if share is None else f"{round(share * 100)}%"


@register.filter
def whole_percent(value: int | None) -> str:
    """A percentage as `41%`; a dash for None."""
    return "–" if value is None else f"{value}%"


@register.filter
def wait(duration: timedelta | None) -> str:
    """A duration with a fitting unit: `3.2 d`, `10.5 h`, `12 min`, `40 s`; a dash for None."""
    if duration is None:
        return "–"
    seconds = duration.total_seconds()
    if seconds >= 48 * 3600:
        return gettext("{days} d").format(days=f"{seconds / (24 * 3600):.1f}")
    if seconds >= 90 * 60:
        return gettext("{hours} h").format(hours=f"{seconds / 3600:.1f}")
    if seconds >= 90:
        return gettext("{minutes} min").format(minutes=round(seconds / 60))
    return gettext("{seconds} s").format(seconds=round(seconds))


@register.filter
def minutes(duration: timedelta) -> int:
    """A duration in whole minutes."""
    return int(duration.total_seconds()) // 60


register.filter("hours", hours_and_minutes)

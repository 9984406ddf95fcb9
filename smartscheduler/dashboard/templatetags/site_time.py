"""Template tags for times, durations, percentages, and short descriptions of jobs."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.translation import gettext

from jobs.models import Job
from smartscheduler.core import formatting
from smartscheduler.core.formatting import local_hours, local_slot, local_time, zone_name
from smartscheduler.dashboard.board import Block, Ghost

register = template.Library()


@register.filter
def local_desired_date(job: Job) -> str:
    """The desired date in local time at the site: `Tue, Nov 24, 9:00 AM CST`."""
    return local_time(job.desired_date, job.zone)


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
def hours_of_block(block: Block) -> str:
    """The hours of a block on the clock of its row: `9:00–11:00 AM`."""
    return local_hours(block.booking.slot, block.zone)


@register.filter
def hours_of_ghost(ghost: Ghost) -> str:
    """The hours of a proposal on the clock of its row: `9:00–11:00 AM`."""
    return local_hours(ghost.item.slot, ghost.zone) if ghost.item.slot else ""


@register.filter
def hours_with_zone(block: Block) -> str:
    """The hours of a block on the clock of its row, `9:00–11:00 AM CST`, and at the site if that has another clock."""
    slot, site = block.booking.slot, block.booking.job.zone
    hours = f"{local_hours(slot, block.zone)} {zone_name(slot.start, block.zone)}"
    if slot.start.astimezone(block.zone).utcoffset() == slot.start.astimezone(site).utcoffset():
        return hours
    site_hours = f"{local_hours(slot, site)} {zone_name(slot.start, site)}"
    return gettext("{hours} ({site_hours} at the site)").format(hours=hours, site_hours=site_hours)


@register.filter
def window_of(job: Job) -> str:
    """The arrival window of a job at its site: `Mon, Nov 30, 8:00–10:00 AM CST`; empty without one."""
    return local_slot(job.window, job.zone) if job.window else ""


@register.filter
def utc(moment: datetime | None) -> str:
    """An instant in UTC: `Tue, Nov 24, 3:00 PM UTC`; a dash for None."""
    return local_time(moment, UTC) if moment else "–"


@register.filter
def local(moment: datetime, zone: ZoneInfo) -> str:
    """An instant in local time of `zone`: `Tue, Nov 24, 9:00 AM CST`."""
    return local_time(moment, zone)


@register.filter
def calendar_day(day: date) -> str:
    """`Wed, Nov 25`, with the year unless it is the current one."""
    return formatting.calendar_day(day, timezone.now())


@register.filter
def relative(moment: datetime) -> str:
    """`in 2 h`, `3 days ago`."""
    return formatting.relative(moment, timezone.now())


@register.simple_tag
def clock() -> str:
    """The clock of the reader for scripts: `12` or `24`."""
    return formatting.active_clock().value


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 as `41%`; a dash for None."""
    return "–" if share is None else f"{round(share * 100)}%"


@register.filter
def whole_percent(value: int | None) -> str:
    """A percentage as `41%`; a dash for None."""
    return "–" if value is None else f"{value}%"


@register.filter
def minutes(duration: timedelta) -> int:
    """A duration in whole minutes."""
    return int(duration.total_seconds()) // 60


register.filter("hours", formatting.hours_and_minutes)
register.filter("wait", formatting.rough_duration)
for name in ("day_of_month", "hour_of_axis", "long_day", "short_day", "weekday"):
    register.filter(name, getattr(formatting, name))

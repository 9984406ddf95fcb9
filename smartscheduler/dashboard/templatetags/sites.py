"""Times by the clock of a job's site."""

from datetime import timedelta

from django import template
from django.utils import timezone

from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.dashboard import sentences

register = template.Library()


@register.filter
def wanted(job: Job) -> str:
    """When the customer wants it: `Tue, Nov 24, 9:00 AM CST`."""
    local = job.desired_date.astimezone(job.zone)
    return f"{sentences.day(local)}, {sentences.clock(local)} {local:%Z}"


@register.filter
def is_overdue(job: Job) -> bool:
    """Whether an open job should have been done by now."""
    return job.desired_date < timezone.now()


@register.filter
def site_span(booking: Assignment) -> str:
    """The slot of a booking: `9:00–11:00 AM CST`."""
    site = booking.job.zone
    return sentences.span(booking.slot.start.astimezone(site), booking.slot.end.astimezone(site))


@register.filter
def hours(duration: timedelta) -> str:
    """A duration as `2 h` or `1 h 30 min`."""
    whole, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    return " ".join(part for part in (f"{whole} h" if whole else "", f"{minutes} min" if minutes else "") if part)

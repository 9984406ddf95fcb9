"""How values look in lists and on pages."""

from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from smartscheduler.timeslots import TimeSlot

# Unfold's colours of a badge, by the value shown; the others are grey.
COLOURS = {
    "active": "success",
    "inactive": "danger",
    "on_leave": "warning",
    "open": "warning",
    "assigned": "info",
    "pending": "warning",
    "confirmed": "info",
    "in_progress": "primary",
    "completed": "success",
    "cancelled": "danger",
    "urgent": "danger",
    "high": "warning",
    "medium": "info",
    "waiting": "warning",
    "sent": "success",
    "failed": "danger",
    "administrator": "danger",
    "coordinator": "info",
    "JobAssigned": "success",
    "JobCompleted": "success",
    "AssignmentCompleted": "success",
    "JobCancelled": "danger",
    "AssignmentCancelled": "danger",
    "JobReopened": "warning",
}


def badge(value: str, text: str, *, css_class: str = "") -> SafeString:
    """`text` as a badge in the colour of `value`."""
    context = {"text": text, "type": COLOURS.get(value), "class": css_class}
    return mark_safe(render_to_string("unfold/helpers/label.html", context))  # noqa: S308  (a template's own output)


def local_day(moment: datetime, zone: tzinfo) -> str:
    """The day of an instant by the calendar of `zone`; with the year when it is not this one: `Wed 25 Nov`."""
    there = moment.astimezone(zone)
    year = "" if there.year == timezone.now().astimezone(zone).year else f" {there.year}"
    return f"{there:%a} {there.day} {there:%b}{year}"


def local_time(moment: datetime, zone: tzinfo) -> str:
    """An instant by the clock of `zone`, with the zone's short name: `Wed 25 Nov, 09:00 CST`."""
    return f"{local_day(moment, zone)}, {moment.astimezone(zone):%H:%M %Z}"


def local_slot(slot: TimeSlot, zone: tzinfo) -> str:
    """A slot by the clock of `zone`: `Wed 25 Nov, 09:00–11:00 CST`."""
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a %H:%M}"
    return f"{local_day(slot.start, zone)}, {start:%H:%M}–{until} {start:%Z}"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, as people say it: `a minute ago`, `3 hours ago`."""
    minutes = max(0, round((now - moment).total_seconds() / 60))
    for unit, size in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        if minutes >= size:
            count = minutes // size
            one = "an" if unit == "hour" else "a"
            return f"{one} {unit} ago" if count == 1 else f"{count} {unit}s ago"
    return "just now"


def stars(rating: Decimal, count: int) -> SafeString:
    """Five stars with the share that is filled, and the number for those who cannot see them."""
    if not count and not rating:
        return mark_safe('<span class="quiet">not rated</span>')
    return format_html(
        '<span class="stars" style="--share: {}%" aria-hidden="true">★★★★★</span> '
        '<span class="whitespace-nowrap">{} <span class="text-base-500 dark:text-base-400">({})</span></span>',
        rating * 20,
        rating,
        count,
    )


def bars(breakdown: dict[str, Any]) -> list[dict[str, Any]]:
    """The three part scores of a stored or fresh breakdown, for drawing: name, value, weight, share, per cent."""
    names = [("availability", "Availability"), ("rating", "Rating"), ("distance", "Distance")]
    found = []
    for name, title in names:
        value, weight = breakdown.get(f"{name}_score"), breakdown.get(f"{name}_weight")
        if value is not None and weight is not None:
            points = float(value) * float(weight)
            found.append(
                {
                    "title": title,
                    "value": f"{float(value):.2f}",
                    "weight": f"{float(weight):.2f}",
                    "points": f"{points:.4f}",
                    "percent": round(float(value) * 100),
                }
            )
    return found


def in_utc(moment: datetime) -> SafeString:
    """An aware moment of a list that has no place on earth, to the second; never broken over two lines."""
    return format_html('<span class="whitespace-nowrap">{}</span>', f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}")

"""How values look in lists and on pages."""

from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from smartscheduler.timeslots import TimeSlot

# Unfold's colours of a badge, by the value shown.
STATUS_COLOURS = {
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
}
PRIORITY_COLOURS = {"urgent": "danger", "high": "warning", "medium": "info", "low": "default"}
TYPE_COLOURS = dict.fromkeys(["flooring", "tile", "carpet", "multi"], "default")


def local_time(moment: datetime, zone: tzinfo) -> str:
    """An instant by the clock of `zone`, with the zone's short name: `Wed 25 Nov 2026, 09:00 CST`."""
    there = moment.astimezone(zone)
    return f"{there:%a} {there.day} {there:%b %Y, %H:%M %Z}"


def local_slot(slot: TimeSlot, zone: tzinfo) -> str:
    """A slot by the clock of `zone`: `Wed 25 Nov 2026, 09:00–11:00 CST`."""
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a %H:%M}"
    return f"{start:%a} {start.day} {start:%b %Y, %H:%M}–{until} {start:%Z}"


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

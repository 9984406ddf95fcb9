"""How values look in lists and on pages."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

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

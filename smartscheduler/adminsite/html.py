"""HTML fragments for values in lists and on pages."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from smartscheduler.core.formatting import exact_time
from smartscheduler.core.text import LazyText

# Colors of Unfold's badges by value; all others are gray.
COLORS = {
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
    "queued": "warning",
    "bounced": "danger",
    "administrator": "danger",
    "coordinator": "info",
    "JobAssigned": "success",
    "JobCompleted": "success",
    "AssignmentCompleted": "success",
    "JobCancelled": "danger",
    "AssignmentCancelled": "danger",
    "JobReopened": "warning",
    "AssignmentRunningLate": "warning",
    "WindowBroken": "danger",
    "WindowWithdrawn": "warning",
    "PlanReady": "success",
    "PlanAccepted": "success",
    "PlanFailed": "danger",
}


def badge(value: str, text: LazyText, *, css_class: str = "") -> SafeString:
    """`text` as a badge in the color of `value`."""
    context = {"text": text, "type": COLORS.get(value), "class": css_class}
    return mark_safe(render_to_string("unfold/helpers/label.html", context))  # noqa: S308  (a template's own output)


def stars(rating: Decimal, count: int) -> SafeString:
    """Five stars filled in proportion to the rating (0 to 5), with the number as text for screen readers."""
    if not count and not rating:
        return format_html('<span class="quiet">{}</span>', gettext("not rated"))
    return format_html(
        '<span class="stars" style="--share: {}%" aria-hidden="true">★★★★★</span> '
        '<span class="whitespace-nowrap">{} <span class="text-base-500 dark:text-base-400">({})</span></span>',
        rating * 20,
        rating,
        count,
    )


def bars(breakdown: dict[str, Any]) -> list[dict[str, Any]]:
    """The three parts of a score breakdown as bars: title, value, weight, points (value × weight), percent."""
    names = [
        ("availability", gettext("Availability")),
        ("rating", gettext("Rating")),
        ("distance", gettext("Distance")),
    ]
    parts = []
    for name, title in names:
        value, weight = breakdown.get(f"{name}_score"), breakdown.get(f"{name}_weight")
        if value is not None and weight is not None:
            points = float(value) * float(weight)
            parts.append(
                {
                    "title": title,
                    "value": f"{float(value):.2f}",
                    "weight": f"{float(weight):.2f}",
                    "points": f"{points:.4f}",
                    "percent": round(float(value) * 100),
                }
            )
    return parts


def in_utc(moment: datetime) -> SafeString:
    """An aware instant in UTC, to the second, without a line break."""
    return format_html('<span class="whitespace-nowrap">{}</span>', exact_time(moment, UTC))

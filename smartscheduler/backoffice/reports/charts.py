"""Chart data for Unfold's components, each with the same values as text for screen readers."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext

from smartscheduler.adminsite.theme import CHART_COLOR, CHART_PART_COLOR
from smartscheduler.core.formatting import day_of_month

# Unfold draws the series of a bar chart on top of each other, the first in front.
COLORS = (CHART_PART_COLOR, CHART_COLOR)
Chart = dict[str, str]


def bars(title: str, pairs: Iterable[tuple[str, float]], *, unit: str = "") -> Chart:
    """Bar chart with one series: a bar for each label."""
    pairs = list(pairs)
    words = ", ".join(f"{label}: {value:g}{unit}" for label, value in pairs)
    return _chart(title, [label for label, _ in pairs], {title: [value for _, value in pairs]}, words, COLORS[1:])


def grouped(title: str, labels: Sequence[str], series: dict[str, Sequence[float]], *, legend: str) -> Chart:
    """Bar chart with two series, drawn in front of each other: first a part (orange), then its total (green)."""
    words = ", ".join(
        f"{label}: {', '.join(f'{values[place]:g} {name}' for name, values in series.items())}"
        for place, label in enumerate(labels)
    )
    return _chart(title, list(labels), series, words, COLORS, legend)


def _chart(
    title: str,
    labels: list[str],
    series: dict[str, Sequence[float]],
    words: str,
    colors: Sequence[str],
    legend: str = "",
) -> Chart:
    datasets: list[dict[str, Any]] = [
        {"label": name, "data": list(values), "backgroundColor": color, "maxBarThickness": 28}
        for (name, values), color in zip(series.items(), colors, strict=False)
    ]
    data = json.dumps({"labels": labels, "datasets": datasets})
    return {"title": title, "data": data, "words": words or gettext("No data"), "legend": legend}


def week(monday: date) -> str:
    """Label of a week: the date of its Monday."""
    return day_of_month(monday)

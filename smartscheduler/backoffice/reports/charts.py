"""Charts as Unfold's components take them, each with the same in words for those who cannot see it."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

# Unfold draws the series of a bar over each other, the first in front.
COLOURS = ("#b45309", "#1d4ed8")
Chart = dict[str, str]


def bars(title: str, pairs: Iterable[tuple[str, float]], *, unit: str = "") -> Chart:
    """One series: a bar for each label."""
    pairs = list(pairs)
    words = ", ".join(f"{label}: {value:g}{unit}" for label, value in pairs)
    return _chart(title, [label for label, _ in pairs], {title: [value for _, value in pairs]}, words, COLOURS[1:])


def grouped(title: str, labels: Sequence[str], series: dict[str, Sequence[float]]) -> Chart:
    """A part in front of its whole: two series, the part first."""
    words = ", ".join(
        f"{label}: {', '.join(f'{values[place]:g} {name}' for name, values in series.items())}"
        for place, label in enumerate(labels)
    )
    return _chart(title, list(labels), series, words, COLOURS)


def _chart(
    title: str, labels: list[str], series: dict[str, Sequence[float]], words: str, colours: Sequence[str]
) -> Chart:
    datasets: list[dict[str, Any]] = [
        {"label": name, "data": list(values), "backgroundColor": colour, "maxBarThickness": 28}
        for (name, values), colour in zip(series.items(), colours, strict=False)
    ]
    legend = " in front of ".join(series) if len(series) > 1 else ""
    data = json.dumps({"labels": labels, "datasets": datasets})
    return {"title": title, "data": data, "words": words or "Nothing", "legend": legend}


def week(monday: date) -> str:
    return f"{monday:%b} {monday.day}"

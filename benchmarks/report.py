"""Report of a run: a table and the goals; for a full run also `results.json` and the chart of the documentation."""

import json
import os
import platform
from collections.abc import Iterator, Mapping
from math import log10
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
CHART = HERE.parent / "docs" / "ranking-benchmark.svg"
TITLES = {
    "select_1": "SELECT 1",
    "service": "ranking service",
    "http": "ranking over HTTP",
    "canned": "canned answer over HTTP",
    "why_not": "why not this one",
    "scan": "NumPy full scan in memory",
    "prefetched": "loop, everything prefetched",
    "literal": "literal loop, a query each",
}
COLORS = {"service": "#1d4ed8", "http": "#0f766e", "scan": "#b45309", "prefetched": "#a21caf", "literal": "#b91c1c"}


class Goal(NamedTuple):
    name: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def goals(p50: Mapping[tuple[str, int], float], p99: Mapping[tuple[str, int], float], figures: Any) -> Iterator[Goal]:
    """The goals for the measured worlds."""
    service = {size: value for (way, size), value in p50.items() if way == "service"}
    if {1_000, 1_000_000} <= service.keys():
        yield Goal("service p50 at 1M ÷ p50 at 1k", service[1_000_000] / service[1_000], 3)
    if 100_000 in service:
        yield Goal("service p99 ÷ p50 at 100k", p99["service", 100_000] / service[100_000], 5)
        yield Goal("service p50 at 100k ÷ SELECT 1", service[100_000] / p50["select_1", 100_000], 40)
        yield Goal("HTTP p50 at 100k ÷ canned answer", p50["http", 100_000] / p50["canned", 100_000], 3)
    if 10_000 in service:
        yield Goal("literal loop ÷ service at 10k", p50["literal", 10_000] / service[10_000], 800, at_least=True)
        yield Goal("prefetched loop ÷ service at 10k", p50["prefetched", 10_000] / service[10_000], 250, at_least=True)
    rates, batch = figures["throughput"], figures["batch"]
    yield Goal("requests a second, 8 clients ÷ 1", rates["8 clients"] / rates["1 client"], 1.6, at_least=True)
    yield Goal("100 jobs in one call ÷ 100 calls", batch["one call"] / batch["a hundred calls"], 1 / 3)
    yield Goal("answers that differ", sum(figures["differing"].values()), 0)


def publish(samples: Mapping[tuple[str, int], list[float]], figures: Any) -> None:
    p50 = {key: quantile(values, 0.5) for key, values in samples.items()}
    p99 = {key: quantile(values, 0.99) for key, values in samples.items()}
    reached = list(goals(p50, p99, figures))
    sizes = sorted({size for _, size in samples})
    console = Console(width=110)
    console.print(_table(p50, p99, sizes))
    for goal in reached:
        met = "[green]met   [/]" if goal.met else "[red]missed[/]"
        console.print(f"{met}  {goal.name:<36} {goal.value:8.2f}  {'≥' if goal.at_least else '≤'} {goal.limit:.4g}")
    milliseconds: dict[str, dict[str, Any]] = {way: {} for way in TITLES}
    for (way, size), values in sorted(samples.items()):
        milliseconds[way][str(size)] = {"p50": p50[way, size], "p99": p99[way, size], "questions": len(values)}
    results = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.system()},
        "milliseconds": milliseconds,
        **figures,
        "goals": [goal._asdict() | {"met": goal.met} for goal in reached],
    }
    whole = len(sizes) > 2
    (HERE / ("results.json" if whole else "results-quick.json")).write_text(json.dumps(results, indent=2) + "\n")
    if whole:
        CHART.write_text(_chart(p50, sizes))


def _table(p50: Mapping[Any, float], p99: Mapping[Any, float], sizes: list[int]) -> Table:
    table = Table("p50 / p99 in ms", *(f"{size:,}" for size in sizes))
    for way, title in TITLES.items():
        cells = [f"{p50[way, s]:.2f} / {p99[way, s]:.2f}" if (way, s) in p50 else "–" for s in sizes]
        table.add_row(title, *cells)
    return table


def _chart(p50: Mapping[tuple[str, int], float], sizes: list[int]) -> str:
    """A chart of medians by number of contractors, with logarithmic axes."""
    left, right, top, bottom = 70, 500, 20, 300
    x = {size: left + (right - left) * n / (len(sizes) - 1) for n, size in enumerate(sizes)}

    def y(milliseconds: float) -> float:
        return bottom - (bottom - top) * (log10(milliseconds) + 1) / 5

    parts = [
        f'<line x1="{left}" x2="{right}" y1="{y(10**n):.0f}" y2="{y(10**n):.0f}" stroke="#d4d4d8"/>'
        f'<text x="{left - 8}" y="{y(10**n) + 4:.0f}" text-anchor="end">{10**n:g} ms</text>'
        for n in range(-1, 5)
    ]
    parts += [f'<text x="{at:.0f}" y="{bottom + 20}" text-anchor="middle">{size:,}</text>' for size, at in x.items()]
    for way, color in COLORS.items():
        points = [(x[size], y(p50[way, size])) for size in sizes if (way, size) in p50]
        if not points:
            continue
        line = " ".join(f"{a:.0f},{b:.0f}" for a, b in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(
            f'<text x="{points[-1][0] + 8:.0f}" y="{points[-1][1] + 4:.0f}" fill="{color}">{TITLES[way]}</text>'
        )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 330" font-family="sans-serif" font-size="12" '
        'role="img"><title>Median time of a ranking by number of contractors</title>'
        '<rect width="720" height="330" fill="#fff"/>' + "".join(parts) + "</svg>\n"
    )

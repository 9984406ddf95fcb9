"""Results of a run as Markdown for docs/operations.md and as JSON."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.load.coordinators import Notes
from benchmarks.load.gauges import Reading, drift
from benchmarks.load.listeners import Heard
from benchmarks.load.promises import Verdict
from benchmarks.report import quantile

HERE = Path(__file__).resolve().parents[1]
MACHINE = {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
# Growth of very small processes is ignored, because any amount would be a large share.
SMALLEST_MEGABYTES, MOST_DRIFT = 1.0, 0.05


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"


def routes(notes: Notes) -> dict[str, dict[str, float]]:
    """The number of requests and the median, 95th, and 99th percentile in milliseconds by route."""
    everything = {**notes.took, "all": [milliseconds for took in notes.took.values() for milliseconds in took]}
    return {
        route: {"count": len(took), **{f"p{share}": quantile(took, share / 100) for share in (50, 95, 99)}}
        for route, took in everything.items()
        if took
    }


def tell_requests(notes: Notes) -> str:
    rows = [
        (f"`{name}`", f"{figures['count']:,}", *(f"{figures[p]:,.0f}" for p in ("p50", "p95", "p99")))
        for name, figures in sorted(routes(notes).items(), key=lambda item: (item[0] == "all", item[0]))
    ]
    return table(("request", "how many", "p50 ms", "p95 ms", "p99 ms"), rows)


def facts(notes: Notes, heard: Heard, seconds: float, events: dict[str, int]) -> dict[str, Any]:
    """Other results of a run of `seconds` by name; `events` is the number of events by type."""
    lag = list(heard.lag) or [0.0]
    return {
        "requests a second": round(sum(map(len, notes.took.values())) / seconds, 1),
        "errors": dict(notes.errors) or 0,
        "refused by a rule": dict(notes.refusals) or 0,
        "requests never answered": notes.unanswered,
        "events": {"all": sum(events.values()), **events},
        "events received": f"{len(heard.lag):,} by {heard.open:,} sockets",
        "lag p50 / p99 ms": f"{quantile(lag, 0.5):,.0f} / {quantile(lag, 0.99):,.0f}",
        "sockets cut off for being slow": heard.fell_behind,
        "other closings": {code: times for code, times in heard.codes.items() if code != 4008} or 0,
        "events received out of order or twice": heard.disorder,
        "events that a socket never got": heard.missing,
        "share of one core of those who ask and listen": f"{(notes.cpu_seconds + heard.cpu_seconds) / seconds:.0%}",
    }


def tell_facts(facts: dict[str, Any]) -> str:
    def worded(value: Any) -> Any:
        return ", ".join(f"{name}: {times}" for name, times in value.items()) if isinstance(value, dict) else value

    return table(("figure", "value"), [(name, worded(value)) for name, value in facts.items()])


def tell_memory(first: Reading, last: Reading) -> str:
    rows = [
        (name, f"{first.memory.get(name, 0):.0f}", f"{used:.0f}", first.files.get(name, 0), last.files[name])
        for name, used in last.memory.items()
    ]
    return table(("process", "MB at the start", "MB at the end", "files at the start", "at the end"), rows)


def drifts(readings: Sequence[Reading]) -> dict[str, float]:
    """The memory growth of each process over the second half, as a share of its median."""
    growth = {}
    for name in readings[-1].memory:
        points = [(reading.seconds, reading.memory[name]) for reading in readings if name in reading.memory]
        if points[-1][1] >= SMALLEST_MEGABYTES:
            growth[name] = drift(points)
    return growth


def tell_drifts(readings: Sequence[Reading], grown: dict[str, float]) -> str:
    first, last = readings[len(readings) // 2], readings[-1]
    rows = [
        (
            name,
            f"{first.memory[name]:.1f}",
            f"{last.memory[name]:.1f}",
            f"{share:+.1%}",
            first.files[name],
            last.files[name],
        )
        for name, share in grown.items()
    ]
    return table(("process", "MB at half-time", "MB at the end", "drift", "files at half-time", "at the end"), rows)


def piled_up(readings: Sequence[Reading]) -> list[str]:
    """Counts that grew over the second half by more than 10 % and 10, which running work does not explain."""
    half = readings[len(readings) // 2 :]
    quarter = max(1, len(half) // 2)
    grown = []
    for name in half[0].counts:
        before, after = (median(reading.counts[name] for reading in part) for part in (half[:quarter], half[-quarter:]))
        if after > 1.1 * before + 10:
            grown.append(f"{name}: {before:g} at half-time, {after:g} at the end")
    for name in half[0].files:
        before, after = (
            median(reading.files.get(name, 0) for reading in part) for part in (half[:quarter], half[-quarter:])
        )
        if after > 1.1 * before + 10:
            grown.append(f"open files of {name}: {before:g} at half-time, {after:g} at the end")
    return grown


def tell_piles(readings: Sequence[Reading]) -> str:
    half = readings[len(readings) // 2]
    rows = [(name, readings[0].counts[name], half.counts[name], number) for name, number in readings[-1].counts.items()]
    return table(("counted", "at the start", "at half-time", "at the end"), rows)


def tell_verdict(verdict: Verdict) -> str:
    doctor = "nothing" if not verdict.doctor else "; ".join(verdict.doctor)
    summary = f"{len(verdict.lost)} lost, {len(verdict.double)} double; the doctor finds {doctor}.\n"
    return (
        summary
        + "".join(f"- lost: {loss}\n" for loss in verdict.lost[:20])
        + "".join(f"- double: {loss}\n" for loss in verdict.double[:20])
    )


def write(name: str, quick: bool, results: dict[str, Any]) -> Path:
    """Store the results of a full run; a short run is only printed."""
    file = HERE / f"{name}{'-quick' if quick else ''}.json"
    file.write_text(json.dumps({"machine": MACHINE, **results}, indent=2) + "\n")
    return file

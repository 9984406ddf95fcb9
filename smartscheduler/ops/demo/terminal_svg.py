"""Rendering of the walkthrough: tables and bars in the terminal, and an SVG picture for the README."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jobs.models import Job
from recommendations.results import RankedCandidate, Ranking
from smartscheduler.core.formatting import local_hours, short_day, time_of_day
from smartscheduler.timeslots import TimeSlot

BAR_WIDTH = 6
EIGHTHS = " ▏▎▍▌▋▊▉█"
PART_COLORS = {"Free": "green", "Rating": "yellow", "Near": "cyan"}
# Removed, so that a page with the picture does not load fonts from another site.
FONT_FACES = re.compile(r"(?<!\s)\s*+@font-face \{[^{}]*+\}")


def ranking_table(ranking: Ranking, zone: ZoneInfo) -> Table:
    """A table of a ranking: score, a bar for each part, miles, minutes, and the suggested start."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("#", justify="right")
    table.add_column("Contractor", no_wrap=True)
    table.add_column("Score", justify="right", style="bold")
    for name, color in PART_COLORS.items():
        table.add_column(name, style=color, no_wrap=True)
    table.add_column("Miles", justify="right")
    table.add_column("Drive", justify="right", no_wrap=True)
    table.add_column("Suggested", no_wrap=True)
    for entry in ranking.entries:
        table.add_row(*_row(entry, zone))
    return table


def _row(entry: RankedCandidate, zone: ZoneInfo) -> list[str | Text]:
    parts = entry.breakdown
    return [
        str(entry.rank),
        entry.contractor.name,
        f"{entry.score}",
        bar(float(parts.availability_score)),
        bar(float(parts.rating_score)),
        bar(float(parts.distance_score)),
        f"{entry.miles:.1f}",
        f"{entry.minutes} min",
        when(entry.suggested.start, zone),
    ]


def bar(share: float) -> str:
    """A share from 0 to 1 as a bar with a resolution of an eighth of a character."""
    full, eighths = divmod(round(share * BAR_WIDTH * 8), 8)
    return ("█" * full + EIGHTHS[eighths].strip()).ljust(BAR_WIDTH, "·")


def when(moment: datetime, zone: ZoneInfo) -> str:
    """Local day and time at the site: `Tue, Nov 24, 8:00 AM`."""
    here = moment.astimezone(zone)
    return f"{short_day(here)}, {time_of_day(here)}"


def span(slot: TimeSlot, zone: ZoneInfo) -> str:
    return f"{short_day(slot.start.astimezone(zone))}, {local_hours(slot, zone)}"


def requirements(job: Job) -> str:
    """The requirements of a job in two lines."""
    hours = job.duration.total_seconds() / 3600
    skills = f" · needs {', '.join(job.required_skills)}" if job.required_skills else ""
    return (
        f"{job.job_number} · {job.type} · {hours:g} h · {job.priority} priority{skills}\n"
        f"{job.address}, {job.city} {job.state} {job.zip_code} · desired {when(job.desired_date, job.zone)}"
    )


def save_picture(console: Console, path: str) -> None:
    """Save the output of a recording console as a self-contained SVG."""
    drawn = console.export_svg(title="manage.py demo")
    Path(path).write_text(FONT_FACES.sub("", drawn), encoding="utf-8")

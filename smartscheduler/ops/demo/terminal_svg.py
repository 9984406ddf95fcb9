"""What the story looks like: tables, bars and stars for a terminal, and a picture of it for the README."""

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
from smartscheduler.timeslots import TimeSlot

BAR_WIDTH = 6
EIGHTHS = " ▏▎▍▌▋▊▉█"
PART_COLORS = {"Free": "green", "Rating": "yellow", "Near": "cyan"}
# Nobody's page fetches a font because of our picture.
FONT_FACES = re.compile(r"(?<!\s)\s*+@font-face \{[^{}]*+\}")


def ranking_table(ranking: Ranking, zone: ZoneInfo) -> Table:
    """The entries of a ranking: score, a bar for each part of it, miles, minutes, the first slot."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("#", justify="right")
    table.add_column("Contractor", no_wrap=True)
    table.add_column("Score", justify="right", style="bold")
    for name, color in PART_COLORS.items():
        table.add_column(name, style=color, no_wrap=True)
    table.add_column("Miles", justify="right")
    table.add_column("Drive", justify="right", no_wrap=True)
    table.add_column("First slot", no_wrap=True)
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
        when(entry.slots[0].start, zone),
    ]


def bar(share: float) -> str:
    """A share of one as a bar, to an eighth of a character."""
    full, eighths = divmod(round(share * BAR_WIDTH * 8), 8)
    return ("█" * full + EIGHTHS[eighths].strip()).ljust(BAR_WIDTH, "·")


def when(moment: datetime, zone: ZoneInfo) -> str:
    """Day and time by the clock at the site: `Tue 24 Nov 08:00`."""
    here = moment.astimezone(zone)
    return f"{here:%a} {here.day} {here:%b %H:%M}"


def span(slot: TimeSlot, zone: ZoneInfo) -> str:
    return f"{when(slot.start, zone)}–{slot.end.astimezone(zone):%H:%M}"


def wanted(job: Job) -> str:
    """What a job asks for, in a line or two."""
    hours = job.duration.total_seconds() / 3600
    skills = f" · needs {', '.join(job.required_skills)}" if job.required_skills else ""
    return (
        f"{job.job_number} · {job.type} · {hours:g} h · {job.priority} priority{skills}\n"
        f"{job.address}, {job.city} {job.state} {job.zip_code} · wanted {when(job.desired_date, job.zone)}"
    )


def save_picture(console: Console, path: str) -> None:
    """What a recording console has printed, as an SVG that needs nothing from elsewhere."""
    drawn = console.export_svg(title="manage.py demo")
    Path(path).write_text(FONT_FACES.sub("", drawn), encoding="utf-8")

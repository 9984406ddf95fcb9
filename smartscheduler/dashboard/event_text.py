"""Domain events as sentences for people."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Data = dict[str, Any]


def clock(instant: datetime) -> str:
    """`9:00 AM`, by the zone the instant carries."""
    return f"{instant:%I:%M %p}".lstrip("0")


def day(instant: datetime) -> str:
    """`Tue, Nov 24`, by the zone the instant carries."""
    return f"{instant:%a, %b} {instant.day}"


def span(start: datetime, end: datetime) -> str:
    """`9:00–11:00 AM CST`; the half of the day is said twice only when it changes."""
    first = clock(start)
    if f"{start:%p}" == f"{end:%p}":
        first = first[:-3]
    return f"{first}–{clock(end)} {end:%Z}"


def sentence(kind: str, data: Data, site: ZoneInfo) -> str:
    """What an event of type `kind` says, with times by the clock of `site`; its type when it is unknown."""
    tell = SENTENCES.get(kind)
    return tell(data, site) if tell else kind


def _when(data: Data, site: ZoneInfo) -> str:
    slot = data["time_slot"]
    start, end = (datetime.fromisoformat(slot[edge]).astimezone(site) for edge in ("start", "end"))
    return f"{day(start)}, {span(start, end)}"


def _fields(changed: Data) -> str:
    return ", ".join(name.replace("_", " ") for name in changed) or "nothing"


SENTENCES: dict[str, Callable[[Data, ZoneInfo], str]] = {
    "JobCreated": lambda d, z: f"{d['job_number']} came in: {d['priority']} {d['job_type']} job in {d['city']}",
    "JobUpdated": lambda d, z: f"{d['job_number']} was changed: {_fields(d['changed'])}",
    "JobReopened": lambda d, z: f"{d['job_number']} is open again",
    "JobAssigned": lambda d, z: f"{d['job_number']} went to {d['contractor_name']}: {_when(d, z)}",
    "JobCancelled": lambda d, z: f"{d['job_number']} was cancelled: {d['reason']}",
    "JobCompleted": lambda d, z: f"{d['job_number']} is done",
    "AssignmentConfirmed": lambda d, z: f"{d['contractor_name']} is confirmed for {d['job_number']}: {_when(d, z)}",
    "AssignmentStarted": lambda d, z: f"{d['contractor_name']} started {d['job_number']}",
    "AssignmentCompleted": lambda d, z: f"{d['contractor_name']} finished {d['job_number']}",
    "AssignmentRescheduled": lambda d, z: f"{d['job_number']} with {d['contractor_name']} moved to {_when(d, z)}",
    "AssignmentCancelled": lambda d, z: f"{d['contractor_name']} is off {d['job_number']}: {d['reason']}",
    "ContractorCreated": lambda d, z: f"{d['contractor_name']} joined",
    "ContractorUpdated": lambda d, z: f"{d['contractor_name']} was changed: {_fields(d['changed'])}",
    "ScheduleUpdated": lambda d, z: f"{d['contractor_name']} has a new schedule",
    "ContractorRated": lambda d, z: (
        f"{d['contractor_name']} was rated: {d['previous_rating']:.2f} → {d['new_rating']:.2f}"
    ),
    "RulesPublished": lambda d, z: (
        f"Version {d['version']} of the scheduling rules is in force: {_fields(d['changed'])}"
    ),
    "RecommendationsUpdated": lambda d, z: "The recommendations for a job were refreshed",
}

"""Rows of an export, in the formats that the import reads."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.imports.cell_formats import write_duration, write_list, write_week
from smartscheduler.imports.columns import CONTRACTOR_COLUMNS, JOB_COLUMNS, READ_ONLY

Cell = Callable[[Any], str]

CONTRACTOR_CELLS: dict[str, Cell] = {
    "skills": lambda one: write_list(one.skills),
    "working_hours": lambda one: write_week(one.shifts),
    "service_radius_miles": lambda one: _plain(one.service_radius_miles),
}
JOB_CELLS: dict[str, Cell] = {
    "required_skills": lambda one: write_list(one.required_skills),
    "desired_date": lambda one: _local(one, one.desired_date),
    "duration": lambda one: write_duration(one.duration),
    "contractor": lambda one: next((booking.contractor.name for booking in one.live), ""),
}
ASSIGNMENT_CELLS: dict[str, Cell] = {
    "job_number": lambda one: one.job.job_number,
    "job_type": lambda one: one.job.type,
    "customer": lambda one: one.job.customer_name,
    "city": lambda one: one.job.city,
    "state": lambda one: one.job.state,
    "contractor": lambda one: one.contractor.name,
    "contractor_email": lambda one: one.contractor.email,
    "status": lambda one: one.status,
    "start": lambda one: _local(one.job, one.slot.start),
    "end": lambda one: _local(one.job, one.slot.end),
    "rank": lambda one: str(one.rank or ""),
    "candidates_considered": lambda one: str(one.candidates_considered),
    "candidates_exact": lambda one: {True: "yes", False: "no"}.get(one.candidates_exact, ""),
    "score": lambda one: _plain(one.score),
    "explanation": lambda one: str(one.score_breakdown.get("explanation") or ""),
    "override_reason": lambda one: one.override_reason,
    "assigned_by": lambda one: (one.assigned_by.email or one.assigned_by.name) if one.assigned_by else "",
    "assigned_at": lambda one: _local(one.job, one.created_at),
    "confirmed_at": lambda one: _local(one.job, one.confirmed_at),
    "started_at": lambda one: _local(one.job, one.started_at),
    "completed_at": lambda one: _local(one.job, one.completed_at),
    "cancelled_at": lambda one: _local(one.job, one.cancelled_at),
    "cancel_reason": lambda one: one.cancel_reason,
}
HEADINGS = {
    "contractors": (*CONTRACTOR_COLUMNS, *READ_ONLY["contractors"]),
    "jobs": (*JOB_COLUMNS, *READ_ONLY["jobs"]),
    "assignments": tuple(ASSIGNMENT_CELLS),
}


def contractor_cells(contractor: Contractor) -> list[str]:
    """Cells of a contractor in the order of the headings. Expects prefetched `working_hours`."""
    return [
        CONTRACTOR_CELLS[name](contractor) if name in CONTRACTOR_CELLS else str(getattr(contractor, name))
        for name in HEADINGS["contractors"]
    ]


def job_cells(job: Job) -> list[str]:
    """Cells of a job in the order of the headings. Expects live assignments prefetched as `live`."""
    return [JOB_CELLS[name](job) if name in JOB_CELLS else str(getattr(job, name)) for name in HEADINGS["jobs"]]


def assignment_cells(assignment: Assignment) -> list[str]:
    """Cells of a booking with the decision behind it, with instants in local time of the site."""
    return [cell(assignment) for cell in ASSIGNMENT_CELLS.values()]


def _plain(number: Any) -> str:
    return "" if number in (None, "") else f"{number:f}"


def _local(job: Job, moment: datetime | None) -> str:
    """ISO 8601 in local time of the site, with the offset, so that the instant stays unambiguous."""
    return moment.astimezone(job.zone).isoformat() if moment else ""

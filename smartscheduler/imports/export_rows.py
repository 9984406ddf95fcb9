"""Rows of an export, in the formats that the import reads."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from assignments.models import Assignment
from contractors.models import Contractor
from customers.models import Customer, CustomerAddress
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import seen_by
from smartscheduler.imports.cell_formats import write_duration, write_list, write_week
from smartscheduler.imports.columns import CONTRACTOR_COLUMNS, CUSTOMER_COLUMNS, JOB_COLUMNS, PLACE, READ_ONLY
from smartscheduler.imports.customer_rows import write_contact_phone

Cell = Callable[[Any], str]

CONTRACTOR_CELLS: dict[str, Cell] = {
    "skills": lambda contractor: write_list(contractor.skills),
    "working_hours": lambda contractor: write_week(contractor.shifts),
    "service_radius_miles": lambda contractor: _plain(contractor.service_radius_miles),
}
JOB_CELLS: dict[str, Cell] = {
    "required_skills": lambda job: write_list(job.required_skills),
    "desired_date": lambda job: _local(job, job.desired_date),
    "window_start": lambda job: _local(job, job.window_start),
    "window_end": lambda job: _local(job, job.window_end),
    "duration": lambda job: write_duration(job.duration),
    "customer_external_id": lambda job: job.customer.external_id if job.customer else "",
    "contractor": lambda job: next((booking.contractor.name for booking in job.bookings), ""),
    "start": lambda job: next((_local(job, booking.slot.start) for booking in job.bookings), ""),
    "end": lambda job: next((_local(job, booking.slot.end) for booking in job.bookings), ""),
    "rating": lambda job: _plain(job.stars),
}
ASSIGNMENT_CELLS: dict[str, Cell] = {
    "job_number": lambda assignment: assignment.job.job_number,
    "job_type": lambda assignment: assignment.job.type,
    "customer": lambda assignment: assignment.job.customer_name,
    "city": lambda assignment: assignment.job.city,
    "state": lambda assignment: assignment.job.state,
    "contractor": lambda assignment: assignment.contractor.name,
    "contractor_email": lambda assignment: assignment.contractor.email,
    "status": lambda assignment: assignment.status,
    "start": lambda assignment: _local(assignment.job, assignment.slot.start),
    "end": lambda assignment: _local(assignment.job, assignment.slot.end),
    "rank": lambda assignment: str(assignment.rank or ""),
    "candidates_considered": lambda assignment: str(assignment.candidates_considered),
    "candidates_exact": lambda assignment: {True: "yes", False: "no"}.get(assignment.candidates_exact, ""),
    "score": lambda assignment: _plain(assignment.score),
    "explanation": lambda assignment: str(assignment.score_breakdown.get("explanation") or ""),
    "override_reason": lambda assignment: assignment.override_reason,
    "assigned_by": lambda assignment: _user(assignment.assigned_by),
    "assigned_at": lambda assignment: _local(assignment.job, assignment.created_at),
    "confirmed_at": lambda assignment: _local(assignment.job, assignment.confirmed_at),
    "started_at": lambda assignment: _local(assignment.job, assignment.started_at),
    "completed_at": lambda assignment: _local(assignment.job, assignment.completed_at),
    "cancelled_at": lambda assignment: _local(assignment.job, assignment.cancelled_at),
    "cancel_reason": lambda assignment: assignment.cancel_reason,
    "window_start": lambda assignment: _local(assignment.job, assignment.job.window_start),
    "window_end": lambda assignment: _local(assignment.job, assignment.job.window_end),
    "window_break_reason": lambda assignment: assignment.window_break_reason,
}
CUSTOMER_CELLS: dict[str, Cell] = {
    "phones": lambda customer: "; ".join(map(write_contact_phone, customer.phones.all())),
    "accepts_texts": lambda customer: _yes(customer.accepts_texts),
    "accepts_emails": lambda customer: _yes(customer.accepts_emails),
}
HEADINGS = {
    "contractors": (*CONTRACTOR_COLUMNS, *READ_ONLY["contractors"]),
    "jobs": (*JOB_COLUMNS, *READ_ONLY["jobs"]),
    "customers": (*CUSTOMER_COLUMNS, *READ_ONLY["customers"]),
    "assignments": tuple(ASSIGNMENT_CELLS),
}


def contractor_cells(contractor: Contractor) -> list[str]:
    """Cells of a contractor in the order of the headings. Expects prefetched `working_hours`."""
    return [
        CONTRACTOR_CELLS[name](contractor) if name in CONTRACTOR_CELLS else str(getattr(contractor, name))
        for name in HEADINGS["contractors"]
    ]


def job_cells(job: Job) -> list[str]:
    """Cells of a job in the order of the headings. Expects live and completed assignments prefetched as `bookings`, and
    the rating as `stars`."""
    return [JOB_CELLS[name](job) if name in JOB_CELLS else str(getattr(job, name)) for name in HEADINGS["jobs"]]


def customer_cells(customer: Customer) -> list[str]:
    """Cells of a customer with the first address. Expects phones and addresses prefetched.

    A customer who is redacted for the reader has neither.
    """
    is_hidden = seen_by(customer) is not None
    address = None if is_hidden else next(iter(customer.addresses.all()), None)
    return [_customer_cell(customer, address, name, is_hidden=is_hidden) for name in HEADINGS["customers"]]


def _customer_cell(customer: Customer, address: CustomerAddress | None, name: str, *, is_hidden: bool) -> str:
    if name in (*PLACE, "time_zone"):
        return str(getattr(address, name)) if address else ""
    if name == "phones" and is_hidden:
        return ""
    return CUSTOMER_CELLS[name](customer) if name in CUSTOMER_CELLS else str(getattr(customer, name) or "")


def assignment_cells(assignment: Assignment) -> list[str]:
    """Cells of a booking with the decision behind it, with instants in local time of the site."""
    return [cell(assignment) for cell in ASSIGNMENT_CELLS.values()]


def _plain(number: Any) -> str:
    return "" if number in (None, "") else f"{number:f}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _user(user: User | None) -> str:
    return (user.email or user.name) if user else ""


def _local(job: Job, moment: datetime | None) -> str:
    """ISO 8601 in local time of the site, with the offset, so that the instant stays unambiguous."""
    return moment.astimezone(job.zone).isoformat() if moment else ""

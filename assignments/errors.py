"""Domain errors that the constraints of this app stand for."""

from smartscheduler.errors import DomainError, JobNotOpen, SlotUnavailable

# Read by smartscheduler.core.db.transactions: constraint name → error and its message.
CONSTRAINT_ERRORS: dict[str, tuple[type[DomainError], str]] = {
    "assignment_no_double_booking": (SlotUnavailable, "Another live assignment of the contractor overlaps that slot."),
    "assignment_one_live_per_job": (JobNotOpen, "The job already has a live assignment."),
}

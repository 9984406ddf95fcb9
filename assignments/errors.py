"""Domain errors for violations of database constraints."""

from django.utils.translation import gettext_lazy as _

from smartscheduler.core.text import LazyText
from smartscheduler.errors import DomainError, JobNotOpen, SlotUnavailable

# Constraint name → error class and message. Read by smartscheduler.core.db.transactions.
CONSTRAINT_ERRORS: dict[str, tuple[type[DomainError], LazyText]] = {
    "assignment_no_double_booking": (
        SlotUnavailable,
        _("The contractor has another assignment at that time. Choose another time."),
    ),
    "assignment_one_live_per_job": (JobNotOpen, _("The job already has a live assignment.")),
}

"""Domain errors that the constraints of this app stand for."""

from smartscheduler.errors import DomainError, DuplicateEmail

# Read by smartscheduler.core.db.transactions: constraint name → error and its message.
CONSTRAINT_ERRORS: dict[str, tuple[type[DomainError], str]] = {
    "contractor_email_unique_any_case": (DuplicateEmail, "Another contractor has this e-mail address."),
}

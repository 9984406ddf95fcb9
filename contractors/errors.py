"""Domain errors for violations of database constraints."""

from django.utils.translation import gettext_lazy as _

from smartscheduler.core.text import LazyText
from smartscheduler.errors import DomainError, DuplicateEmail, InvalidInput

# Constraint name → error class and message. Read by smartscheduler.core.db.transactions.
CONSTRAINT_ERRORS: dict[str, tuple[type[DomainError], LazyText]] = {
    "contractor_email_unique_any_case": (DuplicateEmail, _("Another contractor has this email address.")),
    "contractor_external_id_once": (InvalidInput, _("Another contractor has this external ID.")),
}

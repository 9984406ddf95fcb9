"""Domain errors for violations of database constraints."""

from django.utils.translation import gettext_lazy as _

from smartscheduler.core.text import LazyText
from smartscheduler.errors import DomainError, InvalidInput

# Constraint name → error class and message. Read by smartscheduler.core.db.transactions.
CONSTRAINT_ERRORS: dict[str, tuple[type[DomainError], LazyText]] = {
    "job_external_id_once": (InvalidInput, _("Another job has this external ID.")),
}

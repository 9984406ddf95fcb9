"""Domain errors for violations of database constraints."""

from django.utils.translation import gettext_lazy as _

from smartscheduler.core.text import LazyText
from smartscheduler.errors import DomainError, InvalidInput

# Constraint name → error class and message. Read by smartscheduler.core.db.transactions.
CONSTRAINT_ERRORS: dict[str, tuple[type[DomainError], LazyText]] = {
    "service_account_name_once": (InvalidInput, _("Another service account has this name.")),
}

"""Domain errors for violations of database constraints."""

from django.utils.translation import gettext_lazy as _

from smartscheduler.core.text import LazyText
from smartscheduler.errors import DomainError, InvalidInput

# Constraint name → error class and message. Read by smartscheduler.core.db.transactions.
CONSTRAINT_ERRORS: dict[str, tuple[type[DomainError], LazyText]] = {
    "customer_external_id_once": (InvalidInput, _("Another customer has this external ID.")),
    "customer_phone_once": (InvalidInput, _("The customer already has this phone number.")),
    "preference_once": (InvalidInput, _("A contractor can be either preferred or refused, and only once.")),
}

"""Queries that several kinds of records share."""

from collections.abc import Iterable
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q

from smartscheduler.core.db.text_fields import ascii_lower
from smartscheduler.core.email_addresses import contact_key

Record = TypeVar("Record", bound=models.Model, covariant=True)


class EmailQuerySet(models.QuerySet[Record]):
    """Queries for records with an `email`, which an index on `ascii_lower` finds."""

    def with_email_or(self, addresses: Iterable[str], others: Q) -> Self:
        """Records with these email addresses, ignoring case, or in `others`."""
        keys = [key for address in addresses if (key := contact_key(address))]
        return self.alias(email_key=ascii_lower("email")).filter(Q(email_key__in=keys) | others)

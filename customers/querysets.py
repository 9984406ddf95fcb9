"""Queries for customers."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from customers.search_text import search_key
from smartscheduler.core.db.text_fields import ascii_lower
from smartscheduler.core.email_addresses import contact_key

if TYPE_CHECKING:
    from customers.models import Customer  # noqa: F401


class CustomerQuerySet(models.QuerySet["Customer"]):
    def current(self) -> "CustomerQuerySet":
        """Customers that were not merged into another one."""
        return self.filter(merged_into=None)

    def locked(self) -> "CustomerQuerySet":
        """Rows locked against other writers, in the order of their ids so that two transactions cannot deadlock.

        Jobs are locked before their customers. NO KEY: other transactions can still insert rows that refer to these.
        """
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")

    def with_key(self, name: str) -> "CustomerQuerySet":
        """Current customers whose name, or else company, has this key (customers.search_text).

        The key is the first line of `search_text`, so that the trigram index narrows the rows.
        """
        return self.current().filter(search_text__icontains=name, search_text__startswith=f"{name}\n")

    def with_email_or(self, addresses: Iterable[str], others: Q) -> "CustomerQuerySet":
        """Customers with these email addresses, ignoring case, or in `others`."""
        keys = [key for address in addresses if (key := contact_key(address))]
        return self.alias(email_key=ascii_lower("email")).filter(Q(email_key__in=keys) | others)

    def with_words(self, *terms: str) -> "CustomerQuerySet":
        """Current customers whose search text has each of the terms, in any spelling."""
        customers = self.current()
        for term in terms:
            customers = customers.filter(search_text__icontains=search_key(term))
        return customers

"""Queries for customers."""

from typing import TYPE_CHECKING

from customers.search_text import search_key
from smartscheduler.core.db.querysets import EmailQuerySet

if TYPE_CHECKING:
    from customers.models import Customer  # noqa: F401


class CustomerQuerySet(EmailQuerySet["Customer"]):
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

    def with_words(self, *terms: str) -> "CustomerQuerySet":
        """Current customers whose search text has each of the terms, in any spelling."""
        customers = self.current()
        for term in terms:
            customers = customers.filter(search_text__icontains=search_key(term))
        return customers

"""Domain events of customers. They carry no personal data: clients read the record."""

from dataclasses import dataclass
from uuid import UUID

from smartscheduler.events.publishing import Event


@dataclass(frozen=True, kw_only=True)
class CustomerEvent(Event):
    customer_id: UUID


@dataclass(frozen=True, kw_only=True)
class CustomerCreated(CustomerEvent):
    """A customer was added."""


@dataclass(frozen=True, kw_only=True)
class CustomerMerged(CustomerEvent):
    """Two records of a customer were merged.

    `merged_id` is the record that no longer exists on its own, `jobs` the number of its jobs.
    """

    merged_id: UUID
    jobs: int

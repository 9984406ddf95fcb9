"""Which names and phone numbers on jobs belong to one customer. Pure, and linear in the number of contacts."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from customers.search_text import name_key
from smartscheduler.core.entry.phone_numbers import international


class Contact(NamedTuple):
    """The customer as written on one job (`source` is its id), or with `customer` as stored in a record."""

    source: UUID
    name: str
    phone: str
    address: str
    zip_code: str
    customer: UUID | None = None

    @property
    def keys(self) -> Iterator[Hashable]:
        """Two contacts with a common key are certainly one customer: same name and phone number, or same address."""
        name = name_key(self.name)
        if self.phone:
            yield name, international(self.phone)
        if name and self.address:
            yield name, name_key(self.address), self.zip_code


@dataclass
class Report:
    """How many contacts became how many customers, and which were joined or kept apart, by the ids of their jobs."""

    contacts: int = 0
    customers: int = 0
    # Contacts with other spellings or phone numbers that were joined.
    joined: list[list[UUID]] = field(default_factory=list)
    # Different customers with the same name, and different customers with the same phone number.
    same_name: list[list[UUID]] = field(default_factory=list)
    same_phone: list[list[UUID]] = field(default_factory=list)


def group(contacts: Iterable[Contact]) -> list[list[Contact]]:
    """The contacts of each customer, in the order of the contacts (union-find over their keys).

    Contacts that lead to two records are not joined: the record of the first one wins.
    """
    leaders: dict[UUID, UUID] = {}
    by_key: dict[Hashable, UUID] = {}
    records: dict[UUID, UUID | None] = {}
    kept = list(contacts)
    for contact in kept:
        leaders[contact.source] = contact.source
        records[contact.source] = contact.customer
        for key in contact.keys:
            if key in by_key:
                _join(leaders, records, by_key[key], contact.source)
            else:
                by_key[key] = contact.source
    groups: dict[UUID, list[Contact]] = {}
    for contact in kept:
        groups.setdefault(_leader(leaders, contact.source), []).append(contact)
    return list(groups.values())


def _join(leaders: dict[UUID, UUID], records: dict[UUID, UUID | None], first: UUID, second: UUID) -> None:
    first, second = _leader(leaders, first), _leader(leaders, second)
    customers = {records[first], records[second]} - {None}
    if first != second and len(customers) < 2:
        leaders[second] = first
        records[first] = next(iter(customers), None)


def _leader(leaders: dict[UUID, UUID], contact: UUID) -> UUID:
    while leaders[contact] != contact:
        leaders[contact] = leaders[leaders[contact]]
        contact = leaders[contact]
    return contact


def report_of(groups: Iterable[list[Contact]]) -> Report:
    """The report about groups, without the contacts of records."""
    report = Report()
    names: dict[Hashable, list[UUID]] = {}
    phones: dict[Hashable, list[UUID]] = {}
    for contacts in groups:
        of_jobs = [contact for contact in contacts if contact.customer is None]
        if not of_jobs:
            continue
        report.contacts += len(of_jobs)
        report.customers += 1
        if len({(contact.name, contact.phone) for contact in of_jobs}) > 1:
            report.joined.append([contact.source for contact in of_jobs])
        for key in {name_key(contact.name) for contact in of_jobs if contact.name}:
            names.setdefault(key, []).append(of_jobs[0].source)
        for key in {international(contact.phone) for contact in of_jobs if contact.phone}:
            phones.setdefault(key, []).append(of_jobs[0].source)
    report.same_name = [sources for sources in names.values() if len(sources) > 1]
    report.same_phone = [sources for sources in phones.values() if len(sources) > 1]
    return report

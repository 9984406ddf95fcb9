"""Customers from the names and phone numbers on jobs.

Joins jobs only when it is certain: the same name, in any spelling, and the same phone number or the same address.
`manage.py link_customers` runs it again for jobs that the previous release wrote during the upgrade.
"""

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import connection, migrations, transaction

# The address of an erased job.
ERASED = "(erased)"
SHOWN = re.compile(r"\((\d{3})\) (\d{3})-(\d{4})", re.ASCII)
# Numbers of other countries, which `manage.py link_customers` can meet on jobs.
E164 = re.compile(r"\+[2-9]\d{6,14}", re.ASCII)
APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼʻ`´"))
# Customers in one transaction: a job stays locked for less than a second.
BATCH = 500
PLACE = ("latitude", "longitude", "address", "city", "state", "zip_code", "time_zone")
CONTACT = ("customer_name", "customer_phone")
LONGEST_NOTES = 4000
# Job numbers in one line of the report, and lines of one kind.
NAMED, LINES = 5, 20
# A job that was edited since it was read keeps its text, and stays without a customer until the next run.
LINK = """
UPDATE jobs_job job
SET customer_id = link.customer, customer_address_id = link.address, version = version + 1
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[])
    AS link(job, customer, address, name, phone)
WHERE job.id = link.job AND job.customer_id IS NULL
  AND job.customer_name = link.name AND job.customer_phone = link.phone
"""


def is_number(phone: str) -> bool:
    return SHOWN.fullmatch(phone) is not None or E164.fullmatch(phone) is not None


def international(phone: str) -> str:
    """`(512) 555-0143` as `+15125550143`; another text unchanged."""
    number = SHOWN.fullmatch(phone)
    return "+1" + "".join(number.groups()) if number else phone


@cache
def name_key(text: str) -> str:
    """The key that is equal for two spellings of a name or a street: without case, accents, apostrophes, punctuation.

    A text of symbols only is its own key.
    """
    folded = " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())
    letters = unicodedata.normalize("NFKD", folded).translate(APOSTROPHES)
    words = "".join(
        letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter)
    ).split()
    return " ".join(words) or folded


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


class Models(NamedTuple):
    """The model classes, of a migration or of the apps."""

    job: Any
    customer: Any
    phone: Any
    address: Any


def link_customers(models: Models) -> Report:
    """Link all jobs that have a name or a phone number and no customer. Can be repeated and interrupted."""
    jobs = {job.pk: job for job in _unlinked(models)}
    groups = group([*map(_contact_of_job, jobs.values()), *_contacts_of_records(models)]) if jobs else []
    groups = [contacts for contacts in groups if any(contact.customer is None for contact in contacts)]
    for start in range(0, len(groups), BATCH):
        with transaction.atomic():
            _write(models, groups[start : start + BATCH], jobs)
    return report_of(groups)


def lines_of(report: Report, number_of: Callable[[UUID], str]) -> Iterator[str]:
    """The report as text. It names jobs and no people."""
    yield f"{report.contacts:,} jobs now belong to {report.customers:,} customers."
    for title, cases in (
        ("joined although name or phone number were written differently", report.joined),
        ("kept apart: same name, other phone number and address", report.same_name),
        ("kept apart: same phone number, other name", report.same_phone),
    ):
        if cases:
            yield f"{len(cases):,} {title}:"
        for sources in cases[:LINES]:
            more = f" and {len(sources) - NAMED} more" if len(sources) > NAMED else ""
            yield f"  {', '.join(map(number_of, sources[:NAMED]))}{more}"
        if len(cases) > LINES:
            yield f"  and {len(cases) - LINES:,} more"


def job_numbers(models: Models, report: Report) -> Callable[[UUID], str]:
    """The job numbers of the cases that the report lists."""
    cases = [*report.joined[:LINES], *report.same_name[:LINES], *report.same_phone[:LINES]]
    sources = [source for case in cases for source in case[:NAMED]]
    numbers = dict(models.job.objects.filter(pk__in=sources).values_list("pk", "job_number"))
    return lambda source: numbers[source]


def _unlinked(models: Models) -> Iterable[Any]:
    """Jobs to link, the newest first: its spelling becomes the name of the record. Erased jobs have no customer."""
    jobs = models.job.objects.filter(customer=None).exclude(customer_name="", customer_phone="")
    jobs = jobs.exclude(address=ERASED).order_by("-created_at", "id")
    return jobs.only("job_number", *PLACE, *CONTACT).iterator()  # type: ignore[no-any-return]


def _contact_of_job(job: Any) -> Contact:
    return Contact(job.pk, job.customer_name, job.customer_phone, job.address, job.zip_code)


def _contacts_of_records(models: Models) -> Iterator[Contact]:
    """Each phone number and each address of the present records."""
    for pk, name, company, number in models.customer.objects.filter(merged_into=None).values_list(
        "pk", "name", "company", "phones__number"
    ):
        yield Contact(uuid4(), name or company, number or "", "", "", pk)
    for pk, name, company, address, zip_code in models.address.objects.filter(customer__merged_into=None).values_list(
        "customer", "customer__name", "customer__company", "address", "zip_code"
    ):
        yield Contact(uuid4(), name or company, "", address, zip_code, pk)


def _write(models: Models, groups: Sequence[list[Contact]], jobs: dict[UUID, Any]) -> None:
    """Create the records of these groups, and link their jobs."""
    customers, phones, addresses, links = [], [], [], []
    for contacts in groups:
        of_jobs = [contact for contact in contacts if contact.customer is None]
        present = next((contact.customer for contact in contacts if contact.customer), None)
        known = {contact.phone for contact in contacts if contact.customer and contact.phone}
        places = {_place_key(contact): None for contact in contacts if contact.customer and contact.address}
        key = present or uuid4()
        numbers = dict.fromkeys(international(c.phone) for c in of_jobs if is_number(c.phone))
        new_phones = [number for number in numbers if number not in known]
        phones += [
            models.phone(customer_id=key, number=number, position=place)
            for place, number in enumerate(new_phones, start=len(known))
        ]
        of_group: dict[Any, Any] = dict(places)
        for contact in of_jobs:
            if _place_key(contact) not in of_group:
                site = jobs[contact.source]
                address = models.address(customer_id=key, **{name: getattr(site, name) for name in PLACE})
                of_group[_place_key(contact)] = address
                addresses.append(address)
        if present is None:
            customers.append(_customer(models, key, of_jobs, list(numbers), of_group.values(), jobs))
        links += [(contact, key, of_group[_place_key(contact)]) for contact in of_jobs]
    models.customer.objects.bulk_create(customers)
    models.phone.objects.bulk_create(phones)
    models.address.objects.bulk_create(addresses)
    with connection.cursor() as cursor:
        cursor.execute(
            LINK,
            [
                [contact.source for contact, _key, _address in links],
                [key for _contact, key, _address in links],
                [address.pk if address else None for _contact, _key, address in links],
                [contact.name for contact, _key, _address in links],
                [contact.phone for contact, _key, _address in links],
            ],
        )


def _place_key(contact: Contact) -> tuple[str, str]:
    return name_key(contact.address), contact.zip_code


def _customer(
    models: Models,
    key: UUID,
    contacts: list[Contact],
    numbers: list[str],
    addresses: Iterable[Any],
    jobs: dict[UUID, Any],
) -> Any:
    name = contacts[0].name
    streets = [f"{address.address} {address.city} {address.zip_code}" for address in addresses]
    digits = [number.removeprefix("+") for number in numbers]
    return models.customer(
        pk=key,
        name=name,
        notes=_notes(name, contacts, jobs),
        search_text="\n".join([name_key(name), *filter(None, map(name_key, streets)), *digits, ""]),
    )


def _notes(name: str, contacts: list[Contact], jobs: dict[UUID, Any]) -> str:
    """What a record has no field for: other spellings of the name, and phone numbers of another form."""
    spellings = dict.fromkeys(contact.name for contact in contacts if contact.name != name)
    odd = {
        contact.phone: jobs[contact.source].job_number
        for contact in contacts
        if contact.phone and not is_number(contact.phone)
    }
    lines = [f"Also written: {'; '.join(spellings)}"] if spellings else []
    lines += [f"Phone on {number}: {phone}" for phone, number in odd.items()]
    return "\n".join(lines)[:LONGEST_NOTES]


def link(apps, schema_editor):
    models = Models(
        apps.get_model("jobs", "Job"),
        apps.get_model("customers", "Customer"),
        apps.get_model("customers", "CustomerPhone"),
        apps.get_model("customers", "CustomerAddress"),
    )
    report = link_customers(models)
    if report.contacts:
        print()
        for line in lines_of(report, job_numbers(models, report)):
            print(f"    {line}")


def unlink(apps, schema_editor):
    """The names and phone numbers are still on the jobs. The records stay until their own migration is reversed."""
    apps.get_model("jobs", "Job").objects.exclude(customer=None).update(customer=None)


class Migration(migrations.Migration):
    # Each batch of customers has its own transaction, so that jobs can be booked meanwhile.
    atomic = False

    dependencies = [("jobs", "0003_customer"), ("customers", "0001_initial")]

    operations = [migrations.RunPython(link, unlink, elidable=True)]

"""Links jobs that have a customer's name or phone number, but no customer, to records. For all jobs at once.

The migration runs it with the models of its state, the command `link_customers` with the present models: afterwards
for the jobs that the previous release wrote during an upgrade.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import connection, transaction

from customers.grouping import Contact, Report, group, report_of
from customers.search_text import name_key, search_text
from smartscheduler.core import pseudonyms
from smartscheduler.core.entry.phone_numbers import SHOWN, international, read_phone

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
    jobs = jobs.exclude(address=pseudonyms.ADDRESS).order_by("-created_at", "id")
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
        numbers = dict.fromkeys(international(c.phone) for c in of_jobs if SHOWN.fullmatch(read_phone(c.phone)))
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
    return models.customer(
        pk=key,
        name=name,
        notes=_notes(name, contacts, jobs),
        search_text=search_text(
            name=name,
            company="",
            email="",
            reference="",
            phones=numbers,
            streets=[f"{address.address} {address.city} {address.zip_code}" for address in addresses],
        ),
    )


def _notes(name: str, contacts: list[Contact], jobs: dict[UUID, Any]) -> str:
    """What a record has no field for: other spellings of the name, and phone numbers of another form."""
    spellings = dict.fromkeys(contact.name for contact in contacts if contact.name != name)
    odd = {
        contact.phone: jobs[contact.source].job_number
        for contact in contacts
        if contact.phone and not SHOWN.fullmatch(read_phone(contact.phone))
    }
    lines = [f"Also written: {'; '.join(spellings)}"] if spellings else []
    lines += [f"Phone on {number}: {phone}" for phone, number in odd.items()]
    return "\n".join(lines)[:LONGEST_NOTES]

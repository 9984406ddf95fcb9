"""Importers by kind of record: columns, lookup of existing records, and the services that write them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from django.db.models import Q, QuerySet
from django.utils.translation import gettext, ngettext
from rest_framework.serializers import BaseSerializer

from assignments.broken_bookings import conflicts_of, unmet_reasons
from contractors.models import Contractor
from contractors.serializers import ContractorSerializer
from contractors.services import create_contractor, update_contractor
from customers.duplicates import with_details
from customers.models import Customer, CustomerAddress, CustomerPhone
from customers.search_text import name_key
from customers.serializers import CustomerSerializer
from customers.services import contacts_looked_up, create_customer, update_customer
from jobs.models import Job
from jobs.serializers import JobSerializer
from jobs.services import create_job, record_job, update_job
from jobs.states import BOOKED
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.db.external_ids import LONGEST_SOURCE
from smartscheduler.core.db.inserts import savepoint
from smartscheduler.core.email_addresses import contact_key
from smartscheduler.core.entry.phone_numbers import read_phones
from smartscheduler.core.text import fold
from smartscheduler.errors import Busy, DomainError, InvalidInput, InvalidTransition
from smartscheduler.geocoding.addresses import Address, GeocodingResult
from smartscheduler.imports.bookings import (
    Booking,
    ContractorLookup,
    booking_faults,
    carry_out,
    check_permission,
    contractor_key,
    contractors_of,
    first_of_several,
    without_booking_at_noon,
)
from smartscheduler.imports.cell_formats import day_of
from smartscheduler.imports.columns import COLUMNS, JOB_NUMBER, Columns
from smartscheduler.imports.customer_rows import body_of_customer, contact_keys
from smartscheduler.imports.file_reader import BROKEN, SURPLUS, Row
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.row_to_payload import Body, address_of, body_of_contractor, body_of_job
from smartscheduler.rules.current import current_rules

# A column and a normalized value by which a record is found.
Key = tuple[str, str]
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
# A remark on a row gives the reasons of this many bookings, and the number of all.
MOST_CONFLICTS = 3


@dataclass
class Context:
    """What the rows of a batch share: the choices of the user, the records, and the contractors that jobs name."""

    options: Mapping[str, Any] = field(default_factory=dict)
    # When the file was uploaded.
    since: datetime | None = None
    records: dict[Key, Any] = field(default_factory=dict)
    # The keys of all rows of the batch, also those without a record.
    looked_up: frozenset[Key] = frozenset()
    contractors: ContractorLookup = field(default_factory=lambda: ContractorLookup([]))
    # Customers by source and external ID.
    customers: dict[tuple[str, str], Customer] = field(default_factory=dict)


class Written(NamedTuple):
    """A written record; None for a row that was left out. `fields`: the names of the values of the row.

    `is_changed`: more than these has changed.
    """

    record: Any
    fields: Sequence[str] = ()
    remarks: Sequence[str] = ()
    is_changed: bool = False


class Importer:
    """Importer of one kind of record. Caches its serializers: creating one takes as long as validating a row."""

    columns: ClassVar[Columns]
    may: ClassVar[Permission]
    serializer_class: ClassVar[type[BaseSerializer[Any]]]
    # The form of the keys that the product makes; None if users choose them.
    own_form: ClassVar[re.Pattern[str] | None] = None
    # Whether several rows of a file can be about one record.
    repeats: ClassVar[bool] = False
    # The column without which no row has a group.
    grouped_by: ClassVar[str] = ""

    def label(self, row: Row) -> str:
        """Name of a row on the page."""
        raise NotImplementedError

    def prepared(self, row: Row, options: Mapping[str, Any]) -> Row:
        """The row with the source of the file, unless it has its own. A key of another form is an external ID."""
        own = row.get(self.columns.key, "")
        if self.own_form and own and not row.get("external_id") and not self.own_form.fullmatch(own):
            row = {**row, self.columns.key: "", "external_id": own}
        source = row.get("source") or options.get("source", "")
        return {**row, "source": source_key(source)} if source else row

    def keys_of(self, row: Row) -> list[Key]:
        """The keys of a row, the most certain first: the external ID, then the column that identifies a record."""
        keys = [("external_id", f"{row.get('source', '')} {row['external_id']}")] if row.get("external_id") else []
        return [*keys, *([(self.columns.key, own)] if (own := self.own_key(row)) else [])]

    def own_key(self, row: Row) -> str:
        """Normalized value of the column that identifies a record."""
        raise NotImplementedError

    def group_of(self, row: Row, options: Mapping[str, Any]) -> str:
        """Rows of a file with the same group depend on each other; empty for a row that depends on none."""
        return ""

    def keys_of_record(self, record: Any) -> list[Key]:
        keys = [("external_id", f"{record.source} {record.external_id}")] if record.external_id else []
        return [*keys, (self.columns.key, self.own_key_of(record))]

    def own_key_of(self, record: Any) -> str:
        return str(getattr(record, self.columns.key)).lower()

    def present(self, row: Row, records: Mapping[Key, Any]) -> Any:
        """The record of a row; None if there is none."""
        return next((records[key] for key in self.keys_of(row) if key in records), None)

    def records(self, keys: Iterable[Key]) -> QuerySet[Any]:
        """The records with these keys, with the related rows that the services read."""
        raise NotImplementedError

    def address(self, row: Row, present: Any) -> Address | None:
        """The address of a row to geocode, if any."""
        return address_of(row, present)

    def interpreted(self, row: Row, present: Any, context: Context) -> tuple[Row, list[str]]:
        """The row as its records make it understood, and remarks about that."""
        return row, []

    def body(self, row: Row, present: Any, geocoded: GeocodingResult | None, options: Mapping[str, Any]) -> Body:
        """The payload of a row. `options` are the choices of the user for the file."""
        raise NotImplementedError

    def write(self, row: Row, body: Body, present: Any, actor: User | None, context: Context) -> Written:
        """Validate the payload as the API does, and create or change the record. Raises DRF's ValidationError."""
        values = self.values(body.values, present)
        return Written(self.save(values, row, present, actor, context), list(values))

    def check(self, row: Row, body: Body, present: Any) -> None:
        """Validate the payload as `write` does, without writing. Raises the same errors."""
        self.values(body.values, present)

    def further_faults(self, row: Row, context: Context) -> dict[str, list[str]]:
        """Faults of a rejected row, by column, that a service would report only after the others are corrected."""
        return {}

    def save(self, values: dict[str, Any], row: Row, present: Any, actor: User | None, context: Context) -> Any:
        if present is None:
            return self.create(actor, values, is_known_new=self.is_known_new(values, context))
        if self.own_key(row) == self.own_key_of(present):
            values.pop(self.columns.key, None)  # equal except for letter case
        return self.update(present, actor, values)

    def is_known_new(self, values: Mapping[str, Any], context: Context) -> bool:
        """Whether the batch has looked up all keys of a new record, as they are stored. It has found no record."""
        number, source = values.get("external_id"), values.get("source", "")
        return not number or ("external_id", f"{source} {number}") in context.looked_up

    def create(self, actor: User | None, values: dict[str, Any], *, is_known_new: bool) -> Any:
        raise NotImplementedError

    def update(self, present: Any, actor: User | None, values: dict[str, Any]) -> Any:
        raise NotImplementedError

    def by_key(self, rows: Iterable[Row], *, lock: bool = False) -> dict[Key, Any]:
        """The records of rows by key. With `lock`, they are locked in the order of their ids, as in all services."""
        keys = {key for row in rows for key in self.keys_of(row)}
        if not keys:
            return {}
        records: Any = self.records(keys)
        return {
            key: record for record in (records.locked() if lock else records) for key in self.keys_of_record(record)
        }

    @cached_property
    def _new(self) -> BaseSerializer[Any]:
        return self.serializer_class()

    @cached_property
    def _changing(self) -> BaseSerializer[Any]:
        return self.serializer_class(partial=True)

    def values(self, body: dict[str, Any], present: Any) -> dict[str, Any]:
        """Validate a payload as the API does. Raises DRF's ValidationError."""
        serializer = self._new if present is None else self._changing
        return dict(serializer.run_validation(body))

    def context(self, rows: Sequence[Row], options: Mapping[str, Any], since: datetime | None) -> Context:
        """What the rows share, with the records of the rows locked."""
        keys = frozenset(key for row in rows for key in self.keys_of(row))
        return Context(options, since, self.by_key(rows, lock=True), keys)

    def looking_up(self, rows: Sequence[Row]) -> AbstractContextManager[None]:
        """What the services read for the rows of a batch, read together."""
        return nullcontext()

    def doubts(self, keys: Iterable[str]) -> dict[str, str]:
        """Remarks on created records that are likely duplicates, by key."""
        return {}

    def consequences(self, record: Any) -> list[str]:
        """Remarks on what the change of a record, which is locked, has made impossible."""
        return []


class Contractors(Importer):
    """Importer of contractors. The email address identifies the contractor."""

    columns = COLUMNS["contractors"]
    may = Permission.ADD_CONTRACTORS
    serializer_class = ContractorSerializer

    def label(self, row: Row) -> str:
        return row.get("name") or row.get("email", "")

    def own_key(self, row: Row) -> str:
        return contact_key(row.get("email", ""))

    def own_key_of(self, record: Any) -> str:
        return contact_key(record.email)

    def records(self, keys: Iterable[Key]) -> QuerySet[Any]:
        contractors = Contractor.objects.with_email_or(_of_column("email", keys), of_external_ids(keys))
        return contractors.prefetch_related("working_hours")

    def body(self, row: Row, present: Any, geocoded: GeocodingResult | None, options: Mapping[str, Any]) -> Body:
        return with_identity(body_of_contractor(row, present, geocoded), row)

    def is_known_new(self, values: Mapping[str, Any], context: Context) -> bool:
        email = ("email", contact_key(values["email"]))
        return email in context.looked_up and super().is_known_new(values, context)

    def create(self, actor: User | None, values: dict[str, Any], *, is_known_new: bool) -> Contractor:
        return create_contractor(actor=actor, is_known_new=is_known_new, **values)

    def update(self, present: Contractor, actor: User | None, values: dict[str, Any]) -> Contractor:
        return update_contractor(contractor_id=present.pk, actor=actor, **values)

    def consequences(self, record: Contractor) -> list[str]:
        """The live bookings that the contractor can no longer do, the first of them with their reasons."""
        bookings, count = conflicts_of(record.pk)
        if not bookings:
            return []
        listed = bookings[:MOST_CONFLICTS]
        reasons = unmet_reasons(listed, current_rules())
        summary = ngettext("{count} booking has a conflict:", "{count} bookings have conflicts:", count)
        sentences = [
            gettext("{job}: {reasons}").format(
                job=booking.job.job_number, reasons=" ".join(reason.message for reason in reasons[booking.pk])
            )
            for booking in listed
        ]
        return [summary.format(count=count), *sentences]

    def doubts(self, keys: Iterable[str]) -> dict[str, str]:
        """Created contractors with the name and location of another one. Runs one query for all of them."""
        created = list(Contractor.objects.with_email(*keys))
        named: dict[str, list[Contractor]] = {fold(contractor.name): [] for contractor in created}
        for contractor in Contractor.objects.perhaps_named(named):
            named.get(fold(contractor.name), []).append(contractor)
        text = gettext("Likely a duplicate of {email}: same name and location.")
        return {
            contractor.email: text.format(email=other.email)
            for contractor in created
            for other in named[fold(contractor.name)]
            if other.pk != contractor.pk and contractor.is_near(other)
        }


class Jobs(Importer):
    """Importer of jobs. The job number identifies the job; a row without one adds a job."""

    columns = COLUMNS["jobs"]
    may = Permission.ADD_JOBS
    serializer_class = JobSerializer
    own_form = JOB_NUMBER
    grouped_by = "contractor"

    def label(self, row: Row) -> str:
        known = row.get("job_number") or row.get("external_id")
        return known or " ".join(filter(None, [row.get("customer_name"), row.get("address")]))

    def own_key(self, row: Row) -> str:
        return row.get("job_number", "").lower()

    def group_of(self, row: Row, options: Mapping[str, Any]) -> str:
        """The contractor and the day of a booking: bookings of the same day can clash."""
        day = day_of(row.get("start") or row.get("desired_date", ""), options.get("date_order", "mdy"))
        names = contractors_of(row.get("contractor", "")) if day else []
        key = contractor_key(names[0]) if names else ""
        return f"{key} {day}" if key else ""

    def records(self, keys: Iterable[Key]) -> QuerySet[Any]:
        numbers = [number.upper() for number in _of_column("job_number", keys)]
        return Job.objects.filter(Q(job_number__in=numbers) | of_external_ids(keys))

    def body(self, row: Row, present: Any, geocoded: GeocodingResult | None, options: Mapping[str, Any]) -> Body:
        if present is None and row.get("job_number"):
            text = gettext("There is no job with this number. To add a job, leave the number empty.")
            raise InvalidInput.of("job_number", text)
        body = with_identity(body_of_job(row, present, geocoded, options.get("date_order", "mdy")), row)
        return body._replace(faults=body.faults | booking_faults(row, body.values))

    def context(self, rows: Sequence[Row], options: Mapping[str, Any], since: datetime | None) -> Context:
        """Contractors are locked before jobs, as in all services."""
        contractors = ContractorLookup([])
        if any(row.get(name) for row in rows for name in ("contractor", "start", "status")):
            contractors = ContractorLookup(rows, jobs=set(self.by_key(rows).values()), lock=True)
        context = super().context(rows, options, since)
        context.contractors = contractors
        context.customers = _customers_of(rows)
        return context

    def looking_up(self, rows: Sequence[Row]) -> AbstractContextManager[None]:
        return contacts_looked_up(contact for row in rows for contact in _contacts_of(row))

    def interpreted(self, row: Row, present: Any, context: Context) -> tuple[Row, list[str]]:
        row, remarks = first_of_several(row, present, context.contractors)
        row, more = without_booking_at_noon(row, present, context.options.get("date_order", "mdy"))
        return row, [*remarks, *more]

    def check(self, row: Row, body: Body, present: Any) -> None:
        Booking.of({name: cell for name, cell in row.items() if name not in body.faults}, body.values)
        super().check(row, body, present)

    def further_faults(self, row: Row, context: Context) -> dict[str, list[str]]:
        try:
            if row.get("contractor"):
                context.contractors.contractor(row["contractor"], row.get("source", ""))
        except InvalidInput as refusal:
            return refusal.errors
        return {}

    def write(self, row: Row, body: Body, present: Any, actor: User | None, context: Context) -> Written:
        booking = Booking.of(row, body.values)
        is_open = present is None and booking.is_open
        check_permission(booking, actor)
        if present is not None and present.status in BOOKED and booking.start:
            body.values.pop("desired_date", None)  # a booked job keeps it; the booking moves
        values = self.values(body.values, present)
        _choose_customer(values, row, present, actor, context)
        if present is None and not self.keys_of(row):
            twin, remark = _twin_of(values, context.since)
            if twin and not context.options.get("twins"):
                return Written(None, remarks=[remark])
            booking.remarks.extend([remark] if remark else [])
        if present is None:
            create = record_job if booking.is_of_the_past else create_job
            job = create(actor=actor, is_known_new=self.is_known_new(values, context), **values)
        else:
            job = self.save(values, row, present, actor, context)
        if is_open:
            return Written(job, list(values), booking.remarks)
        written = self._book(booking, job, actor, context, is_new=present is None)
        return written._replace(fields=list(values))

    def _book(self, booking: Booking, job: Job, actor: User | None, context: Context, *, is_new: bool) -> Written:
        if not (booking.contractor or booking.status):
            return Written(job, remarks=booking.remarks)
        may_stay_open = context.options.get("open_jobs")
        # Without this choice, the whole row is rolled back.
        part: AbstractContextManager[object] = savepoint() if may_stay_open else nullcontext()
        status = job.status
        try:
            with part:
                changed = carry_out(booking, job, context.contractors, actor, is_new=is_new)
        except DomainError as refusal:
            job.status = status
            if isinstance(refusal, Busy) or not may_stay_open or booking.is_of_the_past:
                raise _at_a_column(refusal) from refusal
            text = gettext("Imported as an open job: {reason}").format(reason=refusal.detail)
            return Written(job, remarks=[*booking.remarks, text])
        return Written(job, remarks=booking.remarks, is_changed=changed)

    def update(self, present: Job, actor: User | None, values: dict[str, Any]) -> Job:
        return update_job(job_id=present.pk, actor=actor, **values)


class Customers(Importer):
    """Importer of customers, found by external ID or id, or by the name with a phone number, email or street.

    Several rows can be about one customer: each adds its phone numbers and its address.
    """

    columns = COLUMNS["customers"]
    may = Permission.ADD_JOBS
    serializer_class = CustomerSerializer
    own_form = UUID_TEXT
    repeats = True

    def label(self, row: Row) -> str:
        return row.get("name") or row.get("company") or row.get("phones", "")

    def own_key(self, row: Row) -> str:
        return row.get("id", "").lower()

    def keys_of(self, row: Row) -> list[Key]:
        numbers = [phone.number for phone in read_phones(row.get("phones", "")).numbers]
        email = row.get("email", "")
        streets = [] if numbers or email else [(row.get("address", ""), row.get("zip_code", ""))]
        return [
            *super().keys_of(row),
            *contact_keys(row.get("name") or row.get("company", ""), numbers, email, streets),
        ]

    def keys_of_record(self, record: Any) -> list[Key]:
        numbers = [phone.number for phone in record.phones.all()]
        streets = [(address.address, address.zip_code) for address in record.addresses.all()]
        return [*super().keys_of_record(record), *contact_keys(record.contact_name, numbers, record.email, streets)]

    def records(self, keys: Iterable[Key]) -> QuerySet[Any]:
        keys = list(keys)
        ids = [value for value in _of_column("id", keys) if UUID_TEXT.fullmatch(value)]
        numbers, emails, zips = (
            [value.rpartition(" ")[2] for value in _of_column(column, keys)]
            for column in ("phones", "email", "address")
        )
        matches = Q(pk__in=ids) | of_external_ids(keys)
        if numbers:
            matches |= Q(pk__in=CustomerPhone.objects.filter(number__in=numbers).values("customer"))
        if zips:
            places = CustomerAddress.objects.filter(zip_code__in=zips).values("customer")
            matches |= Q(pk__in=places)
        return with_details(Customer.objects.current().with_email_or(emails, matches))

    def address(self, row: Row, present: Any) -> Address | None:
        return address_of(row, None)

    def body(self, row: Row, present: Any, geocoded: GeocodingResult | None, options: Mapping[str, Any]) -> Body:
        if present is None and row.get("id"):
            text = gettext("There is no customer with this ID. To add a customer, leave the ID empty.")
            raise InvalidInput.of("id", text)
        return with_identity(body_of_customer(row, present, geocoded), row)

    def write(self, row: Row, body: Body, present: Any, actor: User | None, context: Context) -> Written:
        values = self.values(body.values, present)
        fields = [name for name in values if name not in {"phones", "addresses"}]
        return Written(self.save(values, row, present, actor, context), fields)

    def create(self, actor: User | None, values: dict[str, Any], *, is_known_new: bool) -> Customer:
        return create_customer(actor=actor, is_known_new=is_known_new, **values)

    def update(self, present: Customer, actor: User | None, values: dict[str, Any]) -> Customer:
        return update_customer(customer_id=present.pk, actor=actor, **values)

    def doubts(self, keys: Iterable[str]) -> dict[str, str]:
        """Created customers with a phone number or email address of another one. Runs three queries for all of them."""
        created = list(Customer.objects.filter(pk__in=list(keys)).prefetch_related("phones"))
        numbers = [phone.number for customer in created for phone in customer.phones.all()]
        emails = [customer.email for customer in created if customer.email]
        same = Q(pk__in=CustomerPhone.objects.filter(number__in=numbers).values("customer"))
        others = list(Customer.objects.current().with_email_or(emails, same).prefetch_related("phones"))
        text = gettext("Likely a duplicate of {customer}: same phone number or email address.")
        return {
            str(customer.pk): text.format(customer=other)
            for customer in created
            for other in others
            if other.pk != customer.pk and _share_contact(customer, other)
        }


IMPORTERS: dict[str, Importer] = {
    ImportRun.Kind.CONTRACTORS.value: Contractors(),
    ImportRun.Kind.JOBS.value: Jobs(),
    ImportRun.Kind.CUSTOMERS.value: Customers(),
}


def _share_contact(customer: Customer, other: Customer) -> bool:
    numbers = {phone.number for phone in customer.phones.all()} & {phone.number for phone in other.phones.all()}
    return bool(numbers) or (bool(customer.email) and contact_key(customer.email) == contact_key(other.email))


def _at_a_column(refusal: DomainError) -> DomainError:
    """The refusal of a booking with its column."""
    if not refusal.errors:
        column = "status" if isinstance(refusal, InvalidTransition) else "contractor"
        refusal.errors = {column: [refusal.detail]}
    return refusal


def _customers_of(rows: Iterable[Row]) -> dict[tuple[str, str], Customer]:
    """The customers whom the rows name by external ID. One query for all."""
    ids = {number for row in rows if (number := row.get("customer_external_id", ""))}
    customers = Customer.objects.filter(~Q(external_id=""), external_id__in=ids) if ids else Customer.objects.none()
    return {(customer.source, customer.external_id): customer for customer in customers}


def _contacts_of(row: Row) -> list[tuple[str, str]]:
    """The name and the first number of the customer of a row, if it has both."""
    numbers = read_phones(row.get("customer_phone", "")).numbers
    name = row.get("customer_name", "")
    return [(name, numbers[0].number)] if numbers and contractor_key(name) else []


def _choose_customer(
    values: dict[str, Any], row: Row, present: Job | None, actor: User | None, context: Context
) -> None:
    """Set the customer with the external ID of the row; a new customer gets it."""
    number, source = row.get("customer_external_id", ""), row.get("source", "")
    contact = {name: values.get(name, "") for name in ("customer_name", "customer_phone")}
    if not number or (present and (source, number) not in context.customers):
        return
    customer = context.customers.get((source, number)) or _customers_of([row]).get((source, number))
    if customer is None:
        if not any(contact.values()):
            return
        phones = [{"number": contact["customer_phone"]}] if contact["customer_phone"] else []
        name = contact["customer_name"]
        customer = create_customer(actor=actor, name=name, phones=phones, external_id=number, source=source)
    for name in contact:
        values.pop(name, None)
    values["customer_id"] = customer.pk


def _twin_of(values: Mapping[str, Any], since: datetime | None) -> tuple[Job | None, str]:
    """The job from before the upload that is the same as a row without a number, and a remark about it.

    A job at the same site on the same day for the same customer causes a remark only.
    """
    date = values["desired_date"]
    near = Job.objects.filter(
        status__in=Job.Status.values,
        desired_date__range=(date - timedelta(hours=12), date + timedelta(hours=12)),
        zip_code=values["zip_code"],
    )
    similar = [
        job
        for job in (near.filter(created_at__lt=since) if since else near)
        if (name_key(job.address), job.type) == (name_key(values["address"]), values["type"])
        and name_key(values.get("customer_name") or job.customer_name) == name_key(job.customer_name)
    ]
    for job in similar:
        if (job.desired_date, job.duration) == (date, values["duration"]):
            return job, gettext("Not imported again: {job} is the same job.").format(job=job.job_number)
    if similar:
        text = gettext("Likely a duplicate of {job}: same site, day and work.")
        return None, text.format(job=similar[0].job_number)
    return None, ""


def source_key(text: str) -> str:
    """The stored form of a source: `Housecall Pro` becomes `housecall-pro`."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:LONGEST_SOURCE].strip("-")


def with_identity(body: Body, row: Row) -> Body:
    """The payload with the external ID of the row and its source. An empty cell changes nothing."""
    if not row.get("external_id"):
        return body
    return body._replace(values=body.values | {name: row.get(name, "") for name in ("external_id", "source")})


def of_external_ids(keys: Iterable[Key]) -> Q:
    """The records with the external IDs of the keys, from any source; the caller compares the whole keys."""
    ids = [value.partition(" ")[2] for value in _of_column("external_id", keys)]
    return ~Q(external_id="") & Q(external_id__in=ids)


def _of_column(column: str, keys: Iterable[Key]) -> list[str]:
    return [value for name, value in keys if name == column]


def check_cells(row: Row) -> None:
    """Raise InvalidInput for a row whose cells have probably shifted.

    That is, for broken quotation marks, and for cells beyond the last heading, which an unquoted comma causes.
    """
    if row.get(BROKEN):
        text = gettext("The quotation marks in line {line} do not match. Correct this line, and import it again.")
        raise InvalidInput.of("", text.format(line=row[BROKEN]))
    if row.get(SURPLUS):
        text = gettext("This row has more cells than there are columns: {cells}")
        raise InvalidInput.of("", text.format(cells=row[SURPLUS][:80]))

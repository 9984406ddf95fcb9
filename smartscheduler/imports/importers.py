"""What can be imported: its columns, the records that its rows are about, and the services that write them."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.serializers import BaseSerializer

from contractors.models import Contractor
from contractors.serializers import ContractorSerializer
from contractors.services import create_contractor, update_contractor
from jobs.models import Job
from jobs.serializers import JobSerializer
from jobs.services import create_job, update_job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.email_addresses import contact_key
from smartscheduler.core.text import fold
from smartscheduler.errors import InvalidInput
from smartscheduler.geocoding.addresses import Found
from smartscheduler.imports.columns import COLUMNS, Columns
from smartscheduler.imports.file_reader import SURPLUS, Row
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.row_to_payload import Body, body_of_contractor, body_of_job


class Importer:
    """One kind of record. Serializers are kept: making one takes as long as checking a row."""

    columns: ClassVar[Columns]
    may: ClassVar[Permission]
    serializer_class: ClassVar[type[BaseSerializer[Any]]]

    def label(self, row: Row) -> str:
        """What a row is called on the page."""
        raise NotImplementedError

    def key_of(self, row: Row) -> str:
        """The key of a row, the same however it is written."""
        raise NotImplementedError

    def records(self, keys: Iterable[str]) -> QuerySet[Any]:
        """The records with these keys, with what `changes` and the services read of them."""
        raise NotImplementedError

    def body(self, row: Row, present: Any, found: Found | None) -> Body:
        raise NotImplementedError

    def create(self, actor: User | None, values: dict[str, Any]) -> Any:
        raise NotImplementedError

    def update(self, present: Any, actor: User | None, values: dict[str, Any]) -> Any:
        raise NotImplementedError

    def by_key(self, keys: Iterable[str], *, lock: bool = False) -> dict[str, Any]:
        """The records with these keys; locked in the order of their ids, as every service locks."""
        wanted = {key for key in keys if key}
        if not wanted:
            return {}
        records: Any = self.records(wanted)
        return {self.key_of_record(one): one for one in (records.locked() if lock else records)}

    def key_of_record(self, record: Any) -> str:
        return str(getattr(record, self.columns.key)).lower()

    @cached_property
    def _new(self) -> BaseSerializer[Any]:
        return self.serializer_class()

    @cached_property
    def _changing(self) -> BaseSerializer[Any]:
        return self.serializer_class(partial=True)

    def values(self, body: dict[str, Any], present: Any) -> dict[str, Any]:
        """The values of a body, as the API checks it. Raises DRF's ValidationError."""
        serializer = self._new if present is None else self._changing
        return dict(serializer.run_validation(body))

    def doubts(self, keys: Iterable[str]) -> dict[str, str]:
        """A sentence for each of the records just made that is probably there already, by its key."""
        return {}

    def check_headings(self, titles: Iterable[str]) -> list[str]:
        """The columns that the headings mean. Raises InvalidInput for one that nobody knows, and for a missing key."""
        given = set(titles)
        names = [self.columns.known_as(title, given) for title in titles]
        unknown = sorted(set(names) - set(self.columns.names) - self.columns.passed_over)
        if unknown:
            known = ", ".join(self.columns.names)
            raise InvalidInput.of("file", f"Unknown columns: {', '.join(unknown)}. Known are: {known}.")
        if twice := {name for name in names if names.count(name) > 1}:
            raise InvalidInput.of("file", f"These columns are there twice: {', '.join(sorted(twice))}.")
        return names


class Contractors(Importer):
    """A row is about the contractor with its e-mail address."""

    columns = COLUMNS["contractors"]
    may = Permission.ADD_CONTRACTORS
    serializer_class = ContractorSerializer

    def label(self, row: Row) -> str:
        return row.get("name") or row.get("email", "")

    def key_of(self, row: Row) -> str:
        return contact_key(row.get("email", ""))

    def key_of_record(self, record: Any) -> str:
        return contact_key(record.email)

    def records(self, keys: Iterable[str]) -> QuerySet[Any]:
        return Contractor.objects.with_email(*keys).prefetch_related("working_hours")

    def body(self, row: Row, present: Any, found: Found | None) -> Body:
        return body_of_contractor(row, present, found)

    def create(self, actor: User | None, values: dict[str, Any]) -> Contractor:
        return create_contractor(actor=actor, **values)

    def update(self, present: Contractor, actor: User | None, values: dict[str, Any]) -> Contractor:
        return update_contractor(contractor_id=present.pk, actor=actor, **values)

    def doubts(self, keys: Iterable[str]) -> dict[str, str]:
        """Records with the name and the place of another: one query for all of them."""
        made = list(Contractor.objects.with_email(*keys))
        named: dict[str, list[Contractor]] = {fold(one.name): [] for one in made}
        for one in Contractor.objects.perhaps_named(named):
            named.get(fold(one.name), []).append(one)
        return {
            one.email: f"Likely a duplicate of {other.email}: the same name at the same place."
            for one in made
            for other in named[fold(one.name)]
            if other.pk != one.pk and one.is_near(other)
        }

    def check_headings(self, titles: Iterable[str]) -> list[str]:
        names = super().check_headings(titles)
        if "email" not in names:
            raise InvalidInput.of("file", "The column email is missing: it says which contractor a row is about.")
        return names


class Jobs(Importer):
    """A row is about the job with its number; without one, about a new job."""

    columns = COLUMNS["jobs"]
    may = Permission.ADD_JOBS
    serializer_class = JobSerializer

    def label(self, row: Row) -> str:
        return row.get("job_number") or " ".join(filter(None, [row.get("customer_name"), row.get("address")]))

    def key_of(self, row: Row) -> str:
        return row.get("job_number", "").lower()

    def records(self, keys: Iterable[str]) -> QuerySet[Any]:
        return Job.objects.filter(job_number__in=[key.upper() for key in keys])

    def body(self, row: Row, present: Any, found: Found | None) -> Body:
        if present is None and row.get("job_number"):
            raise InvalidInput.of("job_number", "There is no job with this number; a new job has none.")
        return body_of_job(row, present, found)

    def create(self, actor: User | None, values: dict[str, Any]) -> Job:
        return create_job(actor=actor, **values)

    def update(self, present: Job, actor: User | None, values: dict[str, Any]) -> Job:
        return update_job(job_id=present.pk, actor=actor, **values)


IMPORTERS: dict[str, Importer] = {ImportRun.Kind.CONTRACTORS.value: Contractors(), ImportRun.Kind.JOBS.value: Jobs()}


def check_surplus(row: Row) -> None:
    """Raise InvalidInput for cells beyond the last heading: an unquoted comma has moved everything after it."""
    if row.get(SURPLUS):
        raise InvalidInput.of("", f"There is more in this row than there are columns: {row[SURPLUS][:80]}")

"""One row of a file: checked as the API would check it, and written by the services. One path for both."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import transaction
from rest_framework.serializers import BaseSerializer

from contractors.models import Contractor
from contractors.serializers import ContractorSerializer
from contractors.services import create_contractor, update_contractor
from jobs.models import Job
from jobs.serializers import JobSerializer
from jobs.services import create_job, update_job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.policy import Permission
from smartscheduler.errors import Busy, DomainError, InvalidInput
from smartscheduler.exchange.columns import (
    CONTRACTOR_COLUMNS,
    JOB_COLUMNS,
    READ_ONLY,
    body_of_contractor,
    body_of_job,
)
from smartscheduler.exchange.models import ImportedRow, ImportRun
from smartscheduler.exchange.tables import Row

Errors = dict[str, list[str]]
Outcome = ImportedRow.Outcome


class Done(NamedTuple):
    outcome: str
    errors: Errors


class Contractors:
    """A row is about the contractor with its e-mail address."""

    key, columns, read_only = "email", CONTRACTOR_COLUMNS, READ_ONLY["contractors"]
    may = Permission.ADD_CONTRACTORS

    def label(self, row: Row) -> str:
        return row.get("name") or row.get("email", "")

    def find(self, key: str) -> Contractor | None:
        return Contractor.objects.filter(email__iexact=key).prefetch_related("working_hours").first()

    def body(self, row: Row, *, new: bool) -> dict[str, Any]:
        return body_of_contractor(row, new=new)

    def serializer(self, present: Contractor | None, body: dict[str, Any]) -> BaseSerializer[Any]:
        return ContractorSerializer(present, data=body, partial=present is not None)

    def create(self, actor: User | None, values: dict[str, Any]) -> Contractor:
        return create_contractor(actor=actor, **values)

    def update(self, present: Contractor, actor: User | None, values: dict[str, Any]) -> Contractor:
        return update_contractor(contractor_id=present.pk, actor=actor, **values)


class Jobs:
    """A row is about the job with its number; without one, about a new job."""

    key, columns, read_only = "job_number", JOB_COLUMNS, READ_ONLY["jobs"]
    may = Permission.ADD_JOBS

    def label(self, row: Row) -> str:
        return row.get("job_number") or " ".join(filter(None, [row.get("customer_name"), row.get("address")]))

    def find(self, key: str) -> Job | None:
        found = Job.objects.filter(job_number=key.upper()).first() if key else None
        if key and found is None:
            raise InvalidInput.of("job_number", "There is no job with this number; a new job has none.")
        return found

    def body(self, row: Row, *, new: bool) -> dict[str, Any]:
        return body_of_job(row, new=new)

    def serializer(self, present: Job | None, body: dict[str, Any]) -> BaseSerializer[Any]:
        return JobSerializer(present, data=body, partial=present is not None)

    def create(self, actor: User | None, values: dict[str, Any]) -> Job:
        return create_job(actor=actor, **values)

    def update(self, present: Job, actor: User | None, values: dict[str, Any]) -> Job:
        return update_job(job_id=present.pk, actor=actor, **values)


# What can be imported: its columns, its key, the check of a row, and the services that write it.
Kind = Contractors | Jobs
KINDS: dict[str, Kind] = {ImportRun.Kind.CONTRACTORS.value: Contractors(), ImportRun.Kind.JOBS.value: Jobs()}


def check_headings(kind: Kind, headings: Iterable[str]) -> None:
    """Raise InvalidInput for columns that nobody knows, and for a missing key."""
    given = set(headings)
    unknown = sorted(given - set(kind.columns) - set(kind.read_only))
    if unknown:
        raise InvalidInput.of("file", f"Unknown columns: {', '.join(unknown)}. Known are: {', '.join(kind.columns)}.")
    if kind.key == "email" and kind.key not in given:
        raise InvalidInput.of("file", "The column email is missing: it says which contractor a row is about.")


def work_on(kind: Kind, row: Row, actor: User | None, *, dry: bool) -> Done:
    """Do what a row asks for; with `dry` all the same, and undo it. In a transaction of its own either way."""
    try:
        with transaction.atomic():
            done = _work_on(kind, row, actor)
            transaction.set_rollback(dry)
        return done
    except Busy:
        raise  # somebody holds the record for a moment; the row is tried again
    except DomainError as refusal:
        return Done(Outcome.REFUSED, _by_column(refusal.errors) or {"": [refusal.detail]})


def _work_on(kind: Kind, row: Row, actor: User | None) -> Done:
    present: Any = kind.find(row.get(kind.key, ""))
    serializer = kind.serializer(present, kind.body(row, new=present is None))
    if not serializer.is_valid():
        return Done(Outcome.REFUSED, _by_column(_flat(serializer.errors)))
    values = dict(serializer.validated_data)
    if present is None:
        kind.create(actor, values)
        return Done(Outcome.CREATED, {})
    values.pop(kind.key, None)  # it is the same, give or take its case
    before = present.version
    after = kind.update(present, actor, values)
    return Done(Outcome.UNCHANGED if after.version == before else Outcome.UPDATED, {})


def _flat(errors: Any, path: str = "") -> Errors:
    """DRF's nested errors by dotted path."""
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(errors, dict):
        pairs = errors.items()
    elif errors and isinstance(errors[0], dict):
        pairs = ((str(index), one) for index, one in enumerate(errors) if one)
    else:
        return {path: [str(one) for one in errors]}
    found: Errors = {}
    for name, one in pairs:
        found |= _flat(one, f"{path}.{name}" if path else str(name))
    return found


def _by_column(errors: Errors) -> Errors:
    """The errors by the column that they came from: `location.city` is `city`."""
    found: Errors = {}
    for path, messages in errors.items():
        parts = [part for part in path.split(".") if part not in {"location", "non_field_errors"}]
        found.setdefault(parts[0] if parts else "", []).extend(messages)
    return found

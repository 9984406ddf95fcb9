"""Services that erase a person, for the back office, the command, and the replay of the list.

Each runs in one transaction. Rows are locked in the order of a booking (contractor, jobs, assignments; docs/adr/002),
then customers: if a concurrent booking commits first, the erasure is refused; if the erasure commits first, the booking
is refused.
"""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext

from assignments.models import Assignment
from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.models import ImportRun
from smartscheduler.privacy import (
    contractor_erasure,
    copy_erasure,
    customer_erasure,
    customer_records,
    user_erasure,
)
from smartscheduler.privacy.erasure_log import append
from smartscheduler.privacy.free_text import lock_order
from smartscheduler.privacy.history_rewrite import former_values
from smartscheduler.privacy.import_files import imports_naming
from smartscheduler.privacy.models import Erasure
from smartscheduler.privacy.pii_matcher import PersonPatterns

Kind = Erasure.Kind
# Advisory lock key, unique within the product. It serializes the numbering of erasures.
NUMBER_LOCK = 0x5353_4552_4153


@domain_transaction
def erase_contractor(*, contractor_id: UUID, actor: User | None, again: Erasure | None = None) -> Erasure:
    """Erase the personal data of a contractor irreversibly. Ratings, bookings, scores and working hours stay.

    Raises PersonErased, LiveAssignments (with their list), InvalidTransition while an import names the contractor,
    Contractor.DoesNotExist. `again`: an erasure to repeat after a backup was restored.
    """
    contractor = Contractor.objects.get(pk=contractor_id)
    former = former_values(Contractor, [contractor_id], *contractor_erasure.FIELDS)
    runs = _prepare(contractor_erasure.patterns_of(contractor, former, ""), [contractor_id], [])
    contractor.refresh_from_db()
    contractor_erasure.check(contractor)
    erasure = _listed(Kind.CONTRACTOR, contractor_id, [], actor, again)
    contractor_erasure.erase(contractor, erasure, runs, actor)
    return _recorded(erasure, actor, new=again is None)


@domain_transaction
def erase_customer(
    *,
    job_ids: Collection[UUID] = (),
    customer_id: UUID | None = None,
    actor: User | None,
    again: Erasure | None = None,
) -> Erasure:
    """Erase the customer of these finished jobs irreversibly, or the customer `customer_id` with all of their jobs.

    The record of a customer who has other jobs stays. Raises PersonErased, InvalidTransition (with the list of
    unfinished jobs, or while an import names the customer), InvalidInput without jobs and customer, Job.DoesNotExist,
    Customer.DoesNotExist.
    """
    if customer_id:
        Customer.objects.get(pk=customer_id)
        job_ids = {*job_ids, *Job.objects.filter(customer=customer_id).values_list("pk", flat=True)}
    elif not job_ids:
        raise InvalidInput.of("jobs", gettext("Choose the jobs of the customer."))
    jobs = list(Job.objects.filter(pk__in=job_ids))
    if len(jobs) != len(set(job_ids)):
        raise Job.DoesNotExist
    records = _records(jobs, customer_id)
    patterns = customer_erasure.patterns_of(jobs, records, former_values(Job, job_ids, *customer_erasure.FIELDS), "")
    booked = Assignment.objects.filter(job__in=job_ids).values_list("contractor_id", flat=True)
    runs = _prepare(patterns, list(booked), list(job_ids))
    jobs = list(Job.objects.filter(pk__in=job_ids).order_by("pk"))
    customer_erasure.check(jobs)
    list(Customer.objects.locked().filter(pk__in=[record.pk for record in records]).values_list("pk", flat=True))
    records = _records(jobs, customer_id)
    customer_erasure.check_record(customer_id)
    erasure = _listed(Kind.CUSTOMER, customer_id, sorted(job.pk for job in jobs), actor, again)
    customer_erasure.erase(jobs, records, erasure, runs, actor)
    return _recorded(erasure, actor, new=again is None)


def _records(jobs: list[Job], customer_id: UUID | None) -> list[Customer]:
    """The records to erase with these jobs: those without other jobs, and the one with `customer_id`."""
    records = {record.pk: record for record in customer_records.records_of(jobs)}
    chosen = customer_records.with_merged([customer_id]) if customer_id else []
    return list((records | {record.pk: record for record in chosen}).values())


@domain_transaction
def erase_user(*, user_id: UUID, actor: User | None, again: Erasure | None = None) -> Erasure:
    """Deactivate an account and erase its personal data irreversibly. Its actions stay under a pseudonym.

    Raises PersonErased, NotAllowed (the actor's own account, the last administrator), User.DoesNotExist.
    """
    user = User.objects.get(pk=user_id)
    former = former_values(User, [user_id], *user_erasure.FIELDS)
    runs = _prepare(user_erasure.patterns_of(user, former, ""), [], [])
    # Lock all administrators, so that two of them cannot erase each other at the same time.
    administrators = User.objects.filter(role=user.role).select_for_update().order_by("pk")
    list(administrators.values_list("pk", flat=True))
    user.refresh_from_db()
    user_erasure.check(user, actor)
    erasure = _listed(Kind.USER, user_id, [], actor, again)
    user_erasure.erase(user, erasure, runs)
    return _recorded(erasure, actor, new=again is None)


def _prepare(patterns: PersonPatterns, contractor_ids: Collection[UUID], job_ids: Collection[UUID]) -> list[ImportRun]:
    """Search imported files before any lock is held, then lock the rows to change, in the order of a booking.

    Returns the files that name the person. Raises InvalidTransition while one of them is being processed.
    """
    runs = imports_naming(patterns.wide)
    copy_erasure.refuse_at_work(runs)
    named = lock_order(patterns.wide)
    list(Contractor.objects.locked().filter(pk__in=contractor_ids).values_list("pk", flat=True))
    list(Job.objects.locked().filter(pk__in=[*job_ids, *named.get(Job, ())]).values_list("pk", flat=True))
    list(Assignment.objects.locked().filter(pk__in=named.get(Assignment, ())).values_list("pk", flat=True))
    list(Customer.objects.locked().filter(pk__in=named.get(Customer, ())).values_list("pk", flat=True))
    return runs


def _listed(
    kind: Erasure.Kind, subject: UUID | None, jobs: list[UUID], actor: User | None, again: Erasure | None
) -> Erasure:
    """Create the entry of the list. For a repeated erasure, return the existing entry or restore it."""
    if again is not None:
        existing = Erasure.objects.filter(kind=kind, number=again.number).first()
        if existing is None:
            again.save()
        return existing or again
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBER_LOCK])
    last = Erasure.objects.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0
    return Erasure.objects.create(
        kind=kind, number=last + 1, subject=subject, jobs=jobs, erased_at=timezone.now(), erased_by=actor
    )


def _recorded(erasure: Erasure, actor: User | None, *, new: bool) -> Erasure:
    about = User.objects.filter(pk=erasure.subject).first() if erasure.kind == Kind.USER else None
    subject: dict[str, Any] = {"subject": str(erasure.subject)} if erasure.subject else {"jobs": len(erasure.jobs)}
    record(Act.PERSON_ERASED, actor=actor, about=about, kind=erasure.kind, number=erasure.number, **subject)
    if new:
        transaction.on_commit(lambda: append(erasure))
    return erasure


SERVICES: dict[str, Callable[..., Erasure]] = {
    Kind.CONTRACTOR: lambda erasure, actor: erase_contractor(contractor_id=erasure.subject, actor=actor, again=erasure),
    Kind.CUSTOMER: lambda erasure, actor: erase_customer(
        job_ids=erasure.jobs, customer_id=erasure.subject, actor=actor, again=erasure
    ),
    Kind.USER: lambda erasure, actor: erase_user(user_id=erasure.subject, actor=actor, again=erasure),
}


def erase_again(erasure: Erasure, *, actor: User | None) -> Erasure:
    """Repeat an erasure that a restored backup has undone. Raises the same errors as the first time."""
    return SERVICES[erasure.kind](erasure, actor)

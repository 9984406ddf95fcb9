"""Erasing people: the only way there is, for the back-office, the command and whoever replays the list.

One transaction each. Rows are locked as for a booking (contractor, jobs, assignments; docs/adr/002), so that either the
booking comes first and stands in the way, or the erasure does and the booking is refused.
"""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from assignments.models import Assignment
from contractors.models import Contractor
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
    user_erasure,
)
from smartscheduler.privacy.erasure_log import append
from smartscheduler.privacy.free_text import lock_order
from smartscheduler.privacy.history_rewrite import former_values
from smartscheduler.privacy.import_files import imports_naming
from smartscheduler.privacy.models import Erasure
from smartscheduler.privacy.pii_matcher import PersonPatterns

Kind = Erasure.Kind
# Any number, as long as nothing else in the database locks the same one.
NUMBER_LOCK = 0x5353_4552_4153


@domain_transaction
def erase_contractor(*, contractor_id: UUID, actor: User | None, again: Erasure | None = None) -> Erasure:
    """Make a contractor nobody; ratings, bookings, scores and hours stay. It cannot be undone.

    Raises PersonErased, LiveAssignments (with the list of them), InvalidTransition while an import names them,
    Contractor.DoesNotExist. `again` is an erasure that a restored backup has undone.
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
def erase_customer(*, job_ids: Collection[UUID], actor: User | None, again: Erasure | None = None) -> Erasure:
    """Take the customer out of these jobs, which are over. It cannot be undone.

    Raises PersonErased, InvalidTransition (with the list of those that are not over, or while an import names the
    customer), InvalidInput without jobs, Job.DoesNotExist.
    """
    if not job_ids:
        raise InvalidInput.of("jobs", "Choose the jobs of the customer.")
    jobs = list(Job.objects.filter(pk__in=job_ids))
    if len(jobs) != len(set(job_ids)):
        raise Job.DoesNotExist
    patterns = customer_erasure.patterns_of(jobs, former_values(Job, job_ids, *customer_erasure.FIELDS), "")
    booked = Assignment.objects.filter(job__in=job_ids).values_list("contractor_id", flat=True)
    runs = _prepare(patterns, list(booked), list(job_ids))
    jobs = list(Job.objects.filter(pk__in=job_ids).order_by("pk"))
    customer_erasure.check(jobs)
    erasure = _listed(Kind.CUSTOMER, None, sorted(job.pk for job in jobs), actor, again)
    customer_erasure.erase(jobs, erasure, runs, actor)
    return _recorded(erasure, actor, new=again is None)


@domain_transaction
def erase_user(*, user_id: UUID, actor: User | None, again: Erasure | None = None) -> Erasure:
    """Switch an account off and make it nobody's; what it did stays. It cannot be undone.

    Raises PersonErased, NotAllowed (one's own account, the last administrator), User.DoesNotExist.
    """
    user = User.objects.get(pk=user_id)
    former = former_values(User, [user_id], *user_erasure.FIELDS)
    runs = _prepare(user_erasure.patterns_of(user, former, ""), [], [])
    # All administrators, so that two of them cannot erase one another at once.
    administrators = User.objects.filter(role=user.role).select_for_update().order_by("pk")
    list(administrators.values_list("pk", flat=True))
    user.refresh_from_db()
    user_erasure.check(user, actor)
    erasure = _listed(Kind.USER, user_id, [], actor, again)
    user_erasure.erase(user, erasure, runs)
    return _recorded(erasure, actor, new=again is None)


def _prepare(patterns: PersonPatterns, contractor_ids: Collection[UUID], job_ids: Collection[UUID]) -> list[ImportRun]:
    """Look through files before anything is locked, then lock what will be changed, in the order of a booking.

    Returns the files that name the person. Raises InvalidTransition while one of them is being worked on.
    """
    runs = imports_naming(patterns.wide)
    copy_erasure.refuse_at_work(runs)
    named = lock_order(patterns.wide)
    list(Contractor.objects.locked().filter(pk__in=contractor_ids).values_list("pk", flat=True))
    list(Job.objects.locked().filter(pk__in=[*job_ids, *named.get(Job, ())]).values_list("pk", flat=True))
    list(Assignment.objects.locked().filter(pk__in=named.get(Assignment, ())).values_list("pk", flat=True))
    return runs


def _listed(
    kind: Erasure.Kind, subject: UUID | None, jobs: list[UUID], actor: User | None, again: Erasure | None
) -> Erasure:
    """The new entry of the list, or the one that is done again: found in it, or put back into it."""
    if again is not None:
        found = Erasure.objects.filter(kind=kind, number=again.number).first()
        if found is None:
            again.save()
        return found or again
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
    Kind.CUSTOMER: lambda erasure, actor: erase_customer(job_ids=erasure.jobs, actor=actor, again=erasure),
    Kind.USER: lambda erasure, actor: erase_user(user_id=erasure.subject, actor=actor, again=erasure),
}


def erase_again(erasure: Erasure, *, actor: User | None) -> Erasure:
    """Do again what a restored backup has undone. Raises what the first time would have raised."""
    return SERVICES[erasure.kind](erasure, actor)

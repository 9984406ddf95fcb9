"""Erasure of a customer: the jobs remain with their city and dates, but without personal data.

The record of the customer goes with the last of the jobs. While it has other jobs, it stays, and the erased jobs lose
their customer.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext

from assignments.models import Assignment
from contractors.models import Rating
from customers.models import Customer
from jobs.events import JobUpdated
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.errors import InvalidTransition, PersonErased
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.publishing import publish
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import CustomerMessage, Mail
from smartscheduler.privacy import copy_erasure, customer_records
from smartscheduler.privacy.contractor_erasure import addresses_of, coarse_place, points_of
from smartscheduler.privacy.customer_search import is_over
from smartscheduler.privacy.free_text import sweep
from smartscheduler.privacy.history_rewrite import deliberately, former_values, rewrite, rewrite_history
from smartscheduler.privacy.models import Erasure
from smartscheduler.privacy.pii_matcher import PersonPatterns

FIELDS = (
    *("customer_name", "customer_phone", "special_requirements"),
    *("address", "zip_code", "latitude", "longitude"),
)


def check(jobs: Sequence[Job]) -> None:
    """Raise PersonErased for jobs that are already erased, InvalidTransition (with their list) for unfinished jobs."""
    erased = {pk for keys in Erasure.objects.filter(kind="customer").values_list("jobs", flat=True) for pk in keys}
    if done := [job.job_number for job in jobs if job.pk in erased]:
        text = gettext("The customer of these jobs was already erased: {jobs}.")
        raise PersonErased(text.format(jobs=", ".join(done)), extra={"jobs": done})
    if unfinished := [job for job in jobs if not is_over(job)]:
        numbers = [job.job_number for job in unfinished]
        text = gettext("These jobs are not finished: {jobs}. Complete or cancel them first.")
        raise InvalidTransition(
            text.format(jobs=", ".join(numbers)),
            extra={"from": unfinished[0].status, "to": "erased", "jobs": numbers},
        )


def check_record(customer_id: UUID | None) -> None:
    """Raise PersonErased for a customer whose record is already erased."""
    if customer_id and Erasure.objects.filter(kind="customer", subject=customer_id).exists():
        raise PersonErased(gettext("This customer was already erased."))


def erase(
    jobs: Sequence[Job],
    records: Sequence[Customer],
    erasure: Erasure,
    runs: Sequence[ImportRun],
    actor: User | None,
) -> None:
    """Erase the customer of locked jobs and the locked records. `runs`: the imported files that name the customer."""
    keys = [job.pk for job in jobs]
    kept = [job.pk for job in jobs if job.customer_id not in {record.pk for record in records}]
    former = former_values(Job, keys, *FIELDS)
    patterns = patterns_of(jobs, records, former, erasure.pseudonym)
    values: dict[str, Any] = {
        "customer_name": erasure.pseudonym,
        "customer_phone": "",
        "special_requirements": "",
        **coarse_place(),
    }
    with deliberately():
        copy_erasure.forget_places(addresses_of(list(jobs), former), [*(job.point for job in jobs), *points_of(former)])
        customer_records.forget_places(records)
        customer_records.erase(records, erasure.pseudonym)
        rewrite(Job.objects.filter(pk__in=keys), **values)
        rewrite_history(Job, keys, values)
        # Another person has the record: the trigger has removed the link, the history must not keep it.
        rewrite_history(Job, kept, {"customer_id": None, "customer_address_id": None})
        copy_erasure.rename_log(Customer, [record.pk for record in records], erasure.pseudonym)
        copy_erasure.forget_messages(
            CustomerMessage.objects.filter(Q(job__in=keys) | Q(customer__in=[record.pk for record in records])),
            patterns,
        )
        copy_erasure.remove_imports(runs)
        copy_erasure.remove_views(patterns.wide)
        copy_erasure.forget_answers(patterns.wide, keys)
        sweep(patterns.wide)
        sweep(patterns, _linked(jobs))
        for job in jobs:
            about = OutboxEvent.objects.filter(data__contains={"job_id": str(job.pk)})
            copy_erasure.redact_events(about, patterns, fields=FIELDS)
    for job in jobs:
        publish(JobUpdated.of(job, changed=dict.fromkeys(FIELDS)), actor=actor)


def patterns_of(
    jobs: Sequence[Job], records: Sequence[Customer], former: dict[str, set[str]], instead: str
) -> PersonPatterns:
    people = customer_records.people_in(records)
    return PersonPatterns.of(
        names={*(job.customer_name for job in jobs), *former["customer_name"], *people["names"]},
        phones={*(job.customer_phone for job in jobs), *former["customer_phone"], *people["phones"]},
        emails=people["emails"],
        instead=instead,
    )


def _linked(jobs: Sequence[Job]) -> dict[Any, Q]:
    """Rows linked to the jobs. Only there, a name of a single word is safe to redact."""
    keys = [job.pk for job in jobs]
    return {
        Job: Q(pk__in=keys),
        Assignment: Q(job__in=keys),
        Rating: Q(job_id__in=keys),
        Mail: Q(assignment__job__in=keys),
        CustomerMessage: Q(job__in=keys),
    }

"""Deletion of old rows in batches, each in a short transaction. No events are published.

All functions can be interrupted and repeated. Rows that users have locked are skipped until the next run.
"""

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from assignments.models import Assignment
from contractors.models import Rating
from customers.models import Customer
from jobs.models import Job
from smartscheduler.history.retention import forget_history, history_models, unprotected

BATCH = 500


@transaction.atomic
def remove_batch(rows: QuerySet[Any]) -> int:
    """Delete a batch of rows with their dependent rows. Returns the number of rows."""
    keys = _locked(rows)
    rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)


def remove_history(rows: QuerySet[Any]) -> int:
    """Delete a batch of rows from an append-only table. Returns the number of rows."""
    with unprotected():
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)


def remove_jobs(rows: QuerySet[Job]) -> int:
    """Delete a batch of jobs with their assignments, emails, and history. Returns the number of jobs.

    Ratings still count for the contractors, without comment, author, and job. The deletion itself is not recorded in
    the history, which would keep the deleted values for years.
    """
    with unprotected():
        jobs = _locked(rows)
        assignments = list(Assignment.objects.filter(job__in=jobs).values_list("pk", flat=True))
        Rating.objects.filter(job_id__in=jobs).update(job_id=None, comment="", given_by=None)
        Assignment.objects.filter(pk__in=assignments).delete()
        Job.objects.filter(pk__in=jobs).delete()
        forget_history(Assignment, assignments)
        forget_history(Job, jobs)
    return len(jobs)


def remove_customers(rows: QuerySet[Customer]) -> int:
    """Delete a batch of customers with the records merged into them, and their history. Returns their number."""
    with unprotected():
        customers = _locked(rows)
        merged = list(Customer.objects.filter(merged_into__in=customers).values_list("pk", flat=True))
        Customer.objects.filter(pk__in=merged).delete()
        Customer.objects.filter(pk__in=customers).delete()
        forget_history(Customer, [*customers, *merged])
        for history in history_models():
            if history.owner == "customer":
                history._base_manager.filter(Q(("customer_id__in", [*customers, *merged]))).delete()
    return len(customers)


def _locked(rows: QuerySet[Any]) -> list[Any]:
    """The keys of a batch of rows that no other transaction has locked; locks them."""
    free = rows.order_by("pk").select_for_update(skip_locked=True, of=("self",))
    return list(free.values_list("pk", flat=True)[:BATCH])

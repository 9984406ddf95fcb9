"""How rows go: a batch at a time, each in a short transaction. Nothing here publishes events.

Each may run twice, be stopped half-way, and run beside people at work: what is locked waits for the next time.
"""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from assignments.models import Assignment
from contractors.models import Rating
from jobs.models import Job
from smartscheduler.history.retention import forget_history, unprotected

BATCH = 500


@transaction.atomic
def remove_batch(rows: QuerySet[Any]) -> int:
    """The first of the rows, with what hangs on them; returns how many."""
    keys = _locked(rows)
    rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)


def remove_history(rows: QuerySet[Any]) -> int:
    with unprotected():
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)


def remove_jobs(rows: QuerySet[Job]) -> int:
    """Jobs with their assignments and mails. Ratings stay in the contractors' means, without who gave them for what.

    Their history goes with them, and does not tell of their end: else it would keep for years what is to go.
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


def _locked(rows: QuerySet[Any]) -> list[Any]:
    """The keys of a batch that nobody else has locked."""
    free = rows.order_by("pk").select_for_update(skip_locked=True, of=("self",))
    return list(free.values_list("pk", flat=True)[:BATCH])

"""Jobs whose promised arrival window will probably not be kept."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q

from assignments.models import Assignment
from jobs.querysets import JobQuerySet
from jobs.states import Status as JobStatus

# A window this close should have a confirmed booking.
SOON = timedelta(hours=24)


def promises_in_danger(jobs: JobQuerySet, now: datetime) -> JobQuerySet:
    """The jobs among `jobs` with a promise in danger.

    Either the window starts within SOON or has started, and the job has no booking or an unconfirmed one. Or the
    booking starts outside the window, and no reason for that is stored.
    """
    live = Assignment.objects.live().filter(job=OuterRef("pk"))
    start, first, last = F("time_slot__startswith"), OuterRef("window_start"), OuterRef("window_end")
    outside = live.annotate(begins=start).filter(Q(begins__lt=first) | Q(begins__gt=last), window_break_reason="")
    unconfirmed = Q(status=JobStatus.OPEN) | Exists(live.filter(status=Assignment.Status.PENDING))
    return jobs.filter(window_start__isnull=False).filter(
        Q(window_start__lte=now + SOON) & unconfirmed | Exists(outside)
    )

"""Jobs whose promised arrival window will probably not be kept."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q

from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet
from assignments.states import MOVABLE
from jobs.querysets import JobQuerySet
from jobs.states import Status as JobStatus

# A window this close should have a confirmed booking.
SOON = timedelta(hours=24)


def promises_in_danger(jobs: JobQuerySet, now: datetime) -> JobQuerySet:
    """The jobs among `jobs` with a promise in danger.

    The window starts within SOON or has started, and the job has no booking or an unconfirmed one. Or the booking
    starts outside the window, is in conflict (for example because a drive became too long), has not started when the
    window ends, or cannot start before, because earlier work of the contractor is reported late. A booking that breaks
    the window with a reason is not in danger: the customer knows.
    """
    live = Assignment.objects.live().filter(job=OuterRef("pk"))
    unconfirmed = Q(status=JobStatus.OPEN) | Exists(live.filter(status=Assignment.Status.PENDING))
    kept_so_far = live.filter(window_break_reason="")
    in_danger = (
        Q(window_start__lte=now + SOON) & unconfirmed
        | Exists(_outside(kept_so_far))
        | Exists(kept_so_far.in_conflict(now))
        | Q(window_end__lt=now) & Exists(kept_so_far.filter(status__in=MOVABLE))
        | Exists(_delayed(kept_so_far))
    )
    return jobs.filter(window_start__isnull=False).filter(in_danger)


def _outside(bookings: AssignmentQuerySet) -> AssignmentQuerySet:
    start, first, last = F("time_slot__startswith"), OuterRef("window_start"), OuterRef("window_end")
    return bookings.annotate(begins=start).filter(Q(begins__lt=first) | Q(begins__gt=last))


def _delayed(bookings: AssignmentQuerySet) -> AssignmentQuerySet:
    """Bookings that have not started, after work that is reported to end when the window is over."""
    earlier = Assignment.objects.live().filter(
        contractor=OuterRef("contractor"),
        time_slot__startswith__lt=OuterRef("time_slot__startswith"),
        late_until__gt=OuterRef("job__window_end"),
    )
    return bookings.filter(Exists(earlier), status__in=MOVABLE)

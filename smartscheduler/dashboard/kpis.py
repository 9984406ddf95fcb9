"""Figures of the live board."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.dashboard.site_dates import LONGEST_DAY, site_date
from smartscheduler.dashboard.utilization import median_wait, utilization


@dataclass(frozen=True, kw_only=True)
class Figures:
    """`open` and `in_progress` are current counts; `…_today` counts since local midnight at the site of each job."""

    open: int
    urgent_open: int
    assigned_today: int
    in_progress: int
    completed_today: int
    active_contractors: int
    utilisation: float | None
    median_wait: timedelta | None

    def as_json(self) -> dict[str, Any]:
        """Values for the API: utilization as a share with four decimals, the median wait in seconds."""
        return {
            **{name: value for name, value in vars(self).items() if name != "median_wait"},
            "utilisation": None if self.utilisation is None else round(self.utilisation, 4),
            "median_wait_seconds": None if self.median_wait is None else int(self.median_wait.total_seconds()),
        }


def figures(now: datetime) -> Figures:
    """The figures at `now`. Runs six queries."""
    jobs = Job.objects.filter(status__in=[Job.Status.OPEN, Job.Status.IN_PROGRESS]).aggregate(
        open=Count("pk", filter=Q(status=Job.Status.OPEN)),
        urgent_open=Count("pk", filter=Q(status=Job.Status.OPEN, priority=Job.Priority.URGENT)),
        in_progress=Count("pk", filter=Q(status=Job.Status.IN_PROGRESS)),
    )
    return Figures(
        **jobs,
        assigned_today=_assigned_today(now),
        completed_today=_completed_today(now),
        active_contractors=Contractor.objects.active().count(),
        utilisation=utilization(now),
        median_wait=median_wait(now),
    )


def _assigned_today(now: datetime) -> int:
    """Number of bookings that were made today and not canceled."""
    recent = Assignment.objects.filter(created_at__gte=now - LONGEST_DAY).exclude(status=Assignment.Status.CANCELLED)
    made, today = site_date(F("created_at"), "job__time_zone"), site_date(now, "job__time_zone")
    return recent.annotate(made=made, today=today).filter(made=F("today")).count()


def _completed_today(now: datetime) -> int:
    recent = Job.objects.filter(status=Job.Status.COMPLETED, completed_at__gte=now - LONGEST_DAY)
    done, today = site_date(F("completed_at"), "time_zone"), site_date(now, "time_zone")
    return recent.annotate(done=done, today=today).filter(done=F("today")).count()

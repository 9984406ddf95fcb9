"""The home of the back-office: what needs attention, and today and the week at a glance."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.utils import timezone

from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.accounts.policy import Permission
from smartscheduler.backoffice.people import may
from smartscheduler.dashboard.figures import figures
from smartscheduler.office.attention import matters

DAYS = 7


def context(request: HttpRequest, given: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: adds to what the page has already."""
    if may(request, Permission.VIEW_JOBS):
        now = timezone.now()
        given |= {"title": "Home", "matters": matters(now), "figures": figures(now), "charts": [_jobs(), _week(now)]}
    return given


def _jobs() -> dict[str, str]:
    """How many jobs are open, assigned and in progress."""
    shown = [Job.Status.OPEN, Job.Status.ASSIGNED, Job.Status.IN_PROGRESS]
    counted = dict(Job.objects.filter(status__in=shown).order_by().values_list("status").annotate(count=Count("pk")))
    return _bars("Jobs by status", [status.label for status in shown], [counted.get(status, 0) for status in shown])


def _week(now: datetime) -> dict[str, str]:
    """How many bookings begin on each of the next days, by UTC's calendar."""
    days = [now.date() + timedelta(days=later) for later in range(DAYS)]
    begins = Assignment.objects.live().filter(time_slot__startswith__gte=now, time_slot__startswith__date__lte=days[-1])
    counted = dict(
        begins.annotate(day=TruncDate("time_slot__startswith")).order_by().values_list("day").annotate(Count("pk"))
    )
    return _bars(
        "Bookings of the next days", [f"{day:%a} {day.day}" for day in days], [counted.get(day, 0) for day in days]
    )


def _bars(title: str, labels: list[str], values: list[int]) -> dict[str, str]:
    """A bar chart as Unfold's component takes it, and the same in words for those who cannot see it."""
    data = {"labels": labels, "datasets": [{"data": values, "backgroundColor": "#1d4ed8", "barThickness": 28}]}
    words = ", ".join(f"{label} {value}" for label, value in zip(labels, values, strict=True))
    return {"title": title, "data": json.dumps(data), "words": words}

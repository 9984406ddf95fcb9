"""The home of the back-office: what needs attention, and today and the week at a glance."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone

from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.date_filters import between_days
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.backoffice.home.attention import list_url, matters
from smartscheduler.core.rest.filters import site_day
from smartscheduler.dashboard.kpis import Figures, figures

DAYS = 7
# Every site is in the United States: the week begins with today in the middle of them.
MIDDLE = ZoneInfo("America/Chicago")


def context(request: HttpRequest, given: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: adds to what the page has already."""
    if may(request, Permission.VIEW_JOBS):
        now = timezone.now()
        found = matters(now, person(request))
        given |= {
            "title": "Home",
            "has_home": True,
            "may_add_jobs": may(request, Permission.ADD_JOBS),
            "matters": [matter for matter in found if matter.count or matter.at_least],
            "well": [matter for matter in found if not (matter.count or matter.at_least)],
            "glance": _glance(figures(now)),
            "charts": [_jobs(), _week(now)],
        }
    return given


def _glance(found: Figures) -> list[dict[str, Any]]:
    """The figures of today, each with the list that it counts (the last two with the list that it is made of)."""
    jobs, bookings = "jobs_job", "assignments_assignment"
    counts = [
        ("Open jobs", found.open, list_url(jobs, status__exact="open")),
        ("Assigned today", found.assigned_today, list_url(bookings, made="today", kept="standing")),
        ("In progress", found.in_progress, list_url(jobs, status__exact="in_progress")),
        ("Completed today", found.completed_today, list_url(jobs, status__exact="completed", completed="today")),
        ("Active contractors", found.active_contractors, list_url("contractors_contractor", status__exact="active")),
    ]
    shares = [
        ("Booked today", "utilisation", found.utilisation, list_url(bookings, starts="today", kept="standing")),
        ("Wait for a crew", "wait", found.median_wait, list_url(bookings, made="week")),
    ]
    return [
        *({"title": title, "kind": "count", "value": value, "url": url} for title, value, url in counts),
        *({"title": title, "kind": kind, "value": value, "url": url} for title, kind, value, url in shares),
    ]


def _jobs() -> dict[str, Any]:
    """How many jobs are open, assigned and in progress."""
    shown = [Job.Status.OPEN, Job.Status.ASSIGNED, Job.Status.IN_PROGRESS]
    counted = dict(Job.objects.filter(status__in=shown).order_by().values_list("status").annotate(count=Count("pk")))
    return _bars(
        "Jobs by status",
        [(str(status.label), counted.get(status, 0), list_url("jobs_job", status__exact=status)) for status in shown],
    )


def _week(now: datetime) -> dict[str, Any]:
    """How many live bookings begin on each of the next days, by the calendar of each site."""
    first = now.astimezone(MIDDLE).date()
    days = [first + timedelta(days=later) for later in range(DAYS)]
    begins = between_days(Assignment.objects.live(), "time_slot__startswith", "job__time_zone", days[0], days[-1])
    begins = begins.annotate(day=site_day("time_slot__startswith", "job__time_zone"))
    counted = dict(begins.order_by().values_list("day").annotate(Count("pk")))
    return _bars(
        "Bookings of the next days",
        [
            (
                f"{day:%a} {day.day}",
                counted.get(day, 0),
                list_url("assignments_assignment", starts_from=day, starts_to=day, kept="live"),
            )
            for day in days
        ],
    )


def _bars(title: str, bars: Sequence[tuple[str, int, str]]) -> dict[str, Any]:
    """A bar chart as Unfold's component takes it, and the same in words and links."""
    labels, values = [label for label, _, _ in bars], [value for _, value, _ in bars]
    data = {"labels": labels, "datasets": [{"data": values, "backgroundColor": "#1d4ed8", "barThickness": 28}]}
    words = ", ".join(f"{label} {value}" for label, value, _ in bars)
    return {"title": title, "data": json.dumps(data), "words": words, "bars": bars}

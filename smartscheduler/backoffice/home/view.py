"""Home page of the back-office: attention items, today's figures and the coming week."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.date_filters import between_days
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.backoffice.charts import Chart, linked_bars
from smartscheduler.backoffice.home.attention import list_url, matters
from smartscheduler.core.formatting import day_of_week
from smartscheduler.core.rest.filters import site_day
from smartscheduler.dashboard.kpis import Figures, figures
from smartscheduler.places import MIDDLE

DAYS = 7


def context(request: HttpRequest, page: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: the context of the page with the content of the home page added."""
    if may(request, Permission.VIEW_JOBS):
        now = timezone.now()
        items = matters(now, person(request))
        page |= {
            "title": gettext("Home"),
            "has_home": True,
            "may_recommend": may(request, Permission.RECOMMEND),
            "matters": [matter for matter in items if matter.count or matter.at_least],
            "glance": _glance(figures(now)),
            "charts": [_jobs(), _week(now)],
        }
    return page


def _glance(today: Figures) -> list[dict[str, Any]]:
    """Today's figures, each with the URL of the rows behind it."""
    jobs, bookings, contractors = "jobs_job", "assignments_assignment", "contractors_contractor"
    counts = [
        (gettext("Open jobs"), today.open, list_url(jobs, status__exact="open")),
        (gettext("Assigned today"), today.assigned_today, list_url(bookings, made="today", kept="standing")),
        (gettext("In progress"), today.in_progress, list_url(jobs, status__exact="in_progress")),
        (
            gettext("Completed today"),
            today.completed_today,
            list_url(jobs, status__exact="completed", completed="today"),
        ),
        (gettext("Active contractors"), today.active_contractors, list_url(contractors, status__exact="active")),
    ]
    booked_today = list_url(bookings, starts="today", kept="standing")
    shares = [
        (gettext("Booked today"), "utilization", today.utilisation, booked_today),
        (gettext("Time to assignment"), "wait", today.median_wait, list_url(bookings, made="week")),
    ]
    return [
        *({"title": title, "kind": "count", "value": value, "url": url} for title, value, url in counts),
        *({"title": title, "kind": kind, "value": value, "url": url} for title, kind, value, url in shares),
    ]


def _jobs() -> Chart:
    """Bar chart: number of open, assigned and started jobs."""
    shown = [Job.Status.OPEN, Job.Status.ASSIGNED, Job.Status.IN_PROGRESS]
    counted = dict(Job.objects.filter(status__in=shown).order_by().values_list("status").annotate(count=Count("pk")))
    return linked_bars(
        gettext("Jobs by status"),
        [(str(status.label), counted.get(status, 0), list_url("jobs_job", status__exact=status)) for status in shown],
    )


def _week(now: datetime) -> Chart:
    """Bar chart: number of live bookings that start on each of the next days, in local time of each site."""
    first = now.astimezone(MIDDLE).date()
    days = [first + timedelta(days=later) for later in range(DAYS)]
    begins = between_days(Assignment.objects.live(), "time_slot__startswith", "job__time_zone", days[0], days[-1])
    begins = begins.annotate(day=site_day("time_slot__startswith", "job__time_zone"))
    counted = dict(begins.order_by().values_list("day").annotate(Count("pk")))
    return linked_bars(
        gettext("Bookings in the next {days} days").format(days=DAYS),
        [
            (
                day_of_week(day),
                counted.get(day, 0),
                list_url("assignments_assignment", starts_from=day, starts_to=day, kept="live"),
            )
            for day in days
        ],
    )

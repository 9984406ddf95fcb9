"""What the page lists: open jobs by urgency, and who works where today."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import DateTimeField, ExpressionWrapper, F, Func, Value

from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet
from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.dashboard.sitedays import LONGEST_DAY, site_date
from smartscheduler.timeslots import TimeSlot

MOST_JOBS = 25
MOST_BOOKINGS = 120


@dataclass(frozen=True)
class OpenJobs:
    jobs: list[Job]
    more: int


@dataclass
class Lane:
    """One contractor's bookings of today, in order."""

    contractor: Contractor
    bookings: list[Assignment] = field(default_factory=list)


@dataclass(frozen=True)
class Today:
    lanes: list[Lane]
    more: int


def open_jobs() -> OpenJobs:
    """The most urgent open jobs and how many more there are, in two queries."""
    jobs = list(Job.objects.open().by_urgency()[:MOST_JOBS])
    return OpenJobs(jobs, max(0, Job.objects.open().count() - len(jobs)))


def today(now: datetime) -> Today:
    """The bookings whose slot touches today at their site, a lane a contractor, in two queries."""
    bookings = _of_today(now)
    shown = bookings.select_related("contractor", "job").order_by("time_slot", "pk")[:MOST_BOOKINGS]
    found = list(shown)
    return Today(_lanes(found), max(0, bookings.count() - len(found)))


def _of_today(now: datetime) -> AssignmentQuerySet:
    around = TimeSlot(now - LONGEST_DAY, now + LONGEST_DAY)
    # A slot that ends at midnight does not touch the next day.
    last_moment = ExpressionWrapper(_bound("upper") - Value(timedelta(microseconds=1)), output_field=DateTimeField())
    bookings: AssignmentQuerySet = Assignment.objects.all()
    return (
        bookings.overlapping(around)
        .exclude(status=Assignment.Status.CANCELLED)
        .annotate(
            today=site_date(now, "job__time_zone"),
            first_day=site_date(_bound("lower"), "job__time_zone"),
            last_day=site_date(last_moment, "job__time_zone"),
        )
        .filter(first_day__lte=F("today"), last_day__gte=F("today"))
    )


def _bound(which: str) -> Func:
    return Func(F("time_slot"), function=which, output_field=DateTimeField())


def _lanes(bookings: Iterable[Assignment]) -> list[Lane]:
    """By contractor, whoever starts first on top."""
    lanes: dict[object, Lane] = {}
    for booking in bookings:
        lanes.setdefault(booking.contractor_id, Lane(booking.contractor)).bookings.append(booking)
    return list(lanes.values())

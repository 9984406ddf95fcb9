"""Search of the board: contractors, and jobs by number, customer, phone and address.

Fields that the reader must not see are not searched: a match would reveal their value.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Case, F, Prefetch, Value, When

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import PUBLIC_SEARCH_TEXT, SEARCH_TEXT, Job
from jobs.states import Status
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import CUSTOMERS, can_see, redact_record
from smartscheduler.dashboard.axis import Axis
from smartscheduler.dashboard.question import Question
from smartscheduler.dashboard.search import MIN_LETTERS, MOST_MATCHES

MOST_CONTRACTORS, MOST_JOBS = 5, 8
OVER = [Status.COMPLETED, Status.CANCELLED]


@dataclass(frozen=True)
class JobResult:
    """A job; with the latest booking that was not canceled, and the day of the board on which it starts."""

    job: Any
    booking: Assignment | None
    day: date | None


@dataclass(frozen=True)
class Results:
    contractors: list[Contractor]
    jobs: list[JobResult]

    @property
    def count(self) -> int:
        return len(self.contractors) + len(self.jobs)


def results(question: Question, reader: User, now: datetime) -> Results:
    """The first results for the words of the question. Runs at most four queries."""
    if max(map(len, question.q.split()), default=0) < MIN_LETTERS:
        return Results([], [])
    axis = question.axis(now)
    any_status = Question(q=question.q, status="any", public_text_only=question.public_text_only)
    active_first = Case(When(status=Contractor.Status.ACTIVE, then=Value(0)), default=Value(1))
    contractors = any_status.people(axis).order_by(active_first, "name", "pk")[:MOST_CONTRACTORS]
    return Results(list(contractors), _jobs(question.q.split(), axis, reader))


def _jobs(words: list[str], axis: Axis, reader: User) -> list[JobResult]:
    """Jobs that are not over by desired date, then the others in descending order."""
    jobs = Job.objects.alias(search_text=SEARCH_TEXT, public_search_text=PUBLIC_SEARCH_TEXT)
    for word in words:
        jobs = jobs.filter(search_text__icontains=word)
        if not can_see(reader, CUSTOMERS):
            jobs = jobs.filter(public_search_text__icontains=word)
    is_over = Case(When(status__in=OVER, then=Value(1)), default=Value(0))
    upcoming = Case(When(status__in=OVER, then=None), default=F("desired_date"))
    bookings = Assignment.objects.exclude(status=Assignment.Status.CANCELLED).select_related("contractor")
    latest = Prefetch("assignments", bookings.order_by("-created_at"), to_attr="booked")
    some = Job.objects.filter(pk__in=jobs.order_by().values("pk")[:MOST_MATCHES])
    matching = some.order_by(is_over, upcoming.asc(), "-desired_date", "pk").prefetch_related(latest)
    return [_result(job, axis, reader) for job in matching[:MOST_JOBS]]


def _result(job: Any, axis: Axis, reader: User) -> JobResult:
    booking: Assignment | None = next(iter(job.booked), None)
    day = booking.slot.start.astimezone(axis.zone_for(booking.contractor.zone)).date() if booking else None
    return JobResult(redact_record(job, reader), booking, day)

"""The figures above the rows: what all rows that match the filters show, also those that are not loaded."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, Count, DateTimeField, F, Func, Q, Value
from django.db.models.expressions import RawSQL

from assignments.calendars import delays_of_days
from assignments.lateness import late_from
from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet, is_in_conflict, is_late
from assignments.states import MOVABLE, Status
from contractors.querysets import ContractorQuerySet
from smartscheduler.dashboard.axis import ONE_DAY, Axis
from smartscheduler.dashboard.free_time import rows_and_booked_share
from smartscheduler.dashboard.question import Question
from smartscheduler.dashboard.rows import matching
from smartscheduler.rules.values import Rules

# Contractors with a reported late booking whose days are read.
MOST_REPORTED = 200


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Numbers of the matching rows and of their bookings on the shown days; `booked` is a share, or None."""

    rows: int
    bookings: int
    pending: int
    in_progress: int
    completed: int
    late: int
    waiting: int
    conflicts: int
    booked: float | None


def counts(question: Question, now: datetime, rules: Rules) -> Counts:
    """The figures at `now`. Runs two queries and that of the axis; more for late bookings and a selected job."""
    axis = question.axis(now)
    people = matching(question, axis, now, rules)
    bookings = _on(axis, Assignment.objects.exclude(status=Status.CANCELLED).filter(_of(people)))
    numbers = bookings.aggregate(
        bookings=Count("pk"),
        late=Count("pk", filter=is_late(now)),
        waiting=Count("pk", filter=Q(status__in=MOVABLE, time_slot__startswith__lte=now)),
        conflicts=Count("pk", filter=is_in_conflict(now)),
        reported=Count("pk", filter=Q(late_until__isnull=False)),
        **{
            status.value: Count("pk", filter=Q(status=status))
            for status in (Status.PENDING, Status.IN_PROGRESS, Status.COMPLETED)
        },
    )
    if numbers.pop("reported"):
        numbers["late"] += _delayed(bookings, now, rules)
    rows, booked = rows_and_booked_share(people, axis)
    return Counts(rows=rows, booked=booked, **numbers)


def _of(people: ContractorQuerySet) -> Any:
    """Condition: the booking is one of these contractors.

    Not a subquery of Django, which would rename the table that the SQL of the filters names.
    """
    try:
        sql, parameters = people.values("pk").query.sql_with_params()
    except EmptyResultSet:  # the filters exclude each other
        return Q(pk__in=[])
    condition = f"assignments_assignment.contractor_id IN ({sql})"
    return RawSQL(condition, parameters, output_field=BooleanField())  # noqa: S611  (our own text)


def _on(axis: Axis, bookings: AssignmentQuerySet) -> AssignmentQuerySet:
    """The bookings that the rows of the axis show."""
    if axis.zone is not None:
        return bookings.overlapping(axis.window(axis.zone))
    start, end = (_midnight(day) for day in (axis.first, axis.last + ONE_DAY))
    return bookings.filter(time_slot__endswith__gt=start, time_slot__startswith__lt=end)


def _midnight(day: Any) -> Func:
    """SQL expression: the beginning of a day on the clock of the contractor."""
    return Func(
        Value(day.isoformat()),
        F("contractor__time_zone"),
        arg_joiner="::timestamp AT TIME ZONE ",
        template="(%(expressions)s)",
        output_field=DateTimeField(),
    )


def _delayed(bookings: AssignmentQuerySet, now: datetime, rules: Rules) -> int:
    """Number of bookings that are late because of the booking before, and do not count as late by themselves."""
    reported = bookings.filter(late_until__isnull=False).order_by("contractor").values_list("contractor", flat=True)
    concerned = bookings.filter(contractor__in=list(reported.distinct()[:MOST_REPORTED]))
    ordered = concerned.select_related("job").order_by("contractor", "time_slot")
    days = [list(day) for _key, day in groupby(ordered, key=_day)]
    return sum(
        bool(delay) and not _is_late_itself(booking, now)
        for day, delays in zip(days, delays_of_days(days, rules), strict=True)
        for booking, delay in zip(day, delays, strict=True)
    )


def _day(booking: Assignment) -> tuple[Any, Any]:
    return booking.contractor_id, booking.slot.start.astimezone(booking.job.zone).date()


def _is_late_itself(booking: Assignment, now: datetime) -> bool:
    since = late_from(booking.status, booking.slot)
    return booking.late_until is not None or (since is not None and since <= now)

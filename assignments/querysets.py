"""Queries for assignments."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Case, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import JSONObject
from psycopg.types.range import TimestamptzRange

from assignments.eligibility import DECIDED_BY_PLACES
from assignments.lateness import END_GRACE, START_GRACE
from assignments.states import LIVE, MOVABLE, Status
from contractors.models import PUBLIC_SEARCH_TEXT as PUBLIC_CONTRACTOR_TEXT
from contractors.models import SEARCH_TEXT as CONTRACTOR_TEXT
from contractors.models import Contractor, Rating
from jobs.models import PUBLIC_SEARCH_TEXT as PUBLIC_JOB_TEXT
from jobs.models import SEARCH_TEXT as JOB_TEXT
from jobs.models import Job
from smartscheduler.accounts.visibility import CONTACTS, CUSTOMERS, can_see
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.timeslots import TimeSlot

if TYPE_CHECKING:
    from assignments.models import Assignment  # noqa: F401


# Live assignments by start, the next first; then all others, the latest first. An index has this order.
_IS_LIVE = Q(status="pending") | Q(status="confirmed") | Q(status="in_progress")
_START = Func(F("time_slot"), function="lower", output_field=models.DateTimeField())
LIST_ORDER = (
    Case(When(_IS_LIVE, then=Value(0)), default=Value(1)).asc(),
    Case(When(_IS_LIVE, then=_START)).asc(),
    _START.desc(),
    F("id").asc(),
)
PLACE_RULES = [rule.value for rule in DECIDED_BY_PLACES]


def is_late(now: datetime) -> Q:
    """Condition: reported late, or not started or ended in time. The same rule as `assignments.lateness`."""
    not_started = Q(status__in=MOVABLE, time_slot__startswith__lte=now - START_GRACE)
    not_completed = Q(status=Status.IN_PROGRESS, time_slot__endswith__lte=now - END_GRACE)
    return Q(late_until__isnull=False) | not_started | not_completed


def is_in_conflict(now: datetime) -> Q:
    """Condition: upcoming, live, and rejected by the rules of today. See `AssignmentQuerySet.in_conflict`."""
    condition = Q(status__in=LIVE, time_slot__endswith__gt=now, conflict__isnull=False)
    return condition & ~Q(conflict__rules__contained_by=PLACE_RULES) if places_are_blurred() else condition


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def live(self) -> "AssignmentQuerySet":
        """Assignments that occupy their slot: pending, confirmed or in progress."""
        return self.filter(status__in=LIVE)

    def with_rating_and_plan(self) -> "AssignmentQuerySet":
        """With `rated_value` and `rated_at` of completed work, and `plan_link`, the plan that led to the booking.

        An item of a plan refers to its booking. The app of plans is above this one, so its model is not imported.
        """
        ratings = Rating.objects.filter(job_id=OuterRef("job_id"))
        completed = Q(status=Status.COMPLETED)
        items: Any = self.model._meta.get_field("plan_items").related_model
        accepted = items.objects.filter(assignment=OuterRef("pk"), state="accepted").order_by("-accepted_at", "-pk")
        link = JSONObject(id="plan_id", number="plan__number", item="pk")
        return self.annotate(
            rated_value=Case(When(completed, then=Subquery(ratings.values("value")[:1]))),
            rated_at=Case(When(completed, then=Subquery(ratings.values("created_at")[:1]))),
            plan_link=Subquery(accepted.values(link=link)[:1]),
        )

    def overlapping(self, slot: TimeSlot) -> "AssignmentQuerySet":
        return self.filter(time_slot__overlap=TimestamptzRange(slot.start, slot.end, "[)"))

    def upcoming(self, now: datetime) -> "AssignmentQuerySet":
        """Assignments that end after `now`."""
        return self.filter(time_slot__endswith__gt=now)

    def late(self, now: datetime) -> "AssignmentQuerySet":
        """Assignments that are reported late, or have not started or ended in time."""
        return self.filter(is_late(now))

    def next_first(self, now: datetime) -> "AssignmentQuerySet":
        """Upcoming live assignments by start, then all others in descending order of start."""
        ahead = Q(time_slot__endswith__gt=now, status__in=LIVE)
        start = models.F("time_slot__startswith")
        return self.order_by(
            Case(When(ahead, then=0), default=1), Case(When(ahead, then=start)).asc(), start.desc(), "pk"
        )

    def in_conflict(self, now: datetime, rule: str = "") -> "AssignmentQuerySet":
        """Upcoming live assignments that the rules would reject today; with `rule`, only those that fail this rule.

        While places are blurred, rules that depend on exact places do not count.
        """
        conflicts = self.filter(is_in_conflict(now))
        if places_are_blurred() and rule in PLACE_RULES:
            return conflicts.none()
        return conflicts.filter(conflict__rules__contains=[rule]) if rule else conflicts

    def of_words(self, text: str, reader: Any) -> "AssignmentQuerySet":
        """Assignments whose job or contractor contains `text`; fields that `reader` must not see are not searched.

        Two subqueries instead of joins with OR, so that each side can use its own text index.
        """
        jobs = Job.objects.alias(search_text=JOB_TEXT).filter(search_text__icontains=text)
        people = Contractor.objects.alias(search_text=CONTRACTOR_TEXT).filter(search_text__icontains=text)
        if not can_see(reader, CUSTOMERS):
            jobs = jobs.alias(public_search_text=PUBLIC_JOB_TEXT).filter(public_search_text__icontains=text)
        if not can_see(reader, CONTACTS):
            people = people.alias(public_search_text=PUBLIC_CONTRACTOR_TEXT).filter(public_search_text__icontains=text)
        return self.filter(Q(job__in=jobs.values("pk")) | Q(contractor__in=people.values("pk")))

    def locked(self) -> "AssignmentQuerySet":
        """Rows locked against other writers, in the order of their ids so that two transactions cannot deadlock."""
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")

"""Assignments: one contractor booked on one job for one time slot."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from psycopg.types.range import TimestamptzRange

from assignments.decision_record import Decision
from assignments.eligibility import DECIDED_BY_PLACES
from assignments.querysets import AssignmentQuerySet
from assignments.states import LIVE, Status, check_movable, check_transition
from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.core.db.text_fields import ShortNotesField
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.core.models import OF_THE_RECORD, Record
from smartscheduler.history.triggers import keeps_history
from smartscheduler.rules.models import RulesVersion
from smartscheduler.timeslots import TimeSlot

LIVE_STATES = sorted(LIVE)


@keeps_history(exclude=OF_THE_RECORD, owner="job")
class Assignment(Record):
    """A booking, and why it was made."""

    Status = Status

    contractor = models.ForeignKey(Contractor, on_delete=models.PROTECT, related_name="assignments")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="assignments")
    time_slot = DateTimeRangeField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = ShortNotesField(max_length=500, blank=True)

    # The decision as it stood at that moment; null where the contractor had no rank.
    score = models.DecimalField(max_digits=5, decimal_places=4)
    score_breakdown = models.JSONField()
    rank = models.PositiveIntegerField(null=True, blank=True)
    # How many could have been ranked; at least so many where counting on would have cost too much.
    candidates_considered = models.PositiveIntegerField()
    candidates_exact = models.BooleanField(default=False, db_default=False)
    override_reason = ShortNotesField(max_length=500, blank=True)
    # None: before the first version was published, by the settings.
    rules = models.ForeignKey(
        RulesVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            ExclusionConstraint(
                name="assignment_no_double_booking",
                expressions=[("contractor", RangeOperators.EQUAL), ("time_slot", RangeOperators.OVERLAPS)],
                condition=Q(status__in=LIVE_STATES),
            ),
            models.UniqueConstraint(
                fields=["job"], condition=Q(status__in=LIVE_STATES), name="assignment_one_live_per_job"
            ),
            models.CheckConstraint(
                condition=Q(
                    time_slot__isempty=False,
                    time_slot__lower_inf=False,
                    time_slot__upper_inf=False,
                    time_slot__lower_inc=True,
                    time_slot__upper_inc=False,
                ),
                name="assignment_slot_half_open",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="assignment_status_known"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="assignment_score_in_range"),
            models.CheckConstraint(condition=Q(rank__isnull=True) | Q(rank__gte=1), name="assignment_rank_from_1"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "cancelled"]) | Q(confirmed_at__isnull=False),
                name="assignment_confirmed_at_in_step",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "confirmed"], started_at__isnull=True)
                | Q(status__in=["in_progress", "completed"], started_at__isnull=False)
                | Q(status="cancelled"),
                name="assignment_started_at_in_step",
            ),
            models.CheckConstraint(
                condition=Q(status="completed", completed_at__isnull=False)
                | (~Q(status="completed") & Q(completed_at__isnull=True)),
                name="assignment_completed_at_in_step",
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled", cancelled_at__isnull=False)
                | (~Q(status="cancelled") & Q(cancelled_at__isnull=True)),
                name="assignment_cancelled_at_in_step",
            ),
        ]
        indexes = [
            # Calendars are read from it; work that is done would only be in the way there.
            models.Index(
                fields=["contractor"],
                include=["time_slot", "job"],
                name="assignment_live",
                condition=Q(status__in=LIVE_STATES),
            ),
            models.Index(fields=["status", "-created_at"], name="assignment_by_status"),
            models.Index(fields=["-created_at", "id"], name="assignment_by_creation"),
            # Days and weeks of bookings, live or not, are found by it.
            models.Index(Func(F("time_slot"), function="lower"), name="assignment_by_start"),
        ]

    def __str__(self) -> str:
        return f"{self.job} – {self.contractor}"

    @property
    def slot(self) -> TimeSlot:
        return TimeSlot(self.time_slot.lower, self.time_slot.upper)

    @slot.setter
    def slot(self, slot: TimeSlot) -> None:
        self.time_slot = TimestamptzRange(slot.start, slot.end, "[)")

    @property
    def candidates(self) -> str:
        """The number of candidates as people say it: `23`, `at least 48`."""
        return f"{self.candidates_considered}" if self.candidates_exact else f"at least {self.candidates_considered}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def record(self, decision: Decision) -> None:
        """Keep why this contractor was chosen, and by which version of the rules."""
        self.score = decision.score
        self.score_breakdown = decision.score_breakdown
        self.rank = decision.rank
        self.candidates_considered = decision.candidates_considered
        self.candidates_exact = decision.candidates_exact
        self.rules_id = decision.rules.version

    def confirm(self, *, at: datetime) -> None:
        self._move_to(Status.CONFIRMED)
        self.confirmed_at = at

    def start(self, *, at: datetime) -> None:
        self._move_to(Status.IN_PROGRESS)
        self.started_at = at

    def complete(self, *, at: datetime) -> None:
        self._move_to(Status.COMPLETED)
        self.completed_at = at

    def cancel(self, *, reason: str, at: datetime) -> None:
        self._move_to(Status.CANCELLED)
        self.cancel_reason, self.cancelled_at = reason, at

    def reschedule(self, slot: TimeSlot) -> None:
        check_movable(self.status, "rescheduled")
        self.slot = slot

    def _move_to(self, status: str) -> None:
        check_transition(self.status, status)
        self.status = status


class Conflict(models.Model):
    """A live booking that the rules would refuse today; written by `assignments.broken_bookings` alone.

    It keeps the codes of the failed rules. The sentences are made by the engine when they are shown.
    """

    assignment = models.OneToOneField(Assignment, on_delete=models.CASCADE, primary_key=True, related_name="conflict")
    rules = ArrayField(models.CharField(max_length=20))
    found_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.assignment}: {', '.join(self.rules)}"

    @property
    def is_told(self) -> bool:
        """Whether whoever asks may know of it: not where exact places alone decide, and they may not be seen."""
        return not places_are_blurred() or not DECIDED_BY_PLACES.issuperset(self.rules)

"""Assignments of contractors to jobs, and conflicts of assignments."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Func, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import TimestamptzRange

from assignments.decision_record import Decision
from assignments.eligibility import DECIDED_BY_PLACES
from assignments.querysets import LIST_ORDER, AssignmentQuerySet
from assignments.states import CAN_RUN_LATE, LIVE, Status, check_can_run_late, check_movable, check_transition
from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.core.db.text_fields import ShortNotesField
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.core.models import OF_THE_RECORD, Record
from smartscheduler.history.triggers import keeps_history
from smartscheduler.rules.models import RulesVersion
from smartscheduler.timeslots import TimeSlot

LIVE_STATES = sorted(LIVE)
NO_DOUBLE_BOOKING = "assignment_no_double_booking"

# The fields that `Assignment.record` sets.
OF_THE_DECISION = ("score", "score_breakdown", "rank", "candidates_considered", "candidates_exact", "rules")


@keeps_history(exclude=OF_THE_RECORD, owner="job")
class Assignment(Record):
    """Job given to a contractor for a time slot, with the decision behind it."""

    Status = Status

    contractor = models.ForeignKey(
        Contractor, verbose_name=_("contractor"), on_delete=models.PROTECT, related_name="assignments"
    )
    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.PROTECT, related_name="assignments")
    time_slot = DateTimeRangeField(_("time slot"))
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.PENDING)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("canceled at"), null=True, blank=True)
    cancel_reason = ShortNotesField(_("cancel reason"), max_length=500, blank=True)
    # When the work is expected to end, as reported; null for an assignment that is not reported late.
    late_until = models.DateTimeField(_("late until"), null=True, blank=True)

    # The decision at the time of booking. `rank` is null if the contractor was not a candidate.
    score = models.DecimalField(_("score"), max_digits=5, decimal_places=4)
    score_breakdown = models.JSONField(_("score breakdown"))
    rank = models.PositiveIntegerField(_("rank"), null=True, blank=True)
    # Number of candidates, or a lower limit if `candidates_exact` is false: the ranking stops before it has counted
    # all.
    candidates_considered = models.PositiveIntegerField(_("candidates considered"))
    candidates_exact = models.BooleanField(_("candidates exact"), default=False, db_default=False)
    override_reason = ShortNotesField(_("override reason"), max_length=500, blank=True)
    # Why the arrival window of the job was broken by this booking; empty for a booking in the window, or without one.
    window_break_reason = ShortNotesField(
        _("reason for breaking the window"), max_length=500, blank=True, db_default=""
    )
    # Past work that was recorded afterwards (assignments.services.record_past_work), instead of done from this booking.
    is_recorded = models.BooleanField(_("recorded afterwards"), default=False, db_default=False, editable=False)
    # Null: no version was published yet, so the rules of the settings were used.
    rules = models.ForeignKey(
        RulesVersion,
        verbose_name=_("rules"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("assigned by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("assignment"), _("assignments")
        ordering = ["-created_at", "id"]
        constraints = [
            # Prevents double booking even if a writer bypasses the check in assignments.booking_checks. Slots are
            # half-open, so an assignment can start when the previous one ends. Deferrable, because bookings that trade
            # places overlap for a moment (`assignments.services.change_bookings`); every other statement is checked at
            # its end.
            ExclusionConstraint(
                name=NO_DOUBLE_BOOKING,
                expressions=[("contractor", RangeOperators.EQUAL), ("time_slot", RangeOperators.OVERLAPS)],
                condition=Q(status__in=LIVE_STATES),
                deferrable=Deferrable.IMMEDIATE,
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
            models.CheckConstraint(
                condition=Q(late_until__isnull=True) | Q(status__in=sorted(CAN_RUN_LATE)),
                name="assignment_late_until_in_step",
            ),
            models.CheckConstraint(
                condition=Q(late_until__isnull=True) | Q(late_until__gt=Func(F("time_slot"), function="upper")),
                name="assignment_late_until_after_slot",
            ),
            # Recorded work is over, and its times are those of the slot.
            models.CheckConstraint(
                condition=Q(is_recorded=False)
                | Q(
                    status="completed",
                    started_at=Func(F("time_slot"), function="lower"),
                    completed_at=Func(F("time_slot"), function="upper"),
                ),
                name="assignment_recorded_is_over",
            ),
        ]
        indexes = [
            # For calendars, which contain live assignments only; the included columns save a visit to the table.
            models.Index(
                fields=["contractor"],
                include=["time_slot", "job"],
                name="assignment_live",
                condition=Q(status__in=LIVE_STATES),
            ),
            models.Index(fields=["status", "-created_at"], name="assignment_by_status"),
            models.Index(fields=["-created_at", "id"], name="assignment_by_creation"),
            # For lists of the assignments of a day or a week in any state.
            models.Index(Func(F("time_slot"), function="lower"), name="assignment_by_start"),
            models.Index(*LIST_ORDER, name="assignment_by_list_order"),
            models.Index(fields=["updated_at", "id"], name="assignment_by_update"),
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
        """Number of candidates as text: `23` or `at least 48`."""
        number = str(self.candidates_considered)
        return number if self.candidates_exact else gettext("at least {number}").format(number=number)

    @property
    def breaks_window(self) -> bool:
        """Whether the booking was made outside the arrival window of its job, with a reason."""
        return bool(self.window_break_reason)

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def record(self, decision: Decision) -> None:
        """Copy the decision and the version of its rules to the assignment."""
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
        self.completed_at, self.late_until = at, None

    def cancel(self, *, reason: str, at: datetime) -> None:
        self._move_to(Status.CANCELLED)
        self.cancel_reason, self.cancelled_at, self.late_until = reason, at, None

    def reschedule(self, slot: TimeSlot) -> None:
        check_movable(self.status, "rescheduled")
        self.slot, self.late_until = slot, None

    def run_late(self, until: datetime | None) -> None:
        """Store the expected end; None withdraws the report."""
        check_can_run_late(self.status)
        self.late_until = until

    def _move_to(self, status: str) -> None:
        check_transition(self.status, status)
        self.status = status


class Conflict(models.Model):
    """Live assignment that the rules would reject today; written only by `assignments.broken_bookings`.

    Stores the codes of the failed rules. Their texts are computed when they are shown.
    """

    assignment = models.OneToOneField(
        Assignment, verbose_name=_("assignment"), on_delete=models.CASCADE, primary_key=True, related_name="conflict"
    )
    rules = ArrayField(models.CharField(max_length=20), verbose_name=_("rules"))
    found_at = models.DateTimeField(_("found at"))

    class Meta:
        verbose_name, verbose_name_plural = _("conflict"), _("conflicts")

    def __str__(self) -> str:
        return f"{self.assignment}: {', '.join(self.rules)}"

    @property
    def is_told(self) -> bool:
        """Whether the current user is allowed to know of it: not if places are blurred and only places decide."""
        return not places_are_blurred() or not DECIDED_BY_PLACES.issuperset(self.rules)

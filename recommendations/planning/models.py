"""Plans, the changes that they propose, and the jobs that they leave out. Nothing in these tables is a booking."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import TimestamptzRange

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from recommendations.planning.querysets import PlanItemQuerySet, PlanQuerySet
from recommendations.planning.states import (
    AT_WORK,
    OPEN,
    Action,
    Effort,
    ItemState,
    Kind,
    MayChange,
    MissCode,
    State,
    StopRequest,
    check_transition,
)
from smartscheduler.core.db.model_fields import CharField
from smartscheduler.core.models import Record
from smartscheduler.rules.models import RulesVersion
from smartscheduler.rules.values import UNIT
from smartscheduler.timeslots import TimeSlot


def new_plan_number() -> str:
    """Plan number `PLAN-YYYYMMDD-XXXXXX`: today in UTC and six random upper-case hexadecimal digits."""
    return f"PLAN-{timezone.now():%Y%m%d}-{secrets.token_hex(3).upper()}"


def new_seed() -> int:
    return secrets.randbelow(2**31)


class Plan(Record):
    """A proposal for many jobs, and the run that makes it. Worths are in ten-thousandths."""

    State, Kind, Effort, MayChange = State, Kind, Effort, MayChange

    number = CharField(
        _("plan number"),
        max_length=20,
        unique=True,
        editable=False,
        default=new_plan_number,
        validators=[RegexValidator(r"^PLAN-[0-9]{8}-[0-9A-F]{6}\Z")],
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.JOBS)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.QUEUED)
    parent = models.ForeignKey(
        "self", verbose_name=_("made from"), null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    # The frozen scope (recommendations.planning.scope): ids of jobs and contractors, locks, limits.
    scope = models.JSONField(_("scope"), default=dict)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    may_change = models.CharField(
        _("may change"), max_length=14, choices=MayChange.choices, default=MayChange.OPEN_JOBS
    )
    effort = models.CharField(_("effort"), max_length=8, choices=Effort.choices, default=Effort.NORMAL)
    seed = models.PositiveIntegerField(_("seed"))
    engine = models.CharField(_("solver"), max_length=40, blank=True, default="")
    engine_version = models.CharField(_("version of the solver"), max_length=40, blank=True, default="")
    # The rules of its snapshot. Null: no version was published yet, so the rules of the settings were used.
    rules = models.ForeignKey(
        RulesVersion, verbose_name=_("rules"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # The last event that the snapshot contains. Later events can make items stale.
    event_head = models.BigIntegerField(_("last event of its snapshot"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)

    # The run: attempts so far, the lease of its worker, what the user asked of it, and what it has reached.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    stop_request = models.CharField(
        _("stop request"), max_length=6, choices=StopRequest.choices, blank=True, default=""
    )
    percent = models.PositiveSmallIntegerField(_("per cent"), default=0)
    progress = models.JSONField(_("best so far"), default=dict)
    failure = models.CharField(_("failure"), max_length=300, blank=True, default="")

    worth = models.BigIntegerField(_("worth"), null=True, blank=True)
    # No plan can be worth more than this; null: not known.
    bound = models.BigIntegerField(_("bound"), null=True, blank=True)
    proven = models.BooleanField(_("proven best"), default=False)
    limit_reached = models.CharField(_("limit reached"), max_length=40, blank=True, default="")
    # Counts of the snapshot, and the figures of today, by hand and plan (recommendations.planning.figures).
    counts = models.JSONField(_("counts"), default=dict)
    figures = models.JSONField(_("figures"), default=dict)
    # Bookings that stay although a rule forbids them by now: {assignment, job, rules} each.
    conflicts = models.JSONField(_("conflicts"), default=list)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("plan"), _("plans")
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="plan_state_known"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="plan_days_in_order"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="plan_percent_in_range"),
            models.CheckConstraint(
                condition=Q(bound__isnull=True) | Q(worth__isnull=True) | Q(bound__gte=F("worth")),
                name="plan_bound_not_below_worth",
            ),
            models.CheckConstraint(condition=Q(number__regex=r"^PLAN-[0-9]{8}-[0-9A-F]{6}$"), name="plan_number_shape"),
            # One plan a person runs at a time; the person's next plans wait.
            models.UniqueConstraint(
                fields=["requested_by"], condition=Q(state="running"), name="plan_one_running_per_user"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="plan_by_creation"),
            models.Index(fields=["updated_at", "id"], name="plan_by_update"),
            models.Index(fields=["created_at"], name="plan_at_work", condition=Q(state__in=sorted(AT_WORK))),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK

    @property
    def is_open(self) -> bool:
        """Whether items can still be accepted."""
        return self.state in OPEN and (self.expires_at is None or timezone.now() < self.expires_at)

    @property
    def is_over(self) -> bool:
        """Whether the time of a proposal is over. One of which a part was accepted keeps its state."""
        return self.state == State.EXPIRED or (self.state in OPEN and not self.is_open)

    @property
    def gap_percent(self) -> Decimal | None:
        """How much better a plan could be at most, in per cent of its worth; None without a bound."""
        if self.bound is None or not self.worth or self.worth <= 0:
            return None
        return (Decimal(self.bound - self.worth) * 100 / self.worth).quantize(Decimal("0.001"))

    def move_to(self, state: str) -> None:
        """Enter `state`. Raises InvalidTransition."""
        check_transition(self.state, state)
        self.state = state

    def start(self, *, at: datetime, lease: datetime) -> None:
        self.move_to(State.RUNNING)
        self.started_at, self.attempts, self.leased_until = at, self.attempts + 1, lease
        self.percent, self.progress = 0, {}

    def fail(self, sentence: str, *, at: datetime) -> None:
        """End the run without a result. `sentence` says what happened and what to do."""
        self.move_to(State.FAILED)
        self.failure, self.finished_at, self.leased_until = sentence[:300], at, None


class PlanItem(models.Model):
    """One change that a plan proposes. `worth` is its part of the plan's worth; all parts are ten-thousandths."""

    Action, State = Action, ItemState

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(Plan, verbose_name=_("plan"), on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField(_("position"))
    action = models.CharField(_("action"), max_length=8, choices=Action.choices)
    state = models.CharField(_("state"), max_length=8, choices=ItemState.choices, default=ItemState.PROPOSED)
    # Items with the same number are accepted together or not at all.
    bundle = models.PositiveIntegerField(_("bundle"))
    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.CASCADE, related_name="plan_items")
    # Null for a dropped booking.
    contractor = models.ForeignKey(
        Contractor,
        verbose_name=_("contractor"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="plan_items",
    )
    time_slot = DateTimeRangeField(_("time slot"), null=True, blank=True)

    # The booking as it was, with the version that the plan has seen; null for an open job.
    previous_assignment = models.ForeignKey(
        Assignment,
        verbose_name=_("booking so far"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    previous_version = models.PositiveIntegerField(_("version of the booking so far"), null=True, blank=True)
    previous_contractor = models.ForeignKey(
        Contractor,
        verbose_name=_("contractor so far"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    previous_slot = DateTimeRangeField(_("time slot so far"), null=True, blank=True)
    # The decision of a booking that was moved, from before the acceptance: the booking has that of the plan. For undo.
    previous_decision: "models.JSONField[Any, Any]" = models.JSONField(_("decision so far"), null=True, blank=True)

    priority_worth = models.IntegerField(_("worth of the priority"), default=0)
    score = models.DecimalField(_("score"), max_digits=5, decimal_places=4, null=True, blank=True)
    score_breakdown = models.JSONField(_("score breakdown"), default=dict)
    travel = models.IntegerField(_("travel"), default=0)
    fairness = models.IntegerField(_("fairness"), default=0)
    disruption = models.IntegerField(_("disruption"), default=0)
    worth = models.IntegerField(_("worth"), default=0)
    # The rank of the contractor for this job alone; null if it was not counted.
    rank = models.PositiveIntegerField(_("rank"), null=True, blank=True)
    candidates_considered = models.PositiveIntegerField(_("candidates considered"), default=0)
    candidates_exact = models.BooleanField(_("candidates exact"), default=False)
    # Miles between the sites of the contractor's day, without and with the plan.
    miles_before = models.DecimalField(_("miles before"), max_digits=7, decimal_places=1, null=True, blank=True)
    miles_after = models.DecimalField(_("miles after"), max_digits=7, decimal_places=1, null=True, blank=True)

    # Of a stale item: the code and the sentence of the refusal, and a fresh suggestion.
    stale_code = models.CharField(_("why stale"), max_length=40, blank=True, default="")
    stale_reason = models.TextField(_("reason"), blank=True, default="")
    suggestion = models.JSONField(_("suggestion"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    # The booking that it became.
    assignment = models.ForeignKey(
        Assignment,
        verbose_name=_("assignment"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="plan_items",
    )

    objects = PlanItemQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("item of a plan"), _("items of plans")
        ordering = ["plan", "position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "job"], name="plan_item_one_per_job"),
            models.UniqueConstraint(fields=["plan", "position"], name="plan_item_position_once"),
            models.CheckConstraint(condition=Q(action__in=Action.values), name="plan_item_action_known"),
            models.CheckConstraint(condition=Q(state__in=ItemState.values), name="plan_item_state_known"),
            models.CheckConstraint(
                condition=Q(action="drop", contractor__isnull=True, time_slot__isnull=True)
                | (~Q(action="drop") & Q(contractor__isnull=False, time_slot__isnull=False)),
                name="plan_item_slot_unless_dropped",
            ),
            models.CheckConstraint(
                condition=Q(action="book", previous_slot__isnull=True)
                | (~Q(action="book") & Q(previous_slot__isnull=False)),
                name="plan_item_previous_unless_new",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1), name="plan_item_score_in_range"
            ),
        ]
        indexes = [models.Index(fields=["plan", "bundle"], name="plan_item_by_bundle")]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.action} {self.job_id}"

    @property
    def slot(self) -> TimeSlot | None:
        return self.time_slot and TimeSlot(self.time_slot.lower, self.time_slot.upper)

    @slot.setter
    def slot(self, slot: TimeSlot | None) -> None:
        self.time_slot = slot and TimestamptzRange(slot.start, slot.end, "[)")

    @property
    def slot_so_far(self) -> TimeSlot | None:
        return self.previous_slot and TimeSlot(self.previous_slot.lower, self.previous_slot.upper)

    @slot_so_far.setter
    def slot_so_far(self, slot: TimeSlot) -> None:
        self.previous_slot = TimestamptzRange(slot.start, slot.end, "[)")

    @property
    def is_change(self) -> bool:
        """Whether accepting the item changes anything."""
        return self.action != Action.KEEP

    def parts(self) -> Mapping[str, int]:
        """The parts of the item's worth in ten-thousandths; their sum is `worth`."""
        return {
            "priority": self.priority_worth,
            "score": int(self.score * UNIT) if self.score is not None else 0,
            "travel": -self.travel,
            "fairness": -self.fairness,
            "disruption": -self.disruption,
        }


class PlanMiss(models.Model):
    """A job that a plan leaves out, with the reason."""

    Code = MissCode

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(Plan, verbose_name=_("plan"), on_delete=models.CASCADE, related_name="misses")
    position = models.PositiveIntegerField(_("position"))
    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.CASCADE, related_name="plan_misses")
    code = models.CharField(_("code"), max_length=16, choices=MissCode.choices)
    sentence = models.TextField(_("reason"), blank=True, default="")
    numbers: "models.JSONField[Any, Any]" = models.JSONField(_("numbers"), default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("job left out by a plan"), _("jobs left out by plans")
        ordering = ["plan", "position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "job"], name="plan_miss_one_per_job"),
            models.CheckConstraint(condition=Q(code__in=MissCode.values), name="plan_miss_code_known"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.job_id} {self.code}"

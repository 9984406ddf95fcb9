"""Jobs: work of one type at a site, with a desired date and a duration."""

import secrets
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contractors.fields import SkillsField
from customers.models import Customer, CustomerAddress
from jobs import triggers
from jobs.arrival import LONGEST_WINDOW, SHORTEST_WINDOW
from jobs.querysets import LIST_ORDER, JobQuerySet
from jobs.states import Status, check_transition
from smartscheduler.core.db.external_ids import external_id_field, source_field, unique_external_id
from smartscheduler.core.db.model_fields import CharField, DurationField
from smartscheduler.core.db.text_fields import LineField, NotesField, ShortNotesField
from smartscheduler.core.db.text_search import LEFT_OUT, search_expression, search_index
from smartscheduler.core.entry.phone_numbers import STORED_ON_JOBS
from smartscheduler.core.geo.locations import Location
from smartscheduler.core.models import OF_THE_RECORD
from smartscheduler.history.triggers import keeps_history
from smartscheduler.timeslots import TimeSlot

LONGEST_JOB = timedelta(hours=8)


def new_job_number() -> str:
    """Job number `JOB-YYYYMMDD-XXXXXXXX`: today in UTC and eight random upper-case hexadecimal digits."""
    return f"JOB-{timezone.now():%Y%m%d}-{secrets.token_hex(4).upper()}"


def validate_duration(duration: timedelta) -> None:
    if duration <= timedelta(0):
        raise ValidationError(gettext("Enter a duration longer than zero."), code="min_value")


SEARCH_TEXT = search_expression(
    "job_search_text", "job_number", "address", "city", "zip_code", "external_id", "customer_name", "customer_phone"
)
# For users without VIEW_CUSTOMERS: a search by name, phone or address would reveal where a customer lives.
PUBLIC_SEARCH_TEXT = search_expression(
    "job_search_text", "job_number", LEFT_OUT, "city", "zip_code", "external_id", LEFT_OUT, LEFT_OUT
)


def _past_half_hour(field: str) -> Func:
    """SQL for the seconds from the last half hour to a moment, by the clock at the site."""
    template = "MOD(EXTRACT(EPOCH FROM timezone(%(expressions)s)), 1800)"
    return Func(F("time_zone"), F(field), template=template, output_field=models.DecimalField())


# Copies, whose history is that of the customer.
COPIED_LISTS = ("preferred_contractors", "refused_contractors")


@keeps_history(exclude=[*OF_THE_RECORD, *COPIED_LISTS])
class Job(Location):
    """Piece of work that a contractor does for a customer at a site."""

    class Type(models.TextChoices):
        FLOORING = "flooring", _("Flooring")
        TILE = "tile", _("Tile")
        CARPET = "carpet", _("Carpet")

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")
        URGENT = "urgent", _("Urgent")

    Status = Status

    job_number = CharField(
        _("job number"),
        max_length=21,
        unique=True,
        editable=False,
        default=new_job_number,
        validators=[RegexValidator(r"^JOB-[0-9]{8}-[0-9A-F]{8}\Z")],
    )
    type = models.CharField(_("type"), max_length=10, choices=Type.choices)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.OPEN, editable=False)
    desired_date = models.DateTimeField(
        _("desired date"),
        help_text=_(
            "Date and time that the customer asked for. Rankings start on this day in the time zone of the site."
        ),
    )
    duration = DurationField(
        _("duration"),
        validators=[validate_duration, MaxValueValidator(LONGEST_JOB, _("A job can last at most 8 hours."))],
    )
    priority = models.CharField(_("priority"), max_length=8, choices=Priority.choices, default=Priority.MEDIUM)
    special_requirements = NotesField(_("special requirements"), blank=True, max_length=4000)
    required_skills = SkillsField(
        LineField(max_length=60), verbose_name=_("required skills"), default=list, blank=True, size=50
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), null=True, blank=True, on_delete=models.PROTECT, related_name="jobs"
    )
    customer_address = models.ForeignKey(
        CustomerAddress,
        verbose_name=_("address of the customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="jobs",
    )
    # Copies of the customer's name and first phone number, which a trigger keeps (jobs/triggers.py).
    customer_name = LineField(_("customer name"), max_length=100, blank=True)
    customer_phone = LineField(
        _("customer phone"),
        max_length=16,
        blank=True,
        validators=[
            RegexValidator(STORED_ON_JOBS, _("Enter a phone number in the format (512) 555-0143, or +442079460958."))
        ],
    )
    # Copies of the customer's lists, which a trigger keeps.
    preferred_contractors = ArrayField(
        models.UUIDField(), verbose_name=_("preferred contractors"), default=list, db_default=[], editable=False
    )
    refused_contractors = ArrayField(
        models.UUIDField(), verbose_name=_("refused contractors"), default=list, db_default=[], editable=False
    )
    # The arrival window: the work starts in it, both ends included. Set by assignments.services.promise_window.
    window_start = models.DateTimeField(_("start of the arrival window"), null=True, blank=True)
    window_end = models.DateTimeField(_("end of the arrival window"), null=True, blank=True)
    external_id = external_id_field()
    source = source_field()
    cancel_reason = ShortNotesField(_("cancel reason"), max_length=500, blank=True, editable=False)
    cancelled_at = models.DateTimeField(_("canceled at"), null=True, editable=False)
    completed_at = models.DateTimeField(_("completed at"), null=True, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta(Location.Meta):
        abstract = False
        verbose_name, verbose_name_plural = _("job"), _("jobs")
        ordering = ["-created_at", "id"]
        constraints = [
            *Location.Meta.constraints,
            models.CheckConstraint(
                condition=Q(duration__gt=timedelta(0), duration__lte=LONGEST_JOB), name="job_duration_in_range"
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="job_status_known"),
            unique_external_id("job_external_id_once"),
            models.CheckConstraint(condition=Q(type__in=["flooring", "tile", "carpet"]), name="job_type_known"),
            models.CheckConstraint(
                condition=Q(priority__in=["low", "medium", "high", "urgent"]), name="job_priority_known"
            ),
            models.CheckConstraint(
                condition=Q(job_number__regex=r"^JOB-[0-9]{8}-[0-9A-F]{8}$"), name="job_number_shape"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.CANCELLED, cancelled_at__isnull=False)
                | (~Q(status=Status.CANCELLED) & Q(cancelled_at__isnull=True)),
                name="job_cancelled_at_in_step",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.COMPLETED, completed_at__isnull=False)
                | (~Q(status=Status.COMPLETED) & Q(completed_at__isnull=True)),
                name="job_completed_at_in_step",
            ),
            models.CheckConstraint(
                condition=Q(window_start__isnull=True, window_end__isnull=True)
                | Q(
                    window_start__isnull=False,
                    window_end__isnull=False,
                    window_end__gte=F("window_start") + SHORTEST_WINDOW,
                    window_end__lte=F("window_start") + LONGEST_WINDOW,
                ),
                name="job_window_length",
            ),
            models.CheckConstraint(
                condition=Q(window_start__isnull=True)
                | (Exact(_past_half_hour("window_start"), 0) & Exact(_past_half_hour("window_end"), 0)),
                name="job_window_on_half_hour",
            ),
        ]
        triggers = triggers.of_jobs()
        indexes = [
            models.Index(fields=["status", "desired_date"], name="job_by_status"),
            models.Index(fields=["-created_at", "id"], name="job_by_creation"),
            # For the promises of the next days, and those of a report.
            models.Index(fields=["window_start"], name="job_by_window", condition=Q(window_start__isnull=False)),
            models.Index(*LIST_ORDER, name="job_by_list_order"),
            models.Index(fields=["updated_at", "id"], name="job_by_update"),
            search_index("job_search_index", SEARCH_TEXT),
        ]

    def __str__(self) -> str:
        return self.job_number

    @property
    def window(self) -> TimeSlot | None:
        """The arrival window that was promised to the customer, both ends included."""
        if self.window_start is None or self.window_end is None:
            return None
        return TimeSlot(self.window_start, self.window_end)

    def promise(self, window: TimeSlot | None) -> None:
        """Set the arrival window, or withdraw it."""
        self.window_start, self.window_end = window or (None, None)

    def assign(self) -> None:
        self._move_to(Status.ASSIGNED)

    def start(self) -> None:
        self._move_to(Status.IN_PROGRESS)

    def complete(self, *, at: datetime) -> None:
        self._move_to(Status.COMPLETED)
        self.completed_at = at

    def reopen(self) -> None:
        self._move_to(Status.OPEN)

    def cancel(self, *, reason: str, at: datetime) -> None:
        self._move_to(Status.CANCELLED)
        self.cancel_reason, self.cancelled_at = reason, at

    def _move_to(self, status: str) -> None:
        check_transition(self.status, status)
        self.status = status
